/** A number as both formats write it. */
export function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}

/**
 * A bound as OpenMetrics wants it in `le` and `quantile`: `1.0`, `0.25`, `1e+06`.
 * @see OpenMetrics, "Considerations: Canonical Numbers"
 */
export function canonical(value: number): string {
  const text = number(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) return text.replace(/e([+-])(\d)$/, "e$10$2");
  if (Math.abs(value) < 1e6) return text.includes(".") ? text : `${text}.0`;
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}
