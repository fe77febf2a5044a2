import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { scoreOf } from "../method/score.js";
import { Bar } from "./bar.js";
import {
  AGREEMENT,
  CLOCKS,
  DEPARTURE_CLOCKS,
  DEPARTURES,
  GENERATION,
  GENERATION_MS,
  LEVELS,
  RECENT,
  SLOW,
  WARM_UP,
} from "./settings.js";
import { Stillness } from "./stillness.js";
import { View } from "./view.js";
import { explain, repeated } from "./words.js";

/**
 * The default detector: one fixed setting for any metric, any unit and any sampling interval.
 *
 * A value is surprising as far as it lies outside everything seen before, in each of many contexts: its
 * hour, its part of the day, the level it comes from; and surprising enough to alarm when it is above a
 * bar that rises with each alarm. After an alarm the same episode alarms again only when it grows.
 *
 * Below 1 µs a value; 5 KB of memory, 7 KB as saved. The first 100 values are learned from only.
 * @see docs/detection-adaptive.md
 */
export function adaptive(): Detector {
  return detectorOf("adaptive", () => new Adaptive());
}

const DAY_MS = 86_400_000;
/** Between the lowest part of the recent level and the highest, as `asinh` of spreads. */
const SPREADS = 8;
const HIGHEST = 1 - Number.EPSILON;

interface Surprise extends Judgement {
  readonly surprise: number;
}

class Adaptive implements Method<number, Surprise> {
  seen = 0;
  /** In the current generation. */
  seenNow = 0;
  /** When the current generation began, and the one before it. */
  beganMs = 0;
  beforeMs = 0;
  recent = 0;
  slow = 0;
  readonly values = new View(CLOCKS, LEVELS);
  readonly departures = new View(DEPARTURE_CLOCKS, LEVELS);
  readonly stillness = new Stillness();
  readonly bar = new Bar();

  judge(value: number, timeMs: number): Surprise | undefined {
    const { values, departures, bar } = this;
    const departure = this.seen === 0 ? 0 : value - this.slow;
    const day = (((timeMs % DAY_MS) + DAY_MS) % DAY_MS) / DAY_MS;
    const level = this.#level();
    const ofValue = values.judge(value, day, level);
    const ofDeparture = departures.judge(departure, day, level);
    if (this.seen < WARM_UP) return undefined;
    const mean = (ofValue + DEPARTURES * ofDeparture) / (1 + DEPARTURES);
    const stillness = this.stillness.judge(value);
    const surprise = Math.max(mean ** (1 / AGREEMENT), stillness);
    const score = scoreOf(surprise, bar.height);
    const { lower, upper } = values;
    // Made here: by the time it is asked for, the value is learned and within every range.
    const reason =
      score < 0.5 ? "" : this.#reason(value, departure, timeMs, surprise === stillness);
    return {
      surprise,
      score,
      expected: Math.min(upper, Math.max(lower, this.recent)),
      lower,
      upper,
      explain: () => reason,
    };
  }

  learn(value: number, timeMs: number, judgement: Surprise | undefined): void {
    if (this.seen === 0) {
      this.beganMs = timeMs;
      this.beforeMs = timeMs;
      this.recent = value;
      this.slow = value;
    }
    const isOver = timeMs - this.beganMs >= GENERATION_MS && this.seenNow >= GENERATION;
    if (isOver) this.#turn(timeMs);
    this.seen++;
    this.seenNow++;
    this.values.learn(value);
    this.departures.learn(value - this.slow);
    this.stillness.learn(value);
    this.recent += RECENT * (value - this.recent);
    this.slow += SLOW * (value - this.slow);
    if (judgement !== undefined) this.bar.learn(judgement.surprise, judgement.score >= 0.5);
  }

  /** How high the recent level lies, 0 … 1: evenly near the centre, ever wider parts farther off. */
  #level(): number {
    const { centre, size } = this.values.spread;
    const spreads = size > 0 ? Math.asinh((this.recent - centre) / size) : 0;
    return Math.min(HIGHEST, Math.max(0, 0.5 + spreads / SPREADS));
  }

  #reason(value: number, departure: number, timeMs: number, isStuck: boolean): string {
    if (isStuck) return repeated(value, this.stillness.runWith(value));
    const remembered = timeMs - this.beforeMs;
    return explain(value, this.values, departure, this.departures, remembered);
  }

  #turn(timeMs: number): void {
    this.beforeMs = this.beganMs;
    this.beganMs = timeMs;
    this.seenNow = 0;
    this.values.turn();
    this.departures.turn();
  }
}
