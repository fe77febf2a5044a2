import type { DistributionOptions } from "./distribution.js";
import { isWhole, show } from "./faults.js";

/** Memory of one exporter: 8 bytes each. */
const MOST_BUCKETS = 100_000;

/** The options of distributions that are given, checked. */
export function distributionOptionsOf(
  given: DistributionOptions,
  faults: string[],
): DistributionOptions {
  const { histogram, maxBuckets, bounds } = given;
  if (histogram !== undefined && histogram !== "explicit" && histogram !== "exponential") {
    faults.push(`histogram is ${show(histogram)}; give "explicit" or "exponential"`);
  }
  if (maxBuckets !== undefined && !isWhole(maxBuckets, 2, MOST_BUCKETS)) {
    faults.push(`maxBuckets is ${show(maxBuckets)}; give a whole number from 2 to ${MOST_BUCKETS}`);
  }
  const isList = typeof bounds === "object" && bounds !== null && !Array.isArray(bounds);
  if (bounds !== undefined && !isList) {
    faults.push(`bounds is ${show(bounds)}; give lists of numbers by instrument name`);
  }
  for (const [name, list] of isList ? Object.entries(bounds) : []) {
    if (ascends(list)) continue;
    faults.push(`bounds[${show(name)}] is ${show(list)}; give finite numbers in ascending order`);
  }
  return {
    ...(histogram === undefined ? {} : { histogram }),
    ...(maxBuckets === undefined || faults.length > 0 ? {} : { maxBuckets }),
    ...(bounds === undefined || faults.length > 0 ? {} : { bounds }),
  };
}

function ascends(bounds: unknown): boolean {
  return (
    Array.isArray(bounds) &&
    bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]))
  );
}
