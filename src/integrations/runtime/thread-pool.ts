import type { CallbackTally } from "../../instruments/guarded-read.js";
import { GuardedRead } from "../../instruments/guarded-read.js";
import type { Probe } from "./probe.js";
import { gauge, level, setOf } from "./reading.js";
import type { Sources } from "./sources.js";

const DEFAULT_SIZE = 4;
const MAX_SIZE = 1024;

/**
 * How long a job waits for libuv's thread pool (file system, DNS look-ups, crypto, zlib).
 *
 * Nothing tells the queue's length, so one trivial job is sent through it, one at a time. What is
 * told is the time the event loop stood idle meanwhile: what a busy loop adds is not the pool's, so
 * under load it is a lower bound. Saturation is that wait by the time since the last sample: 1 means
 * that the job did not come back at all.
 */
export class ThreadPoolProbe implements Probe {
  readonly name = "thread-pool";
  readonly stepMs = 5000;
  readonly #delay = gauge(
    "auspex.thread_pool.delay",
    "s",
    "Time a job waits for libuv's thread pool, at least; saturation is its share of the step.",
  );
  readonly #size = level("auspex.thread_pool.size", "{thread}", "Threads of libuv's pool.");
  readonly readings = [this.#delay, this.#size];

  readonly #sources: Sources;
  readonly #trip: GuardedRead;
  /** Idle ms of the loop when the job was sent; undefined while none is out. */
  #sentAtMs: number | undefined;
  #sinceSentMs = 0;
  #waitedMs = Number.NaN;

  constructor(sources: Sources, tally: CallbackTally) {
    this.#sources = sources;
    this.#size.value = sizeOf(sources.environment.UV_THREADPOOL_SIZE);
    this.#trip = new GuardedRead(
      () => this.#send(),
      (waitedMs) => {
        this.#waitedMs = waitedMs;
      },
      tally,
    );
  }

  sample(elapsedMs: number): void {
    this.#sinceSentMs += elapsedMs;
    if (this.#sentAtMs !== undefined) this.#waitedMs = this.#idleMs() - this.#sentAtMs;
    setOf(this.#delay, this.#waitedMs / 1e3, this.#sinceSentMs / 1e3);
    this.#waitedMs = Number.NaN;
    this.#trip.poll();
  }

  #idleMs(): number {
    return this.#sources.eventLoopUtilization().idle;
  }

  async #send(): Promise<number> {
    const sentAtMs = this.#idleMs();
    this.#sentAtMs = sentAtMs;
    this.#sinceSentMs = 0;
    try {
      await this.#sources.poolTrip();
    } finally {
      this.#sentAtMs = undefined;
    }
    return this.#idleMs() - sentAtMs;
  }
}

/** As libuv reads it: no number is 0, and 0 is one thread. */
function sizeOf(given: string | undefined): number {
  if (given === undefined) return DEFAULT_SIZE;
  const size = Number.parseInt(given, 10);
  return Number.isNaN(size) ? 1 : Math.min(MAX_SIZE, Math.max(1, size));
}
