/** Samples of a trend; older ones go. */
const POINTS = 48;
const LEAST_POINTS = 8;

/**
 * Where a figure is heading, from samples of the recent past.
 *
 * The slope is that which three quarters of all pairs of samples exceed: noise around a level has pairs
 * that fall as well, so it has none.
 * @see Theil–Sen estimator, of which this is the lower quartile instead of the median
 */
export class Trend {
  readonly #points: { atMs: number; value: number }[] = [];
  #slope: number | undefined;

  /** @param historyMs - how far back it looks */
  constructor(private readonly historyMs: number) {}

  add(atMs: number, value: number): void {
    const points = this.#points;
    const last = points.at(-1);
    if (last !== undefined && atMs - last.atMs < this.historyMs / POINTS) return;
    points.push({ atMs, value });
    while (points.length > 1 && atMs - points[0]!.atMs > this.historyMs) points.shift();
    this.#slope = undefined;
  }

  /** Ms until it reaches `level`; Infinity when it is not on its way; NaN while nobody can say. */
  timeTo(level: number): number {
    const points = this.#points;
    const first = points[0];
    const last = points.at(-1);
    if (first === undefined || last === undefined || points.length < LEAST_POINTS)
      return Number.NaN;
    const now = middle(points.slice(-3).map(({ value }) => value));
    if (now >= level) return 0;
    this.#slope ??= slopeOf(points);
    return this.#slope > 0 ? (level - now) / this.#slope : Number.POSITIVE_INFINITY;
  }
}

function slopeOf(points: readonly { atMs: number; value: number }[]): number {
  const slopes: number[] = [];
  for (const [at, later] of points.entries()) {
    for (let before = 0; before < at; before++) {
      const { atMs, value } = points[before]!;
      slopes.push((later.value - value) / (later.atMs - atMs));
    }
  }
  slopes.sort((one, other) => one - other);
  return slopes[Math.floor(slopes.length / 4)] ?? 0;
}

/** Of three: one sample that is off says nothing. */
function middle(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
