import type { Diag } from "../diag/diag.js";
import { Layout, layoutFaults } from "../histogram/layout.js";

interface Range {
  readonly lowest?: number;
  readonly highest?: number;
  readonly significantDigits?: number;
}

/** Smallest step and largest value of a unit, in that unit. */
const DEFAULTS: Readonly<Record<string, readonly [lowest: number, highest: number]>> = {
  s: [1e-6, 3600],
  ms: [1e-3, 3_600_000],
  us: [1, 3_600_000_000],
  ns: [1, 3_600_000_000_000],
  By: [1, 2 ** 40],
};

/**
 * The layout of a general histogram: its slots count in steps of `lowest`.
 *
 * A range that makes no layout is replaced by the unit's default, and said so once.
 */
export function histogramRange(
  descriptor: { readonly name: string; readonly unit: string },
  range: Range,
  diag: Diag,
): { layout: Layout; scale: number } {
  const known = Object.hasOwn(DEFAULTS, descriptor.unit) ? DEFAULTS[descriptor.unit] : undefined;
  const [lowestOf, highestOf] = known ?? [1e-3, 1e9];
  const make = (lowest: number, highest: number, significantDigits: number) => {
    const scale = 1 / lowest;
    return { scale, highest: Math.round(highest * scale), significantDigits };
  };
  const wanted = make(
    range.lowest ?? lowestOf,
    range.highest ?? Math.max(highestOf, 2 * (range.lowest ?? 0)),
    range.significantDigits ?? 2,
  );
  const faults = layoutFaults(1, wanted.highest, wanted.significantDigits);
  if (!(wanted.scale > 0 && Number.isFinite(wanted.scale))) faults.push("lowest must be above 0");
  const chosen = faults.length === 0 ? wanted : make(lowestOf, highestOf, 2);
  if (faults.length > 0) {
    diag.warn(
      `range:${descriptor.name}`,
      `histogram "${descriptor.name}" keeps the default range: ${faults.join("; ")}`,
    );
  }
  const { scale, highest, significantDigits } = chosen;
  return { layout: new Layout({ highest, significantDigits }), scale };
}
