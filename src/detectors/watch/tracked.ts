import type { Anomaly, RelatedSeries, Signal } from "../../snapshot/events.js";
import type { AttributesData } from "../../snapshot/model.js";
import { ACCEPT_MS, type Change, Episode } from "./episode.js";
import type { Finding, SignalWatch } from "./finding.js";
import { RecentValues } from "./history.js";

/** What all signals of one operation, or one saturation, have in common. */
export interface Subject {
  readonly operation: string;
  readonly attributes: AttributesData;
}

/** One signal of one subject: what watches it, what it told, and what it was lately. */
export class Tracked<W extends { readonly timeMs: number } = { readonly timeMs: number }> {
  readonly values = new RecentValues();
  readonly episode: Episode;
  #id = "";

  constructor(
    readonly subject: Subject,
    readonly signal: Signal | (string & {}),
    readonly detector: string,
    private readonly watch: SignalWatch<W>,
  ) {
    this.episode = new Episode(ACCEPT_MS[signal as Signal] ?? ACCEPT_MS.saturation);
  }

  /** @returns what there is to tell after this window */
  look(window: W): Change {
    const { watch, episode } = this;
    this.values.push(watch.look(window));
    const change = episode.step(window.timeMs, watch.score, () => sizeOf(watch.finding(window)));
    if (episode.isKnown && watch.isAlarming) watch.know?.(window);
    if (episode.isOpen && watch.isAlarming) episode.affected += watch.affected(window);
    return change;
  }

  accept(): void {
    this.watch.accept();
  }

  /** @param idOf - makes the name of a new anomaly */
  event(
    window: W,
    change: Exclude<Change, undefined>,
    idOf: () => string,
    related: readonly RelatedSeries[],
    traceIds: readonly string[],
  ): Anomaly {
    const { watch, episode, subject, signal, detector } = this;
    if (change === "begun") this.#id = idOf();
    const finding = watch.finding(window);
    return Object.freeze({
      type: "anomaly",
      id: this.#id,
      state: change === "accepted" ? "ended" : change,
      ...subject,
      signal,
      detector,
      timeMs: window.timeMs,
      sinceMs: episode.sinceMs,
      score: watch.score,
      ...finding,
      ...(Number.isNaN(finding.expected) && { expected: undefined }),
      reason: wordsOf(change, finding),
      affected: episode.affected,
      related,
      traceIds,
    } satisfies Anomaly);
  }

  save(): unknown {
    return { watch: this.watch.save(), past: this.episode.recurrence.save() };
  }

  restore(state: unknown): void {
    const { watch, past } = (state ?? {}) as { watch?: unknown; past?: unknown };
    this.watch.restore(watch);
    this.episode.recurrence.restore(past);
  }
}

/** Beyond, all is as bad: what is nearly nothing may be a little more or less. */
const LARGEST = 20;

/** How far from what is usual, as a factor. */
function sizeOf({ observed, expected }: Finding): number {
  const [small, large] = observed < expected ? [observed, expected] : [expected, observed];
  return Math.min(LARGEST, (large + 1e-9) / (small + 1e-9));
}

function wordsOf(change: Change, { reason }: Finding): string {
  if (change === "ended") return `over: ${reason}`;
  if (change === "accepted") return `has lasted so long that it is usual now: ${reason}`;
  return reason;
}
