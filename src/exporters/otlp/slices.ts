import { performance } from "node:perf_hooks";

/** Longest the event loop is held at a time. */
const SLICE_MS = 8;

/**
 * Drives a generator to its result and gives way to the event loop every few ms.
 *
 * @throws the signal's reason when it aborts between two slices, and what the generator throws
 */
export async function inSlices<T>(steps: Iterator<void, T>, signal: AbortSignal): Promise<T> {
  let sliceEnds = performance.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() < sliceEnds) continue;
    await nextTurn();
    signal.throwIfAborted();
    sliceEnds = performance.now() + SLICE_MS;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
