import { performance } from "node:perf_hooks";

/** The only source of time in the library; tests hand in a manual one. */
export interface Clock {
  /** Monotonic milliseconds with a fraction; its zero means nothing. */
  now(): number;
  /** Wall clock, epoch milliseconds; for timestamps only. */
  wall(): number;
  /**
   * Calls back once after `delayMs`.
   * @param keepAlive - for a deadline that somebody awaits: the process stays until it comes.
   *   Nothing else keeps it alive.
   * @returns cancel
   */
  schedule(delayMs: number, callback: () => void, keepAlive?: boolean): () => void;
  /** CPU time of the process so far, all threads, in ms. @default that of the process */
  cpu?(): number;
}

/** CPU time of the process in ms, as a clock sees it. */
export function cpuMs(clock: Pick<Clock, "cpu">): number {
  if (clock.cpu !== undefined) return clock.cpu();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Time that work took: of the CPU, where that can be told. On Windows its clock goes in steps of 16 ms, in
 * which most work would be lost.
 *
 * @param usedMs - CPU time of the process meanwhile: other threads' too, so no more counts than has passed
 */
export function workMs(lastedMs: number, usedMs: number, clock: Pick<Clock, "cpu">): number {
  const isCoarse = clock.cpu === undefined && process.platform === "win32";
  return isCoarse ? lastedMs : Math.min(lastedMs, usedMs);
}

/** Longest delay a Node timer keeps; longer ones fire after 1 ms. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class SystemClock implements Clock {
  now(): number {
    // The import, not the global: that one is an accessor and costs 10 ns more on every reading.
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  schedule(delayMs: number, callback: () => void, keepAlive = false): () => void {
    const timer = setTimeout(callback, Math.min(MAX_DELAY_MS, Math.max(0, delayMs)));
    if (!keepAlive) timer.unref();
    return () => clearTimeout(timer);
  }
}
