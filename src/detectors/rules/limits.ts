import type { Checks } from "../../readers/checks.js";
import { numbersOf, type Range, real } from "../method/options.js";

const ANY = Number.MAX_VALUE;

/** A limit upwards, downwards or both; the one that was not given is infinite. */
export class Limits {
  constructor(
    readonly above: number,
    readonly below: number,
  ) {}

  /** 0 within; beyond by as much as the limit itself is 0.75. */
  score(value: number): number {
    const limit = value > this.above ? this.above : value < this.below ? this.below : undefined;
    if (limit === undefined) return 0;
    const beyond = Math.abs(value - limit);
    if (beyond === Number.POSITIVE_INFINITY) return 1;
    return 0.5 + (0.5 * beyond) / (beyond + Math.abs(limit));
  }
}

/** The options `above` and `below`. @param others - names of options beside them */
export function limitsOf(
  checks: Checks,
  options: object | undefined,
  others: readonly string[] = [],
): Limits {
  const ranges: Readonly<Record<"above" | "below", Range>> = {
    above: real(-ANY, ANY, Number.POSITIVE_INFINITY),
    below: real(-ANY, ANY, Number.NEGATIVE_INFINITY),
  };
  const { above, below } = numbersOf(checks, options, ranges, others);
  if (above === Number.POSITIVE_INFINITY && below === Number.NEGATIVE_INFINITY) {
    checks.fault("neither above nor below is given; give one of them, or both");
  } else if (below > above) {
    checks.fault(`below is ${below} and above is ${above}; give a below that is not more`);
  }
  return new Limits(above, below);
}
