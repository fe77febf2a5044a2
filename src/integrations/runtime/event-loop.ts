import { LoopDelay } from "./loop-delay.js";
import type { Probe, Reading } from "./probe.js";
import { gauge, ratio, saturation } from "./reading.js";
import type { Sources } from "./sources.js";

const delay = (name: string, what: string): Reading =>
  gauge(`nodejs.eventloop.delay.${name}`, "s", `Event loop ${what} delay, resolution taken off.`);

/** How busy the loop is, and how late it makes timers fire. A delay has no limit, hence no saturation. */
export class EventLoopProbe implements Probe {
  readonly name = "event-loop";
  readonly #utilization = gauge(
    "nodejs.eventloop.utilization",
    "1",
    "Share of time the event loop was not idle.",
  );
  readonly #p50 = delay("p50", "50 percentile");
  readonly #p90 = delay("p90", "90 percentile");
  readonly #p99 = delay("p99", "99 percentile");
  readonly #max = delay("max", "maximum");
  readonly #mean = delay("mean", "mean");
  readonly readings = [
    this.#utilization,
    this.#p50,
    this.#p90,
    this.#p99,
    this.#max,
    this.#mean,
  ] as const;

  readonly #sources: Sources;
  readonly #delay: LoopDelay;
  #idleMs: number;
  #activeMs: number;

  constructor(sources: Sources) {
    this.#sources = sources;
    const { idle, active } = sources.eventLoopUtilization();
    this.#idleMs = idle;
    this.#activeMs = active;
    this.#delay = new LoopDelay(sources.eventLoopDelay);
  }

  /** The loop's own idle and active time are the elapsed time here; both are 0 until it runs. */
  sample(): void {
    const { idle, active } = this.#sources.eventLoopUtilization();
    const activeMs = active - this.#activeMs;
    const elapsedMs = idle - this.#idleMs + activeMs;
    this.#idleMs = idle;
    this.#activeMs = active;
    const utilization = saturation(ratio(activeMs, elapsedMs));
    this.#utilization.value = utilization ?? Number.NaN;
    this.#utilization.saturation = utilization;
    this.#delay.read(elapsedMs, this.#utilization.value);
    this.#p50.value = this.#delay.p50 / 1e3;
    this.#p90.value = this.#delay.p90 / 1e3;
    this.#p99.value = this.#delay.p99 / 1e3;
    this.#max.value = this.#delay.max / 1e3;
    this.#mean.value = this.#delay.mean / 1e3;
  }

  stop(): void {
    this.#delay.stop();
  }
}
