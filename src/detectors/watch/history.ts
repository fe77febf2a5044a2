const VALUES = 60;
/** Of a correlation: with fewer common windows it means nothing. */
const LEAST = 20;

/** The last windows of one signal, for looking at what moved together. */
export class RecentValues {
  readonly #values = new Float32Array(VALUES).fill(Number.NaN);
  #next = 0;

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % VALUES;
  }

  /** Pearson's r over the windows that both have; 0 where there are too few, or one stood still. */
  correlation(other: RecentValues): number {
    let count = 0;
    let sumA = 0;
    let sumB = 0;
    let sumAA = 0;
    let sumBB = 0;
    let sumAB = 0;
    for (let back = 1; back <= VALUES; back++) {
      const a = this.#values[(this.#next - back + VALUES) % VALUES] as number;
      const b = other.#values[(other.#next - back + VALUES) % VALUES] as number;
      if (Number.isNaN(a) || Number.isNaN(b)) continue;
      count++;
      sumA += a;
      sumB += b;
      sumAA += a * a;
      sumBB += b * b;
      sumAB += a * b;
    }
    if (count < LEAST) return 0;
    const varianceA = sumAA - (sumA * sumA) / count;
    const varianceB = sumBB - (sumB * sumB) / count;
    const r = (sumAB - (sumA * sumB) / count) / Math.sqrt(varianceA * varianceB);
    return Number.isFinite(r) ? Math.max(-1, Math.min(1, r)) : 0;
  }
}
