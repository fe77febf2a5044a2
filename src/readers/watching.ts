import { type Diag, describeError } from "../diag/diag.js";
import { isThenable, silence } from "../diag/guarded-call.js";
import type { Snapshot } from "../snapshot/model.js";
import type { Clock } from "../time/clock.js";
import { inSlices, Slices } from "../time/slices.js";
import type { WindowName } from "../window/rolling-window.js";
import type { Every } from "./pipeline.js";
import type { WatchContext, Watcher } from "./watcher.js";

export interface WatchingOptions {
  readonly clock: Clock;
  readonly diag: Diag;
  readonly tally: { callbackErrors: number };
  /** Told of ms of work that no timer task saw. */
  readonly onWorked: (ms: number) => void;
}

/** Watchers have one state: what two monitors told them would be mixed. */
const atWork = new WeakSet<Watcher>();

export function isAtWork(watcher: Watcher): boolean {
  return atWork.has(watcher);
}

/** Runs watchers on the monitor's timer: none waits for another, and a slow step is never run twice. */
export class Watching {
  readonly #running = new Map<Watcher, Run>();
  #stopped = false;

  constructor(private readonly options: WatchingOptions) {}

  /** @param every - the monitor's timer */
  add(watcher: Watcher, context: WatchContext, every: Every): void {
    if (this.#stopped) return;
    const run = new Run(watcher, this.options);
    this.#running.set(watcher, run);
    atWork.add(watcher);
    void run.start(context);
    every(watcher.intervalMs, () => run.step(), watcher.intervalMs);
  }

  /** Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopped = true;
    const stopped = [...this.#running].map(async ([watcher, run]) => {
      await run.stop(timeoutMs);
      atWork.delete(watcher);
    });
    await Promise.all(stopped);
  }
}

class Run {
  #isReady = false;
  #isBusy = false;
  #isStopped = false;

  constructor(
    private readonly watcher: Watcher,
    private readonly options: WatchingOptions,
  ) {}

  async start(context: WatchContext): Promise<void> {
    try {
      await this.watcher.start(context);
      this.#isReady = true;
    } catch (error) {
      this.#fault("start", error);
    }
  }

  step(): void {
    if (!this.#isReady || this.#isBusy || this.#isStopped) return;
    const steps = this.#begin();
    if (steps === undefined) return;
    this.#isBusy = true;
    const slices = new Slices(this.options.clock);
    const done = this.#drive(steps, slices);
    // What ran until here, the timer task has booked.
    const bookedMs = slices.workedMs;
    void done.then(() => this.options.onWorked(slices.workedMs - bookedMs));
  }

  async stop(timeoutMs: number): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    const { clock } = this.options;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(timeoutMs, resolve);
    });
    try {
      await Promise.race([this.watcher.stop(timeoutMs), late]);
    } catch (error) {
      this.#fault("stop", error);
    } finally {
      cancel();
    }
  }

  #begin(): Iterator<void> | undefined {
    try {
      const steps = this.watcher.step();
      if (!isThenable(steps)) return steps ?? undefined;
      // A promise, from plain JavaScript: it is not waited for.
      silence(steps);
    } catch (error) {
      this.#fault("step", error);
    }
    return undefined;
  }

  async #drive(steps: Iterator<void>, slices: Slices): Promise<void> {
    try {
      await inSlices(steps, slices);
    } catch (error) {
      this.#fault("step", error);
    } finally {
      this.#isBusy = false;
    }
  }

  #fault(when: string, error: unknown): void {
    this.options.tally.callbackErrors++;
    const { name } = this.watcher;
    this.options.diag.warn(`watcher:${name}:${when}`, `${name}, ${when}: ${describeError(error)}`);
  }
}

/**
 * One snapshot per window for all who look at the same moment. None is held beyond the turn of the event
 * loop in which it was taken.
 */
export function sharedSnapshots(
  take: (window: WindowName) => Snapshot,
  clock: Pick<Clock, "now">,
): (window: WindowName) => Snapshot {
  const taken = new Map<WindowName, Snapshot>();
  let takenAt = Number.NaN;
  let isClearing = false;
  return (window) => {
    const now = clock.now();
    // Steps of one timer follow each other within ms; a clock moved by hand may go far in one turn.
    if (!(now - takenAt < MOMENT_MS)) taken.clear();
    if (taken.size === 0) takenAt = now;
    const known = taken.get(window);
    if (known !== undefined) return known;
    const snapshot = take(window);
    taken.set(window, snapshot);
    if (!isClearing) {
      isClearing = true;
      setImmediate(() => {
        isClearing = false;
        taken.clear();
      }).unref();
    }
    return snapshot;
  };
}

const MOMENT_MS = 250;
