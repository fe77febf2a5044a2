import type { HistogramMetric } from "../../snapshot/batch.js";
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

/** HDR histograms in the form that was asked for. One for each consumer: what it reads into is shared. */
export class Distributions {
  readonly kind: "explicit" | "exponential";
  readonly exponential: ExponentialBuckets;
  readonly #bounds: ReadonlyMap<string, readonly number[]>;
  readonly #explicit = new Map<readonly number[], ExplicitBuckets>();

  /** @param fallback - explicit bounds of instruments that `bounds` does not name. @default by unit */
  constructor(
    options: DistributionOptions = {},
    private readonly fallback?: readonly number[],
  ) {
    this.kind = options.histogram ?? "explicit";
    this.#bounds = new Map(Object.entries(options.bounds ?? {}));
    this.exponential = new ExponentialBuckets(options.maxBuckets ?? DEFAULT_MAX_BUCKETS);
  }

  explicit({ name, unit }: HistogramMetric): ExplicitBuckets {
    const bounds = this.#bounds.get(name) ?? this.fallback ?? boundsFor(unit, name);
    let found = this.#explicit.get(bounds);
    if (found === undefined) {
      found = new ExplicitBuckets(bounds);
      this.#explicit.set(bounds, found);
    }
    return found;
  }
}
