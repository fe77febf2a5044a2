/** One value of a series, or the mean of neighbours that have become one. */
export interface SeriesPoint {
  readonly step: number;
  readonly value: number;
  /** Epoch ms. */
  readonly timeMs: number;
}

/** So many are kept as they came; older ones in so many buckets. */
const EXACT = 128;
const BUCKETS = 256;

interface Bucket {
  step: number;
  value: number;
  timeMs: number;
  count: number;
}

/**
 * A series of any length in at most 384 points, about 24 KB: the last 128 as they came, those before in
 * buckets, of which two neighbours become one each time there is no room.
 */
export class Points {
  readonly #exact: SeriesPoint[] = [];
  #buckets: Bucket[] = [];
  /** Values that make a bucket full. */
  #size = 1;

  get last(): SeriesPoint | undefined {
    return this.#exact.at(-1);
  }

  add(point: SeriesPoint): void {
    this.#exact.push(point);
    if (this.#exact.length > EXACT) this.#age(this.#exact.shift() as SeriesPoint);
  }

  /** Lets go of what is older. Costs nothing while the oldest is not. */
  dropBefore(timeMs: number): void {
    const oldest = this.#buckets[0] ?? this.#exact[0];
    if (oldest === undefined || oldest.timeMs >= timeMs) return;
    const from = this.#buckets.findIndex((bucket) => bucket.timeMs >= timeMs);
    this.#buckets.splice(0, from < 0 ? this.#buckets.length : from);
    const exact = this.#exact.findIndex((point) => point.timeMs >= timeMs);
    this.#exact.splice(0, exact < 0 ? this.#exact.length : exact);
  }

  clear(): void {
    this.#exact.length = 0;
    this.#buckets = [];
    this.#size = 1;
  }

  /** Oldest first. */
  all(): SeriesPoint[] {
    const older = this.#buckets.map(({ step, value, timeMs }) => ({ step, value, timeMs }));
    return [...older, ...this.#exact];
  }

  /** The last ones, as they came while there are no more than 128 asked for. */
  tail(count: number): SeriesPoint[] {
    if (count <= 0) return [];
    return count <= this.#exact.length ? this.#exact.slice(-count) : this.all().slice(-count);
  }

  /** At even detail over the whole run, as trends take it: the last ones are averaged like the older. */
  even(most: number): SeriesPoint[] {
    const weighted = [...this.#buckets, ...this.#exact.map((point) => ({ ...point, count: 1 }))];
    const total = weighted.reduce((sum, { count }) => sum + count, 0);
    const size = Math.max(this.#size, Math.ceil(total / most));
    const made: Bucket[] = [];
    for (const each of weighted) {
      const open = made.at(-1);
      if (open !== undefined && open.count + each.count <= size) join(open, each);
      else made.push({ ...each });
    }
    return made;
  }

  #age(point: SeriesPoint): void {
    const open = this.#buckets.at(-1);
    if (open !== undefined && open.count < this.#size) {
      join(open, { ...point, count: 1 });
      return;
    }
    if (this.#buckets.length >= BUCKETS) {
      const halved: Bucket[] = [];
      for (const [at, bucket] of this.#buckets.entries()) {
        if (at % 2 === 0) halved.push(bucket);
        else join(halved.at(-1) as Bucket, bucket);
      }
      this.#buckets = halved;
      this.#size *= 2;
    }
    this.#buckets.push({ ...point, count: 1 });
  }
}

/** Means, each as far as it has numbers that add up. */
function join(into: Bucket, other: Bucket): void {
  const count = into.count + other.count;
  const share = other.count / count;
  for (const field of ["step", "value", "timeMs"] as const) {
    into[field] = into[field] * (1 - share) + other[field] * share;
  }
  into.count = count;
}
