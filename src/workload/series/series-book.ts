import { readFields } from "../../diag/read-fields.js";
import type { WatchContext, Watcher } from "../../readers/watcher.js";
import { type Clock, SystemClock } from "../../time/clock.js";
import { inSlices, Slices } from "../../time/slices.js";
import { Teller } from "../insights/teller.js";
import { nameOf, OTHER } from "../names.js";
import { goalOf } from "./goal.js";
import { Series, type SeriesOptions } from "./series.js";
import { judgeSeries } from "./series-insights.js";

const MAX_SERIES = 500;
const STEP_MS = 5000;
const JUDGE_MS = 60_000;
const COOL_DOWN_MS = 600_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MOST_RETENTION_MS = 31 * DAY_MS;

/** The series of one monitor: shown as gauges, and judged once a minute while values come. */
export class SeriesBook implements Watcher {
  readonly name = "series";
  readonly intervalMs = STEP_MS;
  readonly #series = new Map<string, Series>();
  readonly #judged = new WeakMap<Series, { count: number; nowMs: number }>();
  #full: Series | undefined;
  #clock: Clock = new SystemClock();
  #context: WatchContext | undefined;
  #show: ((series: Series) => void) | undefined;
  #teller: Teller | undefined;

  get size(): number {
    return this.#series.size;
  }

  /**
   * Get or create; the options count when it is made. Never throws: what is wrong with options is passed
   * over, and beyond 500 series one that keeps nothing stands for all others.
   */
  get(name: string, options?: SeriesOptions): Series {
    const clean = nameOf(name) ?? OTHER;
    const known = this.#series.get(clean);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_SERIES) this.#makeRoom();
    if (this.#series.size >= MAX_SERIES) return this.#turnAway();
    const { goal, retentionMs } = readFields(options, ["goal", "retentionMs"]);
    const series = new Series(
      clean,
      goal === "down" || goal === "up" ? goal : goalOf(clean),
      retentionOf(clean, retentionMs),
      { wall: () => this.#clock.wall() },
    );
    this.#series.set(clean, series);
    return series;
  }

  all(): readonly Series[] {
    return [...this.#series.values()];
  }

  /** Whether a training series was appended to within the last five minutes. */
  isTraining(): boolean {
    const since = this.#clock.wall() - 5 * MINUTE_MS;
    return this.all().some(({ name, last }) => {
      return name.startsWith("training:") && last !== undefined && last.timeMs >= since;
    });
  }

  start(context: WatchContext): void {
    this.#context = context;
    this.#clock = context.clock;
    this.#teller = new Teller(COOL_DOWN_MS, (insight) => context.emit(insight));
    const gauge = context.gauge("auspex.series.value", {
      description: "Last value of a series of `auspex.series(name)`.",
    });
    this.#show = (series) => {
      const { last } = series;
      if (last !== undefined) gauge.set(last.value, { "series.name": series.name });
    };
  }

  *step(): Generator<void> {
    const { wall, now } = { wall: this.#clock.wall(), now: this.#clock.now() };
    for (const series of this.#series.values()) {
      const judged = this.#judged.get(series) ?? { count: 0, nowMs: Number.NEGATIVE_INFINITY };
      const { appended, notFinite } = series.tally;
      const count = appended + notFinite;
      if (count === judged.count) continue;
      this.#show?.(series);
      if (now - judged.nowMs < JUDGE_MS || this.#teller === undefined) continue;
      this.#judged.set(series, { count, nowMs: now });
      judgeSeries(series, this.#teller, wall);
      yield;
    }
  }

  /** A last look: a short program tells what it knows. */
  async stop(): Promise<void> {
    await inSlices(this.step(), new Slices());
    this.#context = undefined;
    this.#show = undefined;
    this.#teller = undefined;
  }

  /** Forgets those whose points are all older than they keep; who holds one may have to get it anew. */
  #makeRoom(): void {
    for (const [name, { last, tally }] of this.#series) {
      if (last === undefined && tally.appended > 0) this.#series.delete(name);
    }
  }

  #turnAway(): Series {
    if (this.#full === undefined) {
      this.#full = new Series(OTHER, undefined, DAY_MS, this.#clock, true);
      const text = `there are ${MAX_SERIES} series; those to come keep nothing`;
      this.#context?.diag.warn("series:full", text);
    }
    return this.#full;
  }
}

function retentionOf(name: string, given: unknown): number {
  if (typeof given === "number" && given >= MINUTE_MS && given <= MOST_RETENTION_MS) return given;
  return name.startsWith("training:") ? 7 * DAY_MS : DAY_MS;
}
