import type { Attributes } from "../../attributes/attributes.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import type { Instrumented, Internals } from "../../instruments/internals.js";
import type { Reading } from "./source.js";
import { show, Watched } from "./watched.js";
import { wire } from "./wire.js";
import { type WorkersReading, workersShapes } from "./workers-shapes.js";

/** What a pool of workers tells of itself. */
export interface WorkersReadings {
  /** Workers there are. */
  readonly size?: Reading;
  /** Of these, at work. */
  readonly busy?: Reading;
  /** Tasks that wait for one. */
  readonly queued?: Reading;
  /** Most there may be, where the pool grows; saturation is `busy ÷ max`, else `busy ÷ size`. */
  readonly max?: Reading;
}

export interface WorkersOptions {
  /** On every series beside the name. */
  readonly attributes?: Attributes;
}

/** A pool of workers as it is watched. */
export interface Workers {
  /** Reads the workers no more. */
  stop(): void;
}

/**
 * Watches workers (threads, processes, agents): how many there are, how many are busy, what waits.
 *
 * @param source - a piscina, tinypool, workerpool or poolifier pool, or {@link WorkersReadings}. How
 *   many threads of a piscina are busy is reckoned from its utilization; tinypool tells only when tasks
 *   wait, hence all are
 * @returns the handle: one per name. A later call with another source reads that one instead
 */
export function workers(
  auspex: Instrumented,
  name: string,
  source?: WorkersReadings | object,
  options?: WorkersOptions,
): Workers {
  return wire(auspex, name, source, {
    name: "workers",
    shapes: workersShapes,
    readings: ["size", "busy", "queued", "max"],
    make: (internals, title) => new WorkersWatch(internals, title, options?.attributes),
  });
}

class WorkersWatch extends Watched<WorkersReading> implements Workers {
  private readonly size: GaugeSeries;
  private readonly busy: GaugeSeries;
  private readonly queued: GaugeSeries;
  private readonly max: GaugeSeries;

  constructor(internals: Internals, title: string, attributes?: Attributes) {
    super(internals, attributes, { "auspex.workers.name": title });
    this.size = this.gauge("auspex.workers.size", "{worker}", "Workers there are.");
    this.busy = this.gauge("auspex.workers.busy", "{worker}", "Workers at work.", {
      canFill: true,
    });
    this.queued = this.gauge("auspex.workers.queued", "{task}", "Tasks that wait for a worker.");
    this.max = this.gauge("auspex.workers.max", "{worker}", "Most workers there may be.");
  }

  protected show(): void {
    const { levels } = this;
    const size = levels.of("size");
    const queued = levels.of("queued");
    const max = levels.of("max");
    // Tasks wait only while nobody is free; who does not tell how many are busy tells that.
    const busy = levels.has("busy") || !(queued > 0) ? levels.of("busy") : size;
    const most = max > 0 ? max : size;
    show(this.size, size);
    show(this.busy, busy, most > 0 ? busy / most : Number.NaN);
    show(this.queued, queued);
    show(this.max, max);
  }
}
