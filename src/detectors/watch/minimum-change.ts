import type { Signal } from "../../snapshot/events.js";
import { ACCEPT_MS } from "./episode.js";
import type { Finding, SignalWatch } from "./finding.js";

/** Of what is unusual, but too little: not told of, and no end of what is told of. */
const DOUBTFUL = 0.29;

/** Signals that are shares already: their change is counted in points, not against what is usual. */
const IN_POINTS: ReadonlySet<Signal> = new Set(["errors", "saturation"]);

/** Lets a watch alarm only where what it sees is that far from what is usual. */
export class MinimumChange<W extends { readonly timeMs: number }> implements SignalWatch<W> {
  #sinceMs = Number.NaN;

  constructor(
    private readonly watch: SignalWatch<W>,
    private readonly signal: Signal,
    private readonly least: number,
  ) {}

  get score(): number {
    return Number.isNaN(this.#sinceMs) ? this.watch.score : DOUBTFUL;
  }

  get isAlarming(): boolean {
    return this.watch.isAlarming && Number.isNaN(this.#sinceMs);
  }

  look(window: W): number {
    const { watch } = this;
    const seen = watch.look(window);
    if (watch.isAlarming && this.#isSmall(watch.finding(window))) this.#pass(window);
    else this.#sinceMs = Number.NaN;
    return seen;
  }

  finding(window: W): Finding {
    return this.watch.finding(window);
  }

  affected(window: W): number {
    return this.watch.affected(window);
  }

  accept(): void {
    this.watch.accept();
  }

  know(window: W): void {
    this.watch.know?.(window);
  }

  save(): unknown {
    return this.watch.save();
  }

  restore(state: unknown): void {
    this.watch.restore(state);
  }

  #isSmall({ observed, expected }: Finding): boolean {
    const change = Math.abs(observed - expected);
    return change < (IN_POINTS.has(this.signal) ? this.least : this.least * expected);
  }

  /** What nobody is told of becomes the new normal as everything does that lasts. */
  #pass({ timeMs }: W): void {
    if (Number.isNaN(this.#sinceMs)) this.#sinceMs = timeMs;
    if (timeMs - this.#sinceMs < ACCEPT_MS[this.signal]) return;
    this.watch.accept();
    this.#sinceMs = Number.NaN;
  }
}
