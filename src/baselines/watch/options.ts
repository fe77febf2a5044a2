import { Checks } from "../../readers/checks.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface BaselinesOptions {
  /** Milliseconds between looks, 10,000 … 300,000. @default 60_000 */
  readonly intervalMs?: number;
  /**
   * Most series, 1 … 10,000: three an operation and one a saturation, 11 to 21 KB each. What comes beyond is
   * counted and left out. @default 500
   */
  readonly maxSeries?: number;
  /** How far ahead capacity is planned, in ms, an hour … a year. @default 2_592_000_000, 30 days */
  readonly horizonMs?: number;
  /** Share of its capacity at which something counts as full. @default 0.9 */
  readonly full?: number;
  /** Share of the capacity that a predicted peak is to take up. @default 0.7 */
  readonly target?: number;
  /** Tell of what gets worse, leaks, or will be full: `auspex.on("insight", …)`. @default true */
  readonly insights?: boolean;
  /** Milliseconds between saves, a minute … a day. @default 900_000 */
  readonly saveIntervalMs?: number;
}

export type ResolvedBaselinesOptions = Required<BaselinesOptions>;

const KNOWN = [
  "intervalMs",
  "maxSeries",
  "horizonMs",
  "full",
  "target",
  "insights",
  "saveIntervalMs",
] as const satisfies readonly (keyof BaselinesOptions)[];

/** @throws RangeError listing every fault and how to mend it */
export function resolveBaselinesOptions(given: BaselinesOptions = {}): ResolvedBaselinesOptions {
  const checks = new Checks();
  checks.type("options", given, ["object"], "give an object, or nothing");
  const options = checks.exactly("", given, KNOWN);
  checks.type("insights", options.insights, ["boolean"], "give true or false");
  const number = (
    name: keyof typeof options & string,
    fallback: number,
    ...range: [number, number]
  ) =>
    checks.number(name, options[name], fallback, ...range, !(name === "full" || name === "target"));
  const resolved: ResolvedBaselinesOptions = {
    intervalMs: number("intervalMs", MINUTE_MS, 10_000, 300_000),
    maxSeries: number("maxSeries", 500, 1, 10_000),
    horizonMs: number("horizonMs", 30 * DAY_MS, 3_600_000, 365 * DAY_MS),
    full: number("full", 0.9, 0.05, 1),
    target: number("target", 0.7, 0.05, 1),
    insights: options.insights ?? true,
    saveIntervalMs: number("saveIntervalMs", 15 * MINUTE_MS, MINUTE_MS, DAY_MS),
  };
  if (checks.faults.length === 0) return resolved;
  const list = checks.faults.map((fault) => `\n  - ${fault}`).join("");
  throw new RangeError(`baselinesWatcher: ${checks.faults.length} to mend:${list}`);
}
