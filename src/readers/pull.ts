import type { Diag } from "../diag/diag.js";
import type { Incarnation } from "../snapshot/batch.js";
import type { MetricStream } from "../snapshot/cumulative.js";
import type { Resource } from "../snapshot/resource.js";
import type { Clock } from "../time/clock.js";

/** What a pull exporter reads from. Cumulative, the open interval included. */
export interface PullSource {
  readonly resource: Resource;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly diag: Diag;
  streams(): Iterable<MetricStream>;
  /** Told of ms of work on a page: it counts for the library's overhead. */
  onWorked?(ms: number): void;
  /**
   * Tells of every instrument, those there are and those to come, as this exporter will see it: names
   * that clash are found when instruments are registered, not at the first scrape.
   */
  onInstrument?(listener: (metric: MetricStream["metric"]) => void): void;
}

/** An exporter that answers when it is asked, rather than sending on a schedule. */
export interface PullExporter {
  readonly name: string;
  /** Called once by the monitor that it is given to. */
  attach(source: PullSource): void;
}

export type { MetricStream };
