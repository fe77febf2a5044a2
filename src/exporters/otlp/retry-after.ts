/** Whatever a backend asks for: no longer than this. */
const LONGEST_RETRY_AFTER_MS = 300_000;

/**
 * The wait that a `Retry-After` header asks for: seconds, or a date of HTTP.
 *
 * @returns ms, 0 … 300,000; undefined when there is none or it means nothing
 * @see RFC 9110, 10.2.3
 */
export function retryAfterMs(header: unknown, nowMs: number): number | undefined {
  if (typeof header !== "string") return undefined;
  const text = header.trim();
  let ms = Number.NaN;
  if (/^[+-]?\d{1,300}(\.\d{1,10})?$/.test(text)) ms = Number(text) * 1000;
  // Only what begins like a date: Date.parse makes a year of nearly anything.
  else if (/^[A-Z][a-z]{2,8},? /.test(text)) ms = Date.parse(text.slice(0, 40)) - nowMs;
  if (Number.isNaN(ms)) return undefined;
  return Math.min(LONGEST_RETRY_AFTER_MS, Math.max(0, ms));
}
