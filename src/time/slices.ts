import { performance } from "node:perf_hooks";
import type { Clock } from "./clock.js";

/** Longest the event loop is held at a time, in ms. */
const SLICE_MS = 8;

/** Gives the event loop a turn whenever one slice of work has lasted its time. */
export class Slices {
  /** V8 drops the shape of a class that has no instance left, and compiled code with it. */
  static readonly kept = new Slices({ now: () => 0 }, 1);

  /** Time worked so far, the pauses left out; up to the last pause, or to `end`. */
  workedMs = 0;
  #began: number;

  constructor(
    private readonly clock: Pick<Clock, "now"> = performance,
    private readonly sliceMs = SLICE_MS,
  ) {
    this.#began = clock.now();
  }

  /** @returns nothing while the slice lasts, so that the caller need not await for each step */
  pause(): Promise<void> | undefined {
    const now = this.clock.now();
    if (now - this.#began < this.sliceMs) return undefined;
    this.workedMs += now - this.#began;
    return nextTurn().then(() => {
      this.#began = this.clock.now();
    });
  }

  end(): void {
    const now = this.clock.now();
    this.workedMs += now - this.#began;
    this.#began = now;
  }
}

/**
 * Drives a generator to its result, in slices.
 *
 * @throws the signal's reason when it aborts between two slices, and what the generator throws
 */
export async function inSlices<T>(
  steps: Iterator<void, T>,
  slices: Slices,
  signal?: AbortSignal,
): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) {
      slices.end();
      return step.value;
    }
    const pause = slices.pause();
    if (pause === undefined) continue;
    await pause;
    signal?.throwIfAborted();
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
