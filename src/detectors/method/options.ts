import { Checks } from "../../readers/checks.js";

/** A number a user may set. */
export interface Range {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
  readonly whole: boolean;
}

export function whole(min: number, max: number, fallback: number): Range {
  return { min, max, fallback, whole: true };
}

export function real(min: number, max: number, fallback: number): Range {
  return { min, max, fallback, whole: false };
}

/** Seeds of a detector that draws: the same seed, the same verdicts. */
export const SEED = whole(0, 0xffffffff, 1);

/**
 * The options of a detector, all numbers: each as given or its default.
 *
 * @throws RangeError listing every fault, each with its mend
 */
export function numbers<K extends string>(
  detector: string,
  given: Readonly<Partial<Record<K, number>>> | undefined,
  ranges: Readonly<Record<K, Range>>,
): Readonly<Record<K, number>> {
  return checked(detector, (checks) => numbersOf(checks, given, ranges));
}

/** The numbers among options. @param others - names of those that are none */
export function numbersOf<K extends string>(
  checks: Checks,
  given: object | undefined,
  ranges: Readonly<Record<K, Range>>,
  others: readonly string[] = [],
): Readonly<Record<K, number>> {
  checks.type("options", given, ["object"], "give an object, or leave it out");
  const names = Object.keys(ranges) as K[];
  const fields: Partial<Record<K, unknown>> = checks.exactly(
    "",
    given as Partial<Record<K, unknown>> | undefined,
    names,
    others,
  );
  const entries = names.map((name) => {
    const { fallback, min, max, whole } = ranges[name];
    return [name, checks.number(name, fields[name], fallback, min, max, whole)];
  });
  return Object.fromEntries(entries);
}

/** What `read` makes of options, unless it finds a fault. @throws RangeError listing every fault */
export function checked<T>(detector: string, read: (checks: Checks) => T): T {
  const checks = new Checks();
  const result = read(checks);
  const { faults } = checks;
  if (faults.length === 0) return result;
  const list = faults.map((fault) => `\n  - ${fault}`).join("");
  const many = faults.length === 1 ? "" : "s";
  throw new RangeError(`${detector}: ${faults.length} option${many} to mend:${list}`);
}
