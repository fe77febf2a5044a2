import { readFields } from "../../diag/read-fields.js";
import type { WatchContext, Watcher } from "../../readers/watcher.js";
import { type Clock, SystemClock } from "../../time/clock.js";
import { inSlices, Slices } from "../../time/slices.js";
import { Teller } from "../insights/teller.js";
import { Kept } from "../kept.js";
import { nameOf, OTHER } from "../names.js";
import { goalOf } from "./goal.js";
import { restoredSeries, savedSeries } from "./saved-series.js";
import { pointsOf, restoreInto, Series, type SeriesOptions } from "./series.js";
import { judgeSeries } from "./series-insights.js";

const MAX_SERIES = 500;
const STEP_MS = 5000;
const JUDGE_MS = 60_000;
const COOL_DOWN_MS = 600_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MOST_RETENTION_MS = 31 * DAY_MS;
const VERSION = 1;
/** A series that gets no values any more is not judged: what was told of it is over by then. */
const SILENT_MS = 3_600_000;

/** The series of one monitor: shown as gauges, and judged once a minute while values come. */
export class SeriesBook implements Watcher {
  readonly name = "series";
  readonly intervalMs = STEP_MS;
  readonly #series = new Map<string, Series>();
  readonly #judged = new WeakMap<Series, { count: number; nowMs: number }>();
  /** Restored, and asked for by nobody yet: whoever does may say how it is to be kept. */
  readonly #unclaimed = new Set<Series>();
  readonly #kept = new Kept({
    key: "series",
    version: VERSION,
    hasNews: () => this.#appended() !== this.#saved,
    save: () => this.#save(),
    restore: (state) => this.#restore(state),
  });
  /** Values taken in when it was saved last. */
  #saved = 0;
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
    if (known !== undefined && !this.#unclaimed.delete(known)) return known;
    if (known !== undefined) return options === undefined ? known : this.#claim(known, options);
    if (this.#series.size >= MAX_SERIES) this.#makeRoom();
    if (this.#series.size >= MAX_SERIES) return this.#turnAway();
    return this.#make(clean, options);
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

  /** Restores what was kept; values that have come since come after it. */
  start(context: WatchContext): Promise<void> {
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
    return this.#kept.load(context);
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
    this.#teller?.expire(wall, SILENT_MS);
    this.#kept.tick();
  }

  /** A last look: a short program tells what it knows. */
  async stop(timeoutMs: number): Promise<void> {
    await inSlices(this.step(), new Slices());
    await this.#kept.stop(timeoutMs);
    this.#context = undefined;
    this.#show = undefined;
    this.#teller = undefined;
  }

  #make(name: string, options: SeriesOptions | undefined): Series {
    const { goal, retentionMs } = readFields(options, ["goal", "retentionMs"]);
    const series = new Series(
      name,
      goal === "down" || goal === "up" ? goal : goalOf(name),
      retentionOf(name, retentionMs),
      { wall: () => this.#clock.wall() },
    );
    this.#series.set(name, series);
    return series;
  }

  /** Of a restored series its points alone go on, under the options given now. */
  #claim(restored: Series, options: SeriesOptions): Series {
    const series = this.#make(restored.name, options);
    restoreInto(series, pointsOf(restored));
    return series;
  }

  #appended(): number {
    return this.all().reduce((sum, { tally }) => sum + tally.appended, 0);
  }

  #save(): unknown {
    this.#saved = this.#appended();
    return savedSeries(this.all(), () => {
      this.#context?.diag.warn("series:large", "there are too many series to keep over a restart");
    });
  }

  #restore(state: unknown): boolean {
    const kept = restoredSeries(state, MAX_SERIES);
    for (const { name, goal, retentionMs, points } of kept ?? []) {
      const known = this.#series.get(name);
      if (known !== undefined) restoreInto(known, points);
      else if (this.#series.size < MAX_SERIES) {
        const series = this.#make(name, { ...(goal !== undefined && { goal }), retentionMs });
        restoreInto(series, points);
        if (series.last === undefined) this.#series.delete(name);
        else this.#unclaimed.add(series);
      }
    }
    return kept !== undefined;
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
