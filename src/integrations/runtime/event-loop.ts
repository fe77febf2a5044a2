import { LoopDelay } from "./loop-delay.js";
import type { Probe, Reading } from "./probe.js";
import { advance, counter, gauge, ratio, setShare } from "./reading.js";
import type { Sources } from "./sources.js";

const delay = (name: string, what: string): Reading =>
  gauge(`nodejs.eventloop.delay.${name}`, "s", `Event loop ${what} delay, resolution taken off.`);
const time = (state: string): Reading =>
  counter("nodejs.eventloop.time", "s", "Seconds the event loop has been in each state.", {
    "nodejs.eventloop.state": state,
  });

/** How busy the loop is, and how late it makes timers fire. A delay has no limit, hence no saturation. */
export class EventLoopProbe implements Probe {
  readonly name = "event-loop";
  readonly #utilization = gauge(
    "nodejs.eventloop.utilization",
    "1",
    "Share of time the event loop was not idle.",
  );
  readonly #activeTime = time("active");
  readonly #idleTime = time("idle");
  readonly #delays = {
    min: delay("min", "minimum"),
    p50: delay("p50", "50 percentile"),
    p90: delay("p90", "90 percentile"),
    p99: delay("p99", "99 percentile"),
    max: delay("max", "maximum"),
    mean: delay("mean", "mean"),
    stddev: delay("stddev", "standard deviation of the"),
  };
  readonly readings = [
    this.#utilization,
    ...Object.values(this.#delays),
    this.#activeTime,
    this.#idleTime,
  ];

  readonly #sources: Sources;
  readonly #delay: LoopDelay;

  constructor(sources: Sources) {
    this.#sources = sources;
    this.#advance();
    this.#delay = new LoopDelay(sources.eventLoopDelay);
  }

  /** The loop's own idle and active time are the elapsed time here; both are 0 until it runs. */
  sample(): void {
    const { active, idle } = this.#advance();
    setShare(this.#utilization, Math.min(1, ratio(active, active + idle)));
    this.#delay.read((active + idle) * 1e3, this.#utilization.value);
    this.#delays.min.value = this.#delay.min / 1e3;
    this.#delays.p50.value = this.#delay.p50 / 1e3;
    this.#delays.p90.value = this.#delay.p90 / 1e3;
    this.#delays.p99.value = this.#delay.p99 / 1e3;
    this.#delays.max.value = this.#delay.max / 1e3;
    this.#delays.mean.value = this.#delay.mean / 1e3;
    this.#delays.stddev.value = this.#delay.stddev / 1e3;
  }

  stop(): void {
    this.#delay.stop();
  }

  /** Seconds in each state since the last time. */
  #advance(): { readonly active: number; readonly idle: number } {
    const { idle, active } = this.#sources.eventLoopUtilization();
    return {
      active: advance(this.#activeTime, active / 1e3),
      idle: advance(this.#idleTime, idle / 1e3),
    };
  }
}
