import type { HistogramMetric, HistogramPoint } from "../../snapshot/batch.js";
import { boundsFor, ExplicitBuckets } from "../../snapshot/buckets.js";
import { DEFAULT_MAX_BUCKETS, ExponentialBuckets } from "../../snapshot/exponential.js";

/** How histograms are shown, whatever the encoding. */
export interface DistributionOptions {
  /** Buckets with given bounds, or base-2 exponential ones. @default "explicit" */
  readonly histogram?: "explicit" | "exponential";
  /** Explicit bounds by instrument name, in its unit; before the semantic conventions' own. */
  readonly bounds?: Readonly<Record<string, readonly number[]>>;
  /** Most exponential buckets of one point; fewer are coarser. @default 160 */
  readonly maxBuckets?: number;
}

/** Explicit buckets of one instrument; the fields are of the point read last. */
export class ExplicitPoint {
  /** Values in each bucket; the last has no upper bound. */
  readonly counts: Float64Array;
  sum = 0;
  min = 0;
  max = 0;
  readonly #buckets: ExplicitBuckets;

  constructor(readonly bounds: readonly number[]) {
    this.#buckets = new ExplicitBuckets(bounds);
    this.counts = new Float64Array(bounds.length + 1);
  }

  read({ histogram }: HistogramPoint): void {
    const { counts } = this;
    const last = counts.length - 1;
    this.sum = this.#buckets.read(histogram, counts);
    counts[last] = histogram.count;
    for (let i = last; i > 0; i--) counts[i] -= counts[i - 1];
    this.min = this.#buckets.filled.min;
    this.max = this.#buckets.filled.max;
  }
}

/** HDR histograms in the form that was asked for. One for each consumer: what it reads into is shared. */
export class Distributions {
  readonly kind: "explicit" | "exponential";
  readonly exponential: ExponentialBuckets;
  readonly #bounds: ReadonlyMap<string, readonly number[]>;
  readonly #explicit = new Map<readonly number[], ExplicitPoint>();

  /** @param fallback - explicit bounds of instruments that `bounds` does not name. @default by unit */
  constructor(
    options: DistributionOptions = {},
    private readonly fallback?: readonly number[],
  ) {
    this.kind = options.histogram ?? "explicit";
    this.#bounds = new Map(Object.entries(options.bounds ?? {}));
    this.exponential = new ExponentialBuckets(options.maxBuckets ?? DEFAULT_MAX_BUCKETS);
  }

  explicit({ name, unit }: HistogramMetric): ExplicitPoint {
    const bounds = this.#bounds.get(name) ?? this.fallback ?? boundsFor(unit, name);
    let found = this.#explicit.get(bounds);
    if (found === undefined) {
      found = new ExplicitPoint(bounds);
      this.#explicit.set(bounds, found);
    }
    return found;
  }
}
