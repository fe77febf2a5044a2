import { AGREEMENT, LEAST_SPREAD, REACH } from "./settings.js";
import { Spread } from "./spread.js";

/** A context in which a value is out of range. */
export interface Outside {
  /** Of the day or of the level; all that was seen is one part of the day. */
  readonly of: "day" | "level";
  readonly parts: number;
  readonly part: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The smallest and largest value ever seen, in each of many contexts: parts of the day, and parts of the
 * recent level. What is outside is surprising, by how far.
 *
 * Ranges come in two generations, the current and the one before, so that what is long gone is forgotten.
 * A part of the day takes a day's values in when it ends: within it they would vouch for each other.
 */
export class View {
  /** Per cell and generation; empty cells hold +∞ and −∞. */
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  /** Index of the current generation's first cell. */
  current = 0;
  /** Of each clock: the cell the day is in, and the range since it came there. */
  readonly visited: Int16Array;
  readonly visitLows: Float64Array;
  readonly visitHighs: Float64Array;
  readonly spread = new Spread();

  readonly #clocks: number;
  /** Of each context, clocks first: how many parts it has, and the cell of the first. */
  readonly #parts: readonly number[];
  readonly #first: readonly number[];
  /** In one generation. */
  readonly #size: number;
  /** Of each context: the cell the value judged last lies in. `learn` goes by it. */
  readonly #cells: Int16Array;
  /** The mean of the ranges of the contexts the value judged last lies in. */
  #lower = 0;
  #upper = 0;
  /** What is beyond is learned as if it were there. */
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /**
   * @param clocks - into how many parts to divide the day, once per number; the first is 1
   * @param levels - into how many to divide the recent level
   */
  constructor(clocks: readonly number[], levels: readonly number[]) {
    this.#clocks = clocks.length;
    this.#parts = [...clocks, ...levels];
    let cells = 0;
    this.#first = this.#parts.map((parts) => (cells += parts) - parts);
    this.#size = cells;
    this.#cells = new Int16Array(this.#parts.length);
    this.lows = new Float64Array(2 * cells).fill(Number.POSITIVE_INFINITY);
    this.highs = new Float64Array(2 * cells).fill(Number.NEGATIVE_INFINITY);
    this.visited = new Int16Array(clocks.length).fill(-1);
    this.visitLows = new Float64Array(clocks.length);
    this.visitHighs = new Float64Array(clocks.length);
  }

  get lower(): number {
    return this.#lower;
  }

  get upper(): number {
    return this.#upper;
  }

  /**
   * @param day - how much of the day has passed, from 0 to less than 1
   * @param level - how high the recent level lies, likewise
   * @returns surprise to the power `AGREEMENT`; its mean over views is meant
   */
  judge(value: number, day: number, level: number): number {
    const { lows, highs } = this;
    const cells = this.#cells;
    const size = this.#size;
    const allLow = Math.min(lows[0], lows[size]);
    const allHigh = Math.max(highs[0], highs[size]);
    this.#locate(day, level);
    if (!(allLow <= allHigh)) return 0;
    const scale = this.#scale(value, allLow, allHigh);
    this.#least = allLow - REACH * scale;
    this.#most = allHigh + REACH * scale;
    const overall = surpriseOf(value, allLow, allHigh, scale);
    let surprise = overall;
    let lower = allLow;
    let upper = allHigh;
    for (let context = 1; context < cells.length; context++) {
      const cell = cells[context];
      const low = Math.min(lows[cell], lows[cell + size]);
      const high = Math.max(highs[cell], highs[cell + size]);
      if (low <= high) {
        surprise += surpriseOf(value, low, high, scale);
        lower += low;
        upper += high;
      } else {
        surprise += overall;
        lower += allLow;
        upper += allHigh;
      }
    }
    this.#lower = lower / cells.length;
    this.#upper = upper / cells.length;
    return surprise / cells.length;
  }

  /** Takes in the value judged last. */
  learn(given: number): void {
    const value = Math.min(this.#most, Math.max(this.#least, given));
    const { visited, visitLows, visitHighs } = this;
    const cells = this.#cells;
    this.#widen(0, value, value);
    for (let clock = 1; clock < this.#clocks; clock++) {
      const cell = cells[clock];
      if (cell !== visited[clock]) {
        if (visited[clock] >= 0) this.#widen(visited[clock], visitLows[clock], visitHighs[clock]);
        visited[clock] = cell;
        visitLows[clock] = value;
        visitHighs[clock] = value;
      } else if (value < visitLows[clock]) visitLows[clock] = value;
      else if (value > visitHighs[clock]) visitHighs[clock] = value;
    }
    for (let at = this.#clocks; at < cells.length; at++) this.#widen(cells[at], value, value);
    this.spread.learn(given);
  }

  /** Begins a generation; what the one before the last saw is forgotten. */
  turn(): void {
    this.current = this.#size - this.current;
    const end = this.current + this.#size;
    this.lows.fill(Number.POSITIVE_INFINITY, this.current, end);
    this.highs.fill(Number.NEGATIVE_INFINITY, this.current, end);
  }

  /** Of the contexts the value judged last is outside of: the first, which says the most. */
  outside(value: number): Outside | undefined {
    for (let context = 0; context < this.#cells.length; context++) {
      const cell = this.#cells[context];
      const low = Math.min(this.lows[cell], this.lows[cell + this.#size]);
      const high = Math.max(this.highs[cell], this.highs[cell + this.#size]);
      if (low <= high && (value < low || value > high)) {
        const of = context < this.#clocks ? "day" : "level";
        const part = cell - this.#first[context];
        return { of, parts: this.#parts[context], part, low, high };
      }
    }
    return undefined;
  }

  #locate(day: number, level: number): void {
    const cells = this.#cells;
    for (let context = 1; context < cells.length; context++) {
      const parts = this.#parts[context];
      const share = context < this.#clocks ? day : level;
      cells[context] = this.#first[context] + Math.floor(share * parts);
    }
  }

  /**
   * What distances are counted in: between the range, which one spike can blow up, and the spread, which
   * knows nothing of tails. A series that never moved is measured by its first move.
   */
  #scale(value: number, low: number, high: number): number {
    const range = high > low ? high - low : Math.abs(value - low);
    return Math.sqrt(range) * Math.sqrt(Math.max(this.spread.size, range * LEAST_SPREAD));
  }

  #widen(cell: number, low: number, high: number): void {
    const at = cell + this.current;
    if (low < this.lows[at]) this.lows[at] = low;
    if (high > this.highs[at]) this.highs[at] = high;
  }
}

function surpriseOf(value: number, low: number, high: number, scale: number): number {
  if (value > high) return ((value - high) / scale) ** AGREEMENT;
  if (value < low) return ((low - value) / scale) ** AGREEMENT;
  return 0;
}
