import { numberIn, retryAfterMs, usedShare } from "./headers.js";

/** What an answer says of its provider. */
export interface Pressure {
  /** The call was refused for its rate. */
  readonly isLimited: boolean;
  /** How long the provider takes no calls; NaN when it does not say. */
  readonly retryAfterMs: number;
  /** Share of its limit that is in use, 0…1; NaN when it does not say. */
  readonly used: number;
}

type Foreign = Readonly<Record<string, unknown>>;

const LIMITED = 429;
/** Anthropic's "overloaded". */
const OVERLOADED = 529;
const UNAVAILABLE = 503;

/** `error.type`s of refusals for their rate, by clients that tell no status. */
const LIMITED_TYPES = new Set([
  "RESOURCE_EXHAUSTED",
  "RateLimitError",
  "ThrottlingException",
  "TooManyRequestsException",
  "rate_limit_error",
  "rate_limit_exceeded",
]);

/**
 * What an error, or a response with status and headers, says of its provider; undefined when it says
 * nothing of its load. Never throws; nothing of it is kept.
 *
 * @param type - its `error.type`, if it has one
 * @param wallMs - epoch ms, for a `retry-after` that is a date
 */
export function pressureIn(
  answer: unknown,
  type: string | undefined,
  wallMs: number,
): Pressure | undefined {
  try {
    if (typeof answer !== "object" || answer === null) return undefined;
    const given = answer as Foreign;
    const inner = (given.response ?? undefined) as Foreign | undefined;
    const headers = given.headers ?? given.responseHeaders ?? inner?.headers;
    const status = statusOf(given, inner);
    const isLimited = status === LIMITED || (type !== undefined && LIMITED_TYPES.has(type));
    const waitMs = retryAfterMs(headers, wallMs);
    const used = usedShare(headers);
    if (isLimited || status === OVERLOADED) {
      return { isLimited, retryAfterMs: Number.isNaN(waitMs) ? UNSAID_MS : waitMs, used };
    }
    const isClosed = status === UNAVAILABLE && waitMs >= 0;
    if (!isClosed && Number.isNaN(used)) return undefined;
    return { isLimited, retryAfterMs: isClosed ? waitMs : Number.NaN, used };
  } catch {
    return undefined;
  }
}

/** Of a refusal that does not say for how long. */
const UNSAID_MS = 1000;

/** The HTTP status of a response, or of an error of any of the common clients; NaN when it has none. */
function statusOf(given: Foreign, inner: Foreign | undefined): number {
  const metadata = given.$metadata as Foreign | undefined;
  for (const status of [
    given.status,
    given.statusCode,
    inner?.status,
    metadata?.httpStatusCode,
    given.code,
  ]) {
    const number = numberIn(status);
    if (number >= 100 && number < 600) return number;
  }
  return Number.NaN;
}
