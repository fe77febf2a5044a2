/** Counts what foreign callbacks did wrong. */
interface Tally {
  callbackErrors: number;
}

/**
 * Calls a foreign function that answers at once. Never throws; a promise that it answers is not waited
 * for, and never becomes an unhandled rejection.
 *
 * @param tally - counts a call that threw or answered a promise; without one neither is a fault
 * @returns what it answered; undefined when that is of no use: it threw, or answered a promise
 */
export function guardedCall<T>(call: () => T, tally?: Tally): T | undefined {
  try {
    const answer = call();
    if (!isThenable(answer)) return answer;
    silence(answer);
  } catch {
    // Counted below, as a promise is.
  }
  if (tally !== undefined) tally.callbackErrors++;
  return undefined;
}

/** Whether a value is to be waited for. Never throws, whatever a getter or a Proxy does. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  try {
    return typeof (value as { then?: unknown }).then === "function";
  } catch {
    return false;
  }
}

/** Handles a rejection that nobody else would: it would end the process. */
export function silence(answer: PromiseLike<unknown>): void {
  Promise.resolve(answer).catch(() => {});
}
