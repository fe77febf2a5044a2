import { errorType } from "../../instruments/error-type.js";

/** `error.type` of what ran into a time limit, whoever set it. */
export const TIMEOUT = "TimeoutError";

/**
 * `error.type` of what ended a request; undefined when the caller gave it up.
 *
 * A time limit is an error, also one that the caller set with `AbortSignal.timeout`. What is no object
 * was handed to `abort(reason)`. Never throws.
 */
export function failureType(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  try {
    const { name, cause } = error as { name?: unknown; cause?: { name?: unknown } };
    if (name !== "AbortError") return errorType(error);
    // What Node makes of a signal's reason.
    return cause?.name === TIMEOUT ? TIMEOUT : undefined;
  } catch {
    return errorType(error);
  }
}
