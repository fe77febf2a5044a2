/**
 * When an export that runs under a signal is called off, in ms of the clock that the reader uses.
 *
 * A signal says only that time is up; whoever waits between attempts must know before.
 */
const deadlines = new WeakMap<AbortSignal, number>();

export function setDeadline(signal: AbortSignal, atMs: number): void {
  deadlines.set(signal, atMs);
}

/** @returns `Infinity` for a signal that nobody gave a deadline */
export function deadlineOf(signal: AbortSignal): number {
  return deadlines.get(signal) ?? Number.POSITIVE_INFINITY;
}
