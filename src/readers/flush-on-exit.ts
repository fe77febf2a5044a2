import { SystemClock } from "../time/clock.js";
import { limitOf } from "../time/limit.js";
import type { FlushResult } from "./exporter.js";

/** What is to be shut down before the process ends: a monitor. */
export interface ShutsDown {
  shutdown(options?: { readonly timeoutMs?: number }): Promise<FlushResult>;
}

export interface FlushOnExitOptions {
  /** Signals that end the process. @default ["SIGTERM", "SIGINT"] */
  readonly signals?: readonly NodeJS.Signals[];
  /** Longest the end is held up, in ms. @default 5000 */
  readonly timeoutMs?: number;
  /** Told how it went; nothing is printed. */
  readonly onResult?: (result: FlushResult) => void;
}

const DEFAULT_TIMEOUT_MS = 5000;
/** What a monitor may take beyond its own deadline before it is waited for no longer. */
const GRACE_MS = 500;

/**
 * Shuts a monitor down when the process is about to end: when it has nothing more to do, and at a signal,
 * which is raised again afterwards, so that the process dies of it as if this were not here. Where the
 * host listens to the signal too, ending is left to the host. A second signal ends the process at once.
 *
 * The library installs no handler unless this is called. `process.exit()` leaves no time for anything
 * that is not synchronous: await `shutdown()` before it.
 * @returns stop: takes the handlers away
 * @throws TypeError when the target cannot be shut down, or a signal is not a name
 */
export function flushOnExit(target: ShutsDown, options: FlushOnExitOptions = {}): () => void {
  const { signals = ["SIGTERM", "SIGINT"], timeoutMs: given, onResult } = options;
  if (typeof target?.shutdown !== "function") {
    throw new TypeError("flushOnExit: the target has no shutdown(); give a monitor");
  }
  if (!Array.isArray(signals) || signals.some((signal) => !/^SIG[A-Z0-9]+$/.test(signal))) {
    throw new TypeError(`flushOnExit: signals is ${signals}; give names such as "SIGTERM"`);
  }
  const timeoutMs = given !== undefined && given > 0 ? given : DEFAULT_TIMEOUT_MS;

  const stop = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
    process.off("beforeExit", onIdle);
  };
  const finish = async (): Promise<void> => {
    stop();
    const limit = limitOf(new SystemClock(), timeoutMs + GRACE_MS, true);
    try {
      const result = await Promise.race([target.shutdown({ timeoutMs }), limit.expired]);
      if (result !== "expired") onResult?.(result);
    } catch {
      // Whatever a target or a listener does, the process ends as it was told to.
    } finally {
      limit.cancel();
    }
  };
  const onIdle = (): void => void finish();
  const onSignal = async (signal: NodeJS.Signals): Promise<void> => {
    await finish();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  process.once("beforeExit", onIdle);
  return stop;
}
