import { isThenable } from "../../diag/guarded-call.js";
import { errorType } from "../../instruments/error-type.js";

/** Fields of answers and chunks of the common clients. */
export interface Foreign {
  readonly usage?: unknown;
  /** AI SDK: of all steps. */
  readonly totalUsage?: unknown;
  readonly usageMetadata?: unknown;
  readonly eval_count?: unknown;
  readonly message?: { readonly usage?: unknown } | null;
  readonly response?: unknown;
  readonly data?: unknown;
  readonly ok?: unknown;
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly error?: unknown;
  readonly type?: unknown;
}

const FAILED = "response_failed";

/**
 * The fields of an answer: its own ones only, where it is of a class. A getter of the AI SDK begins to
 * read a stream. May throw what the traps of a Proxy throw.
 */
export function fieldsOf(answer: object): Foreign {
  const prototype = Object.getPrototypeOf(answer);
  if (prototype === Object.prototype || prototype === null) return answer;
  const own = (name: keyof Foreign) =>
    Object.hasOwn(answer, name) ? (answer as Foreign)[name] : undefined;
  const { status, headers, ok } = answer as Foreign;
  if (typeof status === "number" && typeof headers === "object") return { status, headers, ok };
  return {
    usage: own("usage"),
    totalUsage: own("totalUsage"),
    usageMetadata: own("usageMetadata"),
    eval_count: own("eval_count"),
    response: own("response"),
    data: own("data"),
    status: own("status"),
    error: own("error"),
  };
}

/** Promised usage comes later; asking for it may read the stream. */
function isTold(usage: unknown): boolean {
  return typeof usage === "object" && usage !== null && !isThenable(usage);
}

/** The usage that an answer tells of; undefined: none. */
export function usageIn(answer: Foreign): unknown {
  const { usage, totalUsage, usageMetadata, eval_count } = answer;
  if (isTold(totalUsage)) return totalUsage;
  if (usage !== undefined && usage !== null) return usage;
  if (usageMetadata !== undefined) return usageMetadata;
  // Ollama's stands in the answer itself.
  return eval_count === undefined ? undefined : answer;
}

/**
 * `error.type` of an answer that says of itself that the call failed: an HTTP response of status 400 and
 * above, an OpenAI response that is `failed`.
 */
export function failureIn({ status, ok, error }: Foreign): string | undefined {
  if (typeof status === "number") return ok === false && status >= 400 ? String(status) : undefined;
  return status === "failed" ? codeOf(error) : undefined;
}

/** What an event of a stream says, beside its text: Anthropic messages, OpenAI responses, AI SDK. */
export interface Event {
  readonly usage?: unknown;
  /** Nothing that matters comes after it. */
  readonly isLast?: boolean;
  readonly failure?: string;
}

/** Undefined for the many events that say nothing. Throws what a getter throws. */
export function eventIn({
  type,
  message,
  response,
  usage,
  totalUsage,
}: Foreign): Event | undefined {
  const whole = response as Foreign | undefined;
  switch (type) {
    case "message_start":
      return { usage: message?.usage };
    case "message_delta":
      return { usage };
    case "finish":
      return { usage: totalUsage ?? usage, isLast: true };
    case "message_stop":
      return { isLast: true };
    case "response.completed":
    case "response.incomplete":
      return { usage: whole?.usage, isLast: true };
    case "response.failed":
      return { usage: whole?.usage, failure: codeOf(whole?.error), isLast: true };
    default:
      return undefined;
  }
}

/** Codes are few; messages carry ids. */
function codeOf(error: unknown): string {
  const isCoded = typeof (error as { code?: unknown } | undefined)?.code === "string";
  const type = isCoded ? errorType(error) : FAILED;
  return type === "Object" ? FAILED : type;
}
