import type { Series } from "../series.js";

/** A run of values as one. */
interface Bucket {
  firstMs: number;
  lastMs: number;
  count: number;
  sum: number;
  min: number;
  max: number;
}

export interface SeriesAccumulatorOptions {
  /** Most buckets, 16 … 4096; a bucket takes about 64 bytes. @default 256 */
  readonly capacity?: number;
}

/**
 * A series of any length in bounded memory: when its buckets are full, neighbours become one and from then
 * on a bucket takes twice as many values. So it spans the whole run, at even detail.
 *
 * Trend, convergence, plateau and leak are functions of its `series()`.
 */
export class SeriesAccumulator {
  readonly #capacity: number;
  #buckets: Bucket[] = [];
  /** Values that make a bucket full. */
  #size = 1;
  #count = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @throws RangeError for a capacity out of range */
  constructor({ capacity = 256 }: SeriesAccumulatorOptions = {}) {
    if (!(capacity >= 16 && capacity <= 4096 && Number.isInteger(capacity))) {
      throw new RangeError(`capacity is ${String(capacity)}; give a whole number from 16 to 4096`);
    }
    this.#capacity = capacity;
  }

  /** How many values it has taken. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param timeMs - epoch ms, or the step; one before the last is counted there
   * @returns whether it was taken: a value or time that is not finite is not
   */
  add(timeMs: number, value: number): boolean {
    if (!Number.isFinite(timeMs) || !Number.isFinite(value)) return false;
    const at = Math.max(timeMs, this.#lastMs);
    this.#lastMs = at;
    this.#count++;
    const open = this.#buckets.at(-1);
    if (open !== undefined && open.count < this.#size) {
      open.lastMs = at;
      open.count++;
      open.sum += value;
      open.min = Math.min(open.min, value);
      open.max = Math.max(open.max, value);
      return true;
    }
    if (this.#buckets.length >= this.#capacity) this.#halve();
    this.#buckets.push({ firstMs: at, lastMs: at, count: 1, sum: value, min: value, max: value });
    return true;
  }

  /** @param of - which value of each bucket; its time is the bucket's middle. @default "mean" */
  series(of: "mean" | "min" | "max" = "mean"): Series {
    return this.#buckets.map((bucket) => ({
      timeMs: (bucket.firstMs + bucket.lastMs) / 2,
      value: of === "mean" ? bucket.sum / bucket.count : bucket[of],
    }));
  }

  /** All it knows, as JSON. */
  save(): unknown {
    const buckets = this.#buckets.map((b) => [b.firstMs, b.lastMs, b.count, b.sum, b.min, b.max]);
    return { size: this.#size, count: this.#count, buckets };
  }

  /** Continues from `save()`. @returns false for what it cannot read, which leaves it as it was */
  restore(state: unknown): boolean {
    const { size, count, buckets } = (state ?? {}) as Record<string, unknown>;
    if (!isCount(size) || size === 0 || !isCount(count) || !Array.isArray(buckets)) return false;
    if (buckets.length > this.#capacity) return false;
    const read: Bucket[] = [];
    for (const each of buckets as unknown[]) {
      if (!Array.isArray(each) || each.length !== 6) return false;
      if (!each.every((field) => Number.isFinite(field))) return false;
      const [firstMs, lastMs, held, sum, min, max] = each as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      if (!isCount(held) || firstMs > lastMs) return false;
      read.push({ firstMs, lastMs, count: held, sum, min, max });
    }
    this.#size = size;
    this.#count = count;
    this.#buckets = read;
    this.#lastMs = read.at(-1)?.lastMs ?? Number.NEGATIVE_INFINITY;
    return true;
  }

  #halve(): void {
    const halved: Bucket[] = [];
    for (let at = 0; at < this.#buckets.length; at += 2) {
      const bucket = this.#buckets[at] as Bucket;
      const next = this.#buckets[at + 1];
      if (next !== undefined) {
        bucket.lastMs = next.lastMs;
        bucket.count += next.count;
        bucket.sum += next.sum;
        bucket.min = Math.min(bucket.min, next.min);
        bucket.max = Math.max(bucket.max, next.max);
      }
      halved.push(bucket);
    }
    this.#buckets = halved;
    this.#size *= 2;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
