import type { DelayHistogram, Sources } from "./sources.js";

/** Milliseconds between ticks, by the share of time the loop was busy. A block sees to the first. */
const STEPS = [
  { busyFrom: 0.4, ms: 20 },
  { busyFrom: 0.1, ms: 100 },
  { busyFrom: 0, ms: 500 },
] as const;
const FINE_MS = STEPS[0].ms;
const BLOCKED_MS = 50;
/** Samples a step holds before a coarser one; the finest is first, a process starts at its busiest. */
const LINGER = 5;

/**
 * Event-loop delay of the last interval: how late a timer fires.
 *
 * Node's histogram records the time *between* two ticks of a native timer, resolution included: an
 * idle loop reads 20.2 ms at a resolution of 20 ms (Node 20, 22 and 24). Here the resolution is taken
 * off: an idle loop reads some 0.2 ms, and a block of 200 ms reads 180…200 ms at the finest step.
 *
 * `reset()` also forgets the last tick, so the time from there to the next is recorded nowhere, and a
 * block that meets the sample would vanish. `read` finds it in the time that the ticks do not account
 * for, less the two steps that may rightly be open; what it then tells is a lower bound.
 *
 * Cost: the wake-up, not the histogram. Idle, in a virtual machine, process CPU over 10 s: 0.004 %
 * of a core without, 0.48 % at 10 ms, 0.26 % at 20 ms, 0.14 % at 50 ms, 0.08 % at 100 ms, 0.013 % at
 * 500 ms (a bare `sleep` pays the same 40–80 µs a wake). A loop that is 10–25 % busy pays some 37 µs
 * a tick (0.04 % at 100 ms), one that is 42 % busy 6–20 µs (0.03–0.1 % at 20 ms), a spinning one less
 * than can be measured. So the step follows the load, and is fine for seconds after a block (at most
 * 0.26 %). A loop that is 10 % busy hides no block longer than a tenth of the interval.
 */
export class LoopDelay {
  /** Milliseconds; NaN: no tick was due. */
  min = Number.NaN;
  p50 = Number.NaN;
  p90 = Number.NaN;
  p99 = Number.NaN;
  max = Number.NaN;
  mean = Number.NaN;
  stddev = Number.NaN;

  #stepMs: number = FINE_MS;
  #lingering = LINGER;
  #active: DelayHistogram;
  /** One a step, made when first needed: each holds a large native array. */
  readonly #histograms = new Map<number, DelayHistogram>();
  readonly #make: Sources["eventLoopDelay"];

  constructor(make: Sources["eventLoopDelay"]) {
    this.#make = make;
    this.#active = this.#enable(FINE_MS);
  }

  /**
   * Takes the interval and begins the next.
   *
   * Cold: Node walks its whole histogram for the mean (25 µs) and a part for each percentile (4 µs).
   * @param elapsedMs - by the loop's own clock, @param utilization - 0…1 or NaN
   */
  read(elapsedMs: number, utilization: number): void {
    const { count } = this.#active;
    const meanMs = count > 0 ? this.#active.mean / 1e6 : 0;
    const unseen = elapsedMs - count * meanMs - 2 * this.#stepMs;
    const hidden = unseen > 0 ? unseen : Number.NaN;
    this.p50 = this.#percentile(50, count, hidden);
    this.p90 = this.#percentile(90, count, hidden);
    this.p99 = this.#percentile(99, count, hidden);
    this.max = this.#percentile(100, count, hidden);
    this.#average(count, meanMs, hidden);
    this.#active.reset();
    this.#follow(utilization);
  }

  stop(): void {
    this.#active.disable();
  }

  /** With the hidden delay as one more tick. */
  #average(count: number, meanTickMs: number, hidden: number): void {
    const seen = count > 0 ? Math.max(0, meanTickMs - this.#stepMs) : 0;
    const spread = count > 0 ? this.#active.stddev / 1e6 : 0;
    const least = count > 0 ? Math.max(0, this.#active.min / 1e6 - this.#stepMs) : Number.NaN;
    if (Number.isNaN(hidden)) {
      this.min = least;
      this.mean = count > 0 ? seen : Number.NaN;
      this.stddev = count > 0 ? spread : Number.NaN;
      return;
    }
    const squares = count * (spread * spread + seen * seen) + hidden * hidden;
    this.min = count > 0 ? Math.min(least, hidden) : hidden;
    this.mean = (count * seen + hidden) / (count + 1);
    this.stddev = Math.sqrt(Math.max(0, squares / (count + 1) - this.mean * this.mean));
  }

  /** Beyond the step, with the hidden delay as one more tick at the top. */
  #percentile(percentile: number, count: number, hidden: number): number {
    const inTicks = count > 0 ? this.#active.percentile(percentile) / 1e6 : Number.NaN;
    const seen = Math.max(0, inTicks - this.#stepMs);
    const rank = Math.ceil((percentile / 100) * (count + 1));
    if (Number.isNaN(hidden) || rank <= count) return seen;
    return count > 0 ? Math.max(seen, hidden) : hidden;
  }

  /** Finer at once, coarser after a while. */
  #follow(utilization: number): void {
    const fitting = STEPS.find(({ busyFrom }) => utilization >= busyFrom)?.ms ?? this.#stepMs;
    const wanted = this.max >= BLOCKED_MS ? FINE_MS : fitting;
    const coarser = wanted > this.#stepMs;
    this.#lingering = coarser ? this.#lingering - 1 : LINGER;
    if (wanted === this.#stepMs || (coarser && this.#lingering > 0)) return;
    this.#active.disable();
    this.#active = this.#enable(wanted);
    this.#stepMs = wanted;
    this.#lingering = LINGER;
  }

  #enable(stepMs: number): DelayHistogram {
    const histogram = this.#histograms.get(stepMs) ?? this.#make(stepMs);
    this.#histograms.set(stepMs, histogram);
    histogram.reset();
    histogram.enable();
    return histogram;
  }
}
