import type { Clock } from "./clock.js";

/** A limit on how long something is waited for. */
export interface Limit {
  /** Settles when time is up, or at `expire`; never rejects. */
  readonly expired: Promise<"expired">;
  /** Time is up now. */
  expire(): void;
  /** Nobody waits any more; leaves no timer. */
  cancel(): void;
}

/** @param keepAlive - somebody awaits it, perhaps with nothing else to keep the process alive */
export function limitOf(clock: Clock, timeoutMs: number, keepAlive = false): Limit {
  let expire = (): void => {};
  let cancel = (): void => {};
  const expired = new Promise<"expired">((resolve) => {
    cancel = clock.schedule(timeoutMs, () => resolve("expired"), keepAlive);
    expire = () => {
      cancel();
      resolve("expired");
    };
  });
  return { expired, expire, cancel };
}
