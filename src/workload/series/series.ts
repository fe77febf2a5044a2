import {
  type Convergence,
  convergence,
  type Plateau,
  plateau,
} from "../../baselines/trend/convergence.js";
import { type Trend, trend } from "../../baselines/trend/trend.js";
import { readFields } from "../../diag/read-fields.js";
import type { Clock } from "../../time/clock.js";
import { Points, type SeriesPoint } from "./points.js";

export interface SeriesOptions {
  /**
   * Which way is better. @default "down" for names with loss, error, wer, cer or perplexity in them, "up" for
   * accuracy, reward, score, f1, bleu or throughput, else neither
   */
  readonly goal?: "down" | "up";
  /** How long points are kept, ms, 60,000 … 31 days. @default 7 days for `training:…`, else 24 hours */
  readonly retentionMs?: number;
}

/** What became of values handed in, since the start. */
export interface SeriesTally {
  appended: number;
  /** Steps or values that are no finite number. */
  notFinite: number;
  /** Steps before the last one. */
  backward: number;
  /** Times it went on from an earlier step: begun anew, or from a checkpoint. */
  restarts: number;
  /** Appended to a series beyond the limit. */
  turnedAway: number;
}

/** For this room alone: whoever holds a series has no use for it. */
export let pointsOf: (series: Series) => Points;
/** Puts what was kept before what has come since. */
export let restoreInto: (series: Series, kept: Points) => void;

/** Trends take this many points: enough for their statistics, and 3 ms at most. */
const ANALYSED = 80;
/** Steps before the last one in a row, each after the other, are a run that was begun again. */
const RESTART_AFTER = 10;
const MAX_STEP = Number.MAX_SAFE_INTEGER;

/**
 * Values by step, of a training say: `auspex.series("training:proj-1:loss").append(step, loss)`.
 *
 * At most 16 KB however many there are: the last 128 stay as they came, older ones become means of neighbours.
 * An `append` costs less than a microsecond. Nothing here throws.
 */
export class Series {
  static {
    pointsOf = (series) => series.#points;
    restoreInto = (series, kept) => {
      const since = series.#points.all();
      series.#points = kept;
      series.tally.appended -= since.length;
      for (const { step, value, timeMs } of since) series.append(step, value, timeMs);
    };
  }

  readonly tally: SeriesTally = {
    appended: 0,
    notFinite: 0,
    backward: 0,
    restarts: 0,
    turnedAway: 0,
  };
  #points = new Points();
  #backSteps = 0;
  #backFrom = Number.NaN;
  #backStep = Number.NaN;
  /** Values that were no number since the last that was one. */
  #notFiniteRun = 0;

  /** @param isFull - it stands for those beyond the limit, and keeps nothing */
  constructor(
    readonly name: string,
    readonly goal: "down" | "up" | undefined,
    readonly retentionMs: number,
    private readonly clock: Pick<Clock, "wall">,
    private readonly isFull = false,
  ) {}

  /** The last point; undefined when there is none, or it is older than the retention. */
  get last(): SeriesPoint | undefined {
    this.#expire();
    return this.#points.last;
  }

  /** Values in a row, up to now, that were no number: a loss that is NaN is lost. */
  get notFiniteRun(): number {
    return this.#notFiniteRun;
  }

  /**
   * @param step - a number that grows; the same again is taken too. Ten steps in a row that lie before the
   *   last one, each after the other, are a run begun again from there: what had come from the first of them
   *   on is let go
   * @param timeMs - epoch ms. @default now
   */
  append(step: number, value: number, timeMs?: number): void {
    if (this.isFull) {
      this.tally.turnedAway++;
      return;
    }
    const isStep = typeof step === "number" && Math.abs(step) <= MAX_STEP;
    if (!isStep || !Number.isFinite(value)) {
      this.tally.notFinite++;
      if (isStep && typeof value === "number") this.#notFiniteRun++;
      return;
    }
    if (this.#isBackward(step)) return;
    this.#notFiniteRun = 0;
    this.tally.appended++;
    const at =
      typeof timeMs === "number" && Math.abs(timeMs) <= 8.64e15 ? timeMs : this.clock.wall();
    this.#points.add({ step, value, timeMs: at });
  }

  /** @param last - most points, the newest ones. @default all there are. @returns oldest first */
  points(input?: { readonly last?: number }): readonly SeriesPoint[] {
    const { last } = readFields(input, ["last"]);
    this.#expire();
    const count =
      typeof last === "number" && last >= 0 ? Math.floor(last) : Number.POSITIVE_INFINITY;
    return this.#points.tail(count);
  }

  /** Slope by step with its confidence, and volatility. About 2 ms. */
  trend(): Trend {
    const worse = this.goal && (this.goal === "down" ? "up" : "down");
    return trend(this.#analysed(), worse === undefined ? {} : { worse });
  }

  /** Whether it used to move and has stopped. About 3 ms. */
  plateau(): Plateau {
    return plateau(this.#analysed());
  }

  /** Whether it has come to rest, and where it tends to. About 0.3 ms. */
  convergence(): Convergence {
    return convergence(this.#analysed());
  }

  #analysed() {
    this.#expire();
    return this.#points.even(ANALYSED).map(({ step, value }) => ({ timeMs: step, value }));
  }

  #expire(): void {
    this.#points.dropBefore(this.clock.wall() - this.retentionMs);
  }

  #isBackward(step: number): boolean {
    const last = this.#points.last;
    if (last === undefined || step >= last.step) {
      this.#backSteps = 0;
      return false;
    }
    this.#backSteps = step > this.#backStep ? this.#backSteps + 1 : 1;
    if (this.#backSteps === 1) this.#backFrom = step;
    this.#backStep = step;
    if (this.#backSteps < RESTART_AFTER) {
      this.tally.backward++;
      return true;
    }
    this.#backSteps = 0;
    this.#backStep = Number.NaN;
    this.tally.restarts++;
    this.#points.dropFrom(this.#backFrom);
    return false;
  }
}
