import type { Severity } from "../snapshot/events.js";

/** The worst first. */
export const SEVERITIES = ["critical", "warning", "info"] as const satisfies readonly Severity[];

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(least);
}

export function worstOf(severities: Iterable<Severity>): Severity {
  let worst: Severity = "info";
  for (const severity of severities) if (isAtLeast(severity, worst)) worst = severity;
  return worst;
}

/** Compares for a list that has the worst first. */
export function bySeverity(
  one: { readonly severity: Severity },
  other: { readonly severity: Severity },
): number {
  return SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity);
}
