import { describeError } from "../diag/diag.js";
import { guardedCall } from "../diag/guarded-call.js";
import { PrometheusExporter } from "../exporters/prometheus/exporter.js";
import type { PullSource } from "../readers/pull.js";
import type { NumberPoint } from "../snapshot/batch.js";
import type { MetricStream } from "../snapshot/cumulative.js";
import { inSlices, Slices } from "../time/slices.js";
import { type FleetBatch, mergedStreams } from "./merge-batches.js";
import type { FleetMissing, MissingReason } from "./model.js";

/** What a page is made of. */
export interface Collected {
  /** Totals of all others, of those that have ended among them. */
  readonly parts: readonly FleetBatch[];
  /** Who did not answer: shown with what they told last. */
  readonly missing: readonly FleetMissing[];
  /** How many have ended. */
  readonly ended: number;
  /** Answers that could not be used, by reason, since the start. */
  readonly faults: ReadonlyMap<MissingReason, number>;
}

/** Attributes of a resource that are one process's own, and not a fleet's. */
const OWN = /^(?:process|thread|service\.instance)\./;

/**
 * One Prometheus page of a whole fleet. Totals are asked for once, however many scrapes wait for them,
 * and stay until the next scrape.
 */
export class FleetPage {
  readonly #exporter = new PrometheusExporter();
  #streams: Iterable<MetricStream> = [];
  #collecting: Promise<void> | undefined;

  constructor(
    private readonly source: PullSource,
    private readonly collect: () => Promise<Collected>,
  ) {
    const attributes = Object.entries(source.resource.attributes).filter(([key]) => !OWN.test(key));
    this.#exporter.attach({
      ...source,
      resource: { attributes: Object.freeze(Object.fromEntries(attributes)) },
      streams: () => this.#streams,
      onInstrument: undefined,
    });
    this.handler = this.handler.bind(this);
  }

  handler(request: unknown, response: unknown): void {
    // Fastify must know at once that somebody else answers.
    guardedCall(() => (response as { hijack?: () => void } | null)?.hijack?.());
    void this.#collected()
      .catch((error) => {
        this.source.diag.warn("fleet:page", `a page of a fleet: ${describeError(error)}`);
      })
      .then(() => this.#exporter.handler(request, response));
  }

  async text(): Promise<string> {
    await this.#collected();
    return this.#exporter.text();
  }

  #collected(): Promise<void> {
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  async #collect(): Promise<void> {
    const collected = await this.collect();
    const slices = new Slices(this.source.clock);
    const merged = await inSlices(mergedStreams(collected.parts), slices);
    this.source.onWorked?.(slices.workedMs);
    // A list: two formats may read it at a time.
    this.#streams = [...merged, ...fleetStreams(collected)];
  }
}

/** How whole the page is. */
function* fleetStreams({ parts, missing, ended, faults }: Collected): Generator<MetricStream> {
  const absent = new Set(missing.map(({ id }) => id));
  const live = parts.filter(({ process: { id, live: isLive } }) => isLive && !absent.has(id));
  const counts = { live: live.length, missing: missing.length, ended };
  yield {
    metric: {
      name: "auspex.fleet.members",
      unit: "{process}",
      kind: "gauge",
      description:
        "Threads or processes of the fleet; of those missing the page shows the last totals.",
    },
    points: Object.entries(counts).map(([state, value]) => ({ attributes: { state }, value })),
  };
  yield {
    metric: {
      name: "auspex.fleet.faults",
      unit: "{answer}",
      kind: "counter",
      description: "Answers of members that could not be used, by reason.",
    },
    points: Array.from(
      faults,
      ([reason, value]): NumberPoint => ({ attributes: { reason }, value }),
    ),
  };
}
