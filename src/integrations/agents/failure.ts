import { errorType } from "../../instruments/error-type.js";
import { failureType } from "../outbound/failure.js";

/** What an error says of the call that it ended. */
export interface Failure {
  /** `error.type`; undefined when nobody wanted the result any more. */
  readonly type: string | undefined;
  readonly isTimeout: boolean;
}

/** Aborts of clients that do not call them `AbortError`: OpenAI's and Anthropic's, axios's. */
const ABORTS = new Set(["APIUserAbortError", "ERR_CANCELED", "CanceledError"]);
/** ETIMEDOUT, TimeoutError, APIConnectionTimeoutError, UND_ERR_HEADERS_TIMEOUT, … */
const TIMEOUT = /tim(?:e|ed)[-_]?out|deadline_exceeded/i;

/** Reads an error. Never throws, whatever its getters do; it is not kept. */
export function failureOf(error: unknown): Failure {
  // A string may have been handed to `abort` or thrown by a tool: it is taken for the latter.
  const isObject = typeof error === "object" && error !== null;
  const type = isObject ? failureType(error) : errorType(error);
  if (type === undefined || ABORTS.has(type)) return ABORTED;
  return { type, isTimeout: TIMEOUT.test(type) };
}

const ABORTED: Failure = Object.freeze({ type: undefined, isTimeout: false });
