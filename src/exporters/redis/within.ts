import { SystemClock } from "../../time/clock.js";
import { limitOf } from "../../time/limit.js";
import { RedisFault } from "./fault.js";

const clock = new SystemClock();

/**
 * Calls off all that is under way, for good.
 *
 * An `AbortSignal` would do, but Node prints a warning when more than ten wait for one.
 */
export class Stop {
  isStopped = false;
  readonly #calls = new Set<() => void>();

  stop(): void {
    this.isStopped = true;
    for (const call of this.#calls) call();
  }

  add(call: () => void): void {
    this.#calls.add(call);
    if (this.isStopped) call();
  }

  remove(call: () => void): void {
    this.#calls.delete(call);
  }
}

/**
 * What a piece of work resolves to, if it does so in time and is not called off.
 *
 * @param where - host and port, for the message
 * @throws RedisFault `timeout`, and what the work rejects with; whatever comes later is passed over
 */
export async function within<T>(
  timeoutMs: number,
  where: string,
  work: Promise<T>,
  stop: Stop,
  signal?: AbortSignal,
): Promise<T> {
  const limit = limitOf(clock, timeoutMs);
  stop.add(limit.expire);
  signal?.addEventListener("abort", limit.expire, { once: true });
  if (signal?.aborted) limit.expire();
  try {
    const result = await Promise.race([work.then((value) => ({ value })), limit.expired]);
    if (result !== "expired") return result.value;
    const isOff = stop.isStopped || signal?.aborted;
    const what = isOff ? "called off" : `no answer within ${timeoutMs} ms`;
    throw new RedisFault("timeout", `${where}: ${what}`);
  } finally {
    limit.cancel();
    stop.remove(limit.expire);
    signal?.removeEventListener("abort", limit.expire);
  }
}
