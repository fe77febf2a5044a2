import { Checks, show } from "../readers/checks.js";

export interface WorkloadOptions {
  /**
   * Most ms that a task of a type may take, its waiting counted: `{ review: 30_000 }`. Goes before the limit
   * that a task brings along. @default none
   */
  readonly limits?: Readonly<Record<string, number>>;
  /** Most tasks at a time, of all agents, 1 … 1,000,000. @default not known */
  readonly slots?: number;
  /** A step that takes longer on average is slow whatever it used to take, ms. @default 600_000 */
  readonly slowStepMs?: number;
  /** Insights on one thing are at least so far apart, ms, 0 … 1 day. @default 300_000 */
  readonly coolDownMs?: number;
}

export interface ResolvedWorkloadOptions {
  readonly limits: ReadonlyMap<string, number>;
  readonly slots: number | undefined;
  readonly slowStepMs: number;
  readonly coolDownMs: number;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** @throws RangeError listing every fault */
export function resolveWorkloadOptions(given?: WorkloadOptions): ResolvedWorkloadOptions {
  const checks = new Checks();
  checks.type("options", given, ["object"], "give an object, or nothing");
  const known: WorkloadOptions = checks.exactly("", given, [
    "limits",
    "slots",
    "slowStepMs",
    "coolDownMs",
  ]);
  const slots =
    known.slots === undefined ? undefined : checks.number("slots", known.slots, 1, 1, 1_000_000);
  const resolved = {
    limits: limitsOf(known.limits, checks),
    slots,
    slowStepMs: checks.number("slowStepMs", known.slowStepMs, 600_000, 1, WEEK_MS, false),
    coolDownMs: checks.number("coolDownMs", known.coolDownMs, 300_000, 0, DAY_MS, false),
  };
  const { faults } = checks;
  if (faults.length > 0) {
    const list = faults.map((fault) => `\n  - ${fault}`).join("");
    throw new RangeError(`workload: ${faults.length} to mend:${list}`);
  }
  return resolved;
}

function limitsOf(given: WorkloadOptions["limits"], checks: Checks): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  checks.type("limits", given, ["object"], "give { type: ms }");
  const names = checks.names("limits.", given);
  for (const [type, value] of Object.entries(checks.fields("limits.", given, names))) {
    if (typeof value === "number" && value > 0 && value <= WEEK_MS) limits.set(type, value);
    else checks.fault(`limits.${type} is ${show(value)}; give ms above 0, at most a week`);
  }
  return limits;
}
