import type { Probe, Reading } from "./probe.js";

/** Share of one core that a probe may take: a slow source is asked less often. */
const MAX_SHARE = 0.0002;
/** Costs that must agree: one that was interrupted by another process proves nothing. */
const REMEMBERED = 3;
const STAGGER_MS = 1000;
const PLACES = 5;

/**
 * Samples a probe at its own step, and less often where this machine makes it dear: the statistics
 * of 256 CPUs take the kernel milliseconds, those of two take it microseconds.
 *
 * Slow probes are first sampled one second apart, so that no sample is long.
 */
export class Paced implements Probe {
  readonly name: string;
  readonly readings: Reading[];
  readonly #costsMs: number[] = [];
  #elapsedMs = 0;
  #dueMs: number;

  /** @param place - among the probes of a watch @param now - monotonic ms with a fraction */
  constructor(
    private readonly probe: Probe,
    place: number,
    private readonly now: () => number,
  ) {
    this.name = probe.name;
    this.readings = probe.readings;
    this.#dueMs = Math.min(probe.stepMs ?? 0, STAGGER_MS * (1 + (place % PLACES)));
  }

  sample(elapsedMs: number): void {
    const passedMs = Math.max(0, elapsedMs) || 0;
    this.#elapsedMs += passedMs;
    // To the nearest sample: a timer is never exact.
    if (this.#elapsedMs < this.#dueMs - passedMs / 2) return;
    const began = this.now();
    this.probe.sample(this.#elapsedMs);
    this.#elapsedMs = 0;
    this.#dueMs = Math.max(this.probe.stepMs ?? 0, this.#cost(this.now() - began) / MAX_SHARE);
  }

  stop(): void {
    this.probe.stop?.();
  }

  /** The least of the last few. */
  #cost(costMs: number): number {
    this.#costsMs.push(costMs);
    if (this.#costsMs.length > REMEMBERED) this.#costsMs.shift();
    return this.#costsMs.length < REMEMBERED ? 0 : Math.min(...this.#costsMs);
  }
}
