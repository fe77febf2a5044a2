import { performance } from "node:perf_hooks";
import { type Clock, cpuMs, workMs } from "./clock.js";

/** Longest the event loop is held at a time, in ms. */
const SLICE_MS = 8;

/** Gives the event loop a turn whenever one slice of work has lasted its time. */
export class Slices {
  /** V8 drops the shape of a class that has no instance left, and compiled code with it. */
  static readonly kept = new Slices({ now: () => 0, cpu: () => 0 }, 1);

  /**
   * CPU time worked so far, up to the last pause, or to `end`: neither the pauses, nor what passes while
   * other processes have the core, nor what other threads of this one work meanwhile.
   */
  workedMs = 0;
  #began = 0;
  #cpu = 0;

  constructor(
    private readonly clock: Pick<Clock, "now" | "cpu"> = performance,
    private readonly sliceMs = SLICE_MS,
  ) {
    this.#begin();
  }

  /** @returns nothing while the slice lasts, so that the caller need not await for each step */
  pause(): Promise<void> | undefined {
    const now = this.clock.now();
    if (now - this.#began < this.sliceMs) return undefined;
    this.#book(now);
    return nextTurn().then(() => this.#begin());
  }

  end(): void {
    this.#book(this.clock.now());
    this.#begin();
  }

  #begin(): void {
    this.#began = this.clock.now();
    this.#cpu = cpuMs(this.clock);
  }

  #book(now: number): void {
    const usedMs = cpuMs(this.clock) - this.#cpu;
    this.workedMs += workMs(now - this.#began, usedMs, this.clock);
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
