/** Values of which mean and mean deviation are plain. */
const PLAIN = 50;
/** Of the spread: how far the centre goes towards one value. */
const STEP = 0.05;
const RATE = 0.001;
/** One value counts for so many spreads at most. */
const MOST = 4;

/** Where a series lies and how far it scatters, whatever outliers do: a running median and mean deviation. */
export class Spread {
  count = 0;
  centre = 0;
  /** Mean distance from the centre. */
  size = 0;

  learn(value: number): void {
    this.count++;
    const distance = Math.abs(value - this.centre);
    if (this.count <= PLAIN) {
      this.centre += (value - this.centre) / this.count;
      this.size += (Math.abs(value - this.centre) - this.size) / this.count;
      return;
    }
    this.centre += Math.sign(value - this.centre) * Math.min(distance, this.size * STEP);
    const rate = Math.max(1 / this.count, RATE);
    // Of a series that never moved the first distance is all there is to go by.
    const counted = this.size === 0 ? distance : Math.min(distance, this.size * MOST);
    this.size += rate * (counted - this.size);
  }
}
