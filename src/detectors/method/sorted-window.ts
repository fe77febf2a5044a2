/** The last `size` values in order of size as well. 16 bytes a value, half of it saved. */
export class SortedWindow {
  readonly ring: Float64Array;
  count = 0;
  next = 0;
  readonly #sorted: Float64Array;

  constructor(size: number) {
    this.ring = new Float64Array(size);
    this.#sorted = new Float64Array(size);
  }

  restored(): void {
    this.#sorted.set(this.ring);
    this.#sorted.subarray(0, this.count).sort();
  }

  /** O(log n), and one move of the values between the one that goes and the one that comes. */
  learn(value: number): void {
    const sorted = this.#sorted;
    const { ring } = this;
    let end = this.count;
    if (end === ring.length) {
      const gone = this.#position(ring[this.next], end);
      sorted.copyWithin(gone, gone + 1, end--);
    } else this.count++;
    const at = this.#position(value, end);
    sorted.copyWithin(at + 1, at, end);
    sorted[at] = value;
    ring[this.next] = value;
    this.next = (this.next + 1) % ring.length;
  }

  /** Linear between ranks. @param share - 0…1 @see Hyndman and Fan 1996, type 7 */
  quantile(share: number): number {
    const rank = share * (this.count - 1);
    const below = Math.floor(rank);
    const low = this.#sorted[below];
    return rank === below ? low : low + (rank - below) * (this.#sorted[below + 1] - low);
  }

  get median(): number {
    return this.quantile(0.5);
  }

  /** Median of the distances from the median: a walk outwards over half of the values. */
  medianDistance(): number {
    const sorted = this.#sorted;
    const { count, median } = this;
    let above = this.#position(median, count);
    let below = above - 1;
    let before = 0;
    let distance = 0;
    const middle = count >> 1;
    for (let taken = 0; taken <= middle; taken++) {
      before = distance;
      const up = above < count ? sorted[above] - median : Number.POSITIVE_INFINITY;
      const down = below >= 0 ? median - sorted[below] : Number.POSITIVE_INFINITY;
      if (up <= down) above++;
      else below--;
      distance = Math.min(up, down);
    }
    return count % 2 === 1 ? distance : (before + distance) / 2;
  }

  /** Mean of the distances from the median. */
  meanDistance(): number {
    const { median } = this;
    let sum = 0;
    for (let at = 0; at < this.count; at++) sum += Math.abs(this.ring[at] - median);
    return sum / this.count;
  }

  /** Index of the first value not below `value`. */
  #position(value: number, end: number): number {
    let low = 0;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sorted[middle] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
