type Foreign = Readonly<Record<string, unknown>>;

/** More than any response has; a header list is foreign and may be anything. */
const MAX_HEADERS = 200;
/** No provider is closed for longer; beyond it a header is nonsense. */
const MAX_WAIT_MS = 86_400_000;
const MS_PER_SECOND = 1000;

/** What is left and what there was, by the names that providers use. */
const LIMITS: readonly (readonly [remaining: string, limit: string])[] = [
  ["x-ratelimit-remaining-requests", "x-ratelimit-limit-requests"],
  ["x-ratelimit-remaining-tokens", "x-ratelimit-limit-tokens"],
  ["anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-limit"],
  ["anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-limit"],
  ["x-ratelimit-remaining", "x-ratelimit-limit"],
  ["ratelimit-remaining", "ratelimit-limit"],
];

/** A header of a `Headers`, a `Map` or a plain object, whatever the case of its names. May throw. */
function header(headers: unknown, name: string): unknown {
  if (typeof headers !== "object" || headers === null) return undefined;
  const { get } = headers as { get?: unknown };
  if (typeof get === "function") return get.call(headers, name) ?? undefined;
  const own = (headers as Foreign)[name];
  if (own !== undefined) return own;
  let seen = 0;
  for (const key in headers) {
    if (++seen > MAX_HEADERS) break;
    if (key.length === name.length && key.toLowerCase() === name) return (headers as Foreign)[key];
  }
  return undefined;
}

/** A number, also where it is written as text; NaN of anything else. */
export function numberIn(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value !== "" && value.length < 32
    ? Number(value)
    : Number.NaN;
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date; NaN without either. May throw. */
export function retryAfterMs(headers: unknown, wallMs: number): number {
  const exact = numberIn(header(headers, "retry-after-ms"));
  if (exact >= 0) return Math.min(exact, MAX_WAIT_MS);
  const given = header(headers, "retry-after");
  const seconds = numberIn(given);
  if (seconds >= 0) return Math.min(seconds * MS_PER_SECOND, MAX_WAIT_MS);
  // "-5" is a date to `Date.parse`.
  if (typeof given !== "string" || given.length > 64 || seconds < 0) return Number.NaN;
  return Math.min(Math.max(0, Date.parse(given) - wallMs), MAX_WAIT_MS);
}

/** The fullest of the limits that the headers tell of, 0…1; NaN when they tell of none. May throw. */
export function usedShare(headers: unknown): number {
  let used = Number.NaN;
  if (typeof headers !== "object" || headers === null) return used;
  for (const [remaining, limit] of LIMITS) {
    const most = numberIn(header(headers, limit));
    const left = numberIn(header(headers, remaining));
    if (!(most > 0) || !(left >= 0)) continue;
    const share = Math.max(0, 1 - left / most);
    if (!(used >= share)) used = share;
  }
  return used;
}
