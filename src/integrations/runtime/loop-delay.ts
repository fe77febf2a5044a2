import type { DelayHistogram, Sources } from "./sources.js";

/** Ticks while the loop is worth watching closely, and while it is not. */
const FINE_MS = 20;
const COARSE_MS = 200;
/** What makes it worth it: the share of time the loop is busy, or a delay seen. */
const BUSY = 0.4;
const BLOCKED_MS = 50;
/** Samples it then stays so; the first ones are: a process is at its busiest when it starts. */
const LINGER = 5;

/**
 * Event-loop delay of the last interval: how late a timer fires.
 *
 * Node's histogram records the time *between* two ticks of a native timer, resolution included: an
 * idle loop reads 20.2 ms at a resolution of 20 ms (Node 20, 22 and 24). Here the resolution is taken
 * off, so an idle loop reads 0.2 ms, and a block of 200 ms 180…200 ms (0…200 at the coarse step).
 *
 * `reset()` also forgets the last tick, so the time from there to the next is recorded nowhere, and a
 * block that meets the sample would vanish. `read` finds it in the time that the ticks do not account
 * for, less the two steps that may rightly be open; what it then tells is a lower bound.
 *
 * Cost: the wake-up, not the histogram. Idle, in a virtual machine, process CPU over 10 s: 0.006 %
 * of a core without, 0.46 % at 10 ms, 0.26 % at 20 ms, 0.14 % at 50 ms, 0.08 % at 100 ms, 0.04 % at
 * 200 ms (a bare `sleep` costs the same 40–50 µs a wake). A loop that is 42 % busy pays 10–20 µs for
 * one, a spinning loop less than can be measured: so the fine step comes with the load.
 */
export class LoopDelay {
  /** Milliseconds; NaN: no tick was due. */
  p50 = Number.NaN;
  p90 = Number.NaN;
  p99 = Number.NaN;
  max = Number.NaN;
  mean = Number.NaN;

  #resolutionMs = FINE_MS;
  #lingering = LINGER;
  #active: DelayHistogram;
  #spare: DelayHistogram | undefined;
  readonly #make: Sources["eventLoopDelay"];

  constructor(make: Sources["eventLoopDelay"]) {
    this.#make = make;
    this.#active = make(FINE_MS);
    this.#active.enable();
  }

  /**
   * Takes the interval and begins the next.
   *
   * Cold: Node walks its whole histogram for the mean (25 µs) and a part for each percentile (4 µs).
   * @param elapsedMs - by the loop's own clock, @param utilization - 0…1 or NaN
   */
  read(elapsedMs: number, utilization: number): void {
    const histogram = this.#active;
    const { count } = histogram;
    const meanMs = count > 0 ? histogram.mean / 1e6 : 0;
    const unseen = elapsedMs - count * meanMs - 2 * this.#resolutionMs;
    const hidden = unseen > 0 ? unseen : Number.NaN;
    this.p50 = this.#percentile(50, hidden);
    this.p90 = this.#percentile(90, hidden);
    this.p99 = this.#percentile(99, hidden);
    this.max = this.#percentile(100, hidden);
    const sum = count * Math.max(0, meanMs - this.#resolutionMs);
    this.mean = unseen > 0 ? (sum + unseen) / (count + 1) : count > 0 ? sum / count : Number.NaN;
    histogram.reset();
    const close = utilization >= BUSY || this.max >= BLOCKED_MS;
    this.#lingering = close ? LINGER : this.#lingering - 1;
    this.#step(this.#lingering > 0 ? FINE_MS : COARSE_MS);
  }

  stop(): void {
    this.#active.disable();
  }

  /** Beyond the resolution, with the hidden delay as one more tick that is above all others. */
  #percentile(percentile: number, hidden: number): number {
    const { count } = this.#active;
    const inTicks = count > 0 ? this.#active.percentile(percentile) / 1e6 : Number.NaN;
    const seen = Math.max(0, inTicks - this.#resolutionMs);
    const rank = Math.ceil((percentile / 100) * (count + 1));
    if (Number.isNaN(hidden) || rank <= count) return seen;
    return count > 0 ? Math.max(seen, hidden) : hidden;
  }

  #step(resolutionMs: number): void {
    if (resolutionMs === this.#resolutionMs) return;
    this.#active.disable();
    const next = this.#spare ?? this.#make(resolutionMs);
    this.#spare = this.#active;
    this.#active = next;
    this.#resolutionMs = resolutionMs;
    // Enabling also clears it.
    next.enable();
  }
}
