import type { AlertRule } from "./options.js";

const MINUTE = 60_000;

/**
 * What is told of where nobody has written rules: what a detector calls unusual, a budget that will not
 * last, and what has stayed full. None of them knows the service; thresholds of your own come beside them:
 * `rules: [...DEFAULT_RULES, { name: "slow", … }]`.
 */
export const DEFAULT_RULES: readonly AlertRule[] = Object.freeze([
  // What comes back so soon has not been away: its end is told later, never its beginning.
  { name: "unusual", when: { anomaly: { severity: "warning" } }, keepFiringMs: 15 * MINUTE },
  { name: "budget burns", when: { slo: "*", severity: "warning" } },
  {
    name: "full",
    severity: "critical",
    // A processor that is busy is no fault by itself; what waits for it shows elsewhere.
    when: { saturation: { not: "*cpu*" }, above: 0.98, resolveAt: 0.9 },
    forMs: 2 * MINUTE,
    keepFiringMs: 15 * MINUTE,
  },
] as const);
