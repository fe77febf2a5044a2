import { STILL } from "./settings.js";

/** Repeats that are always let pass, and the multiple of the longest run known that is. */
const FEW = 8;
const MULTIPLE = 4;

/**
 * How long a value has repeated exactly, in a series whose values seldom do: a sensor that hangs, a
 * source that serves the same answer over and over. No range is left then.
 */
export class Stillness {
  last = Number.NaN;
  /** Repeats in a row, the longest known, and all of them; of so many values. */
  run = 0;
  longest = 0;
  repeats = 0;
  count = 0;

  /** Repeats in a row if this value came next. */
  runWith(value: number): number {
    return value === this.last ? this.run + 1 : 0;
  }

  /** 0 for a run such as were before; else from 1 on, the more improbable the higher. */
  judge(value: number): number {
    const run = this.runWith(value);
    if (run < MULTIPLE * (this.longest + FEW)) return 0;
    const usual = (this.repeats + 1) / (this.count + 2);
    const improbability = (-Math.log(usual) * run) / STILL;
    return improbability >= 1 ? improbability : 0;
  }

  learn(value: number): void {
    this.count++;
    if (value === this.last) {
      this.run++;
      this.repeats++;
      return;
    }
    // A run that was far too long makes the next of its kind less odd, not usual at once.
    this.longest = Math.max(this.longest, Math.min(this.run, 2 * this.longest + FEW));
    this.run = 0;
    this.last = value;
  }
}
