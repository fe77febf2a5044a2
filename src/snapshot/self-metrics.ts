import { type Attributes, AttributeTally, cleanAttributes } from "../attributes/attributes.js";
import { guardedCall } from "../diag/guarded-call.js";
import type { HistogramPoint, MetricData, NumberPoint } from "./batch.js";
import type { MetricStream } from "./cumulative.js";
import type { AttributesData, SelfSnapshot } from "./model.js";
import { SelfHistogram } from "./self-histogram.js";

/** Most `error.type` values told apart for one exporter; later ones become `_OTHER`. */
const MAX_ERROR_TYPES = 32;
const OTHER = "_OTHER";
/** Most kinds of events of one exporter. */
const MAX_EVENTS = 32;

/** What one exporter and its reader did, as OpenTelemetry's own SDKs count it. */
export class ExporterMeter {
  /** Points of the batch that is under way. */
  inFlight = (): number => 0;
  readonly #component: Attributes;
  readonly #errorTypes = new Set<string>();
  /** Points by `error.type`; "" for those that arrived. */
  readonly #exported = new Map<string, number>();
  readonly #operations = new Map<string, SelfHistogram>();
  readonly #collection = new SelfHistogram();

  /**
   * @param name - of the exporter
   * @param events - what it counts itself; foreign
   */
  constructor(
    name: string,
    private readonly events: () => Readonly<Record<string, number>> | undefined = () => undefined,
  ) {
    this.#component = clean({ "otel.component.name": `${name}/0`, "otel.component.type": name });
  }

  collected(durationMs: number): void {
    this.#collection.record(durationMs);
  }

  /** @param errorType - "" when it succeeded */
  exported(errorType: string, points: number, rejected: number, durationMs: number): void {
    const type = this.#known(errorType);
    this.#add(type, points - rejected);
    if (rejected > 0) this.#add("rejected", rejected);
    let operations = this.#operations.get(type);
    if (operations === undefined) {
      operations = new SelfHistogram();
      this.#operations.set(type, operations);
    }
    operations.record(durationMs);
  }

  /** Foreign text, bounded in length and in kinds. */
  #known(errorType: string): string {
    if (errorType === "") return "";
    const type = String(clean({ type: errorType }).type ?? OTHER);
    if (this.#errorTypes.has(type)) return type;
    if (this.#errorTypes.size >= MAX_ERROR_TYPES) return OTHER;
    this.#errorTypes.add(type);
    return type;
  }

  #add(errorType: string, points: number): void {
    this.#exported.set(errorType, (this.#exported.get(errorType) ?? 0) + points);
  }

  exportedPoints(): NumberPoint[] {
    return [...this.#exported].map(([type, value]) => ({ attributes: this.#with(type), value }));
  }

  inFlightPoint(): NumberPoint {
    return { attributes: this.#component, value: this.inFlight() };
  }

  operationPoints(): HistogramPoint[] {
    return [...this.#operations].map(([type, histogram]) => {
      return { attributes: this.#with(type), histogram: histogram.read() };
    });
  }

  collectionPoint(): HistogramPoint {
    return { attributes: this.#component, histogram: this.#collection.read() };
  }

  eventPoints(): NumberPoint[] {
    return (guardedCall(() => Object.entries(this.events() ?? {})) ?? [])
      .slice(0, MAX_EVENTS)
      .filter(([, value]) => Number.isFinite(value) && value >= 0)
      .map(([event, value]) => ({
        attributes: { ...this.#component, ...clean({ "auspex.event": event }) },
        value,
      }));
  }

  #with(errorType: string): AttributesData {
    return errorType === "" ? this.#component : { "error.type": errorType, ...this.#component };
  }
}

/** Names that no instrument may have. */
export const SELF_METRICS = [
  "auspex.records",
  "auspex.dropped",
  "auspex.clamped",
  "auspex.overflowed",
  "auspex.misuse",
  "auspex.attributes.cut",
  "auspex.callback.errors",
  "auspex.clock.steps",
  "auspex.series",
  "auspex.windows.usage",
  "auspex.interval.close.duration",
  "auspex.overhead",
  "auspex.interval",
  "auspex.exporter.events",
  "otel.sdk.exporter.metric_data_point.exported",
  "otel.sdk.exporter.metric_data_point.inflight",
  "otel.sdk.exporter.operation.duration",
  "otel.sdk.metric_reader.collection.duration",
] as const;

/** What is cut here is the library's own, and no attribute of anybody's. */
function clean(attributes: Attributes): Attributes {
  return cleanAttributes(attributes, new AttributeTally());
}

const NONE: AttributesData = Object.freeze({});

type Kind = Exclude<MetricData["kind"], "histogram">;

/**
 * What the library knows of itself, as metrics: `otel.sdk.*` where OpenTelemetry has a name, else its
 * own.
 * @see OpenTelemetry semantic conventions, SDK metrics
 */
export function* selfStreams(
  self: SelfSnapshot,
  exporters: readonly ExporterMeter[],
  closing: SelfHistogram,
): Generator<MetricStream> {
  const one = (name: string, unit: string, kind: Kind, description: string, value: number) => {
    const points: NumberPoint[] = [{ attributes: NONE, value }];
    return { metric: { name, unit, kind, description }, points };
  };
  const { dropped, overhead } = self;
  yield one("auspex.records", "{value}", "counter", "Values recorded.", self.records);
  yield {
    metric: {
      name: "auspex.dropped",
      unit: "{value}",
      kind: "counter",
      description: "Values that entered nothing, by reason.",
    },
    points: [
      { attributes: { "auspex.drop.reason": "not_a_number" }, value: dropped.notANumber },
      { attributes: { "auspex.drop.reason": "negative" }, value: dropped.negative },
      { attributes: { "auspex.drop.reason": "infinite" }, value: dropped.infinite },
    ],
  };
  yield one(
    "auspex.clamped",
    "{value}",
    "counter",
    "Values above the highest trackable one, recorded as that one.",
    self.clamped,
  );
  yield one(
    "auspex.overflowed",
    "{series}",
    "counter",
    "Times a set of attributes was turned away to an overflow series.",
    self.overflowed,
  );
  yield one("auspex.misuse", "{call}", "counter", "Handles used wrongly.", self.misuse);
  yield {
    metric: {
      name: "auspex.attributes.cut",
      unit: "{attribute}",
      kind: "counter",
      description: "Attributes cut or left out at their limits.",
    },
    points: [
      { attributes: { "auspex.cut": "truncated" }, value: self.attributes.truncated },
      { attributes: { "auspex.cut": "dropped" }, value: self.attributes.dropped },
    ],
  };
  yield one(
    "auspex.callback.errors",
    "{error}",
    "counter",
    "Foreign callbacks that threw, hung or answered nonsense.",
    self.callbackErrors,
  );
  yield one("auspex.clock.steps", "{step}", "counter", "Steps of the wall clock.", self.clockSteps);
  yield one("auspex.series", "{series}", "updown", "Series held.", self.series);
  yield one("auspex.windows.usage", "By", "updown", "Memory of windows.", self.windows.bytes);
  yield {
    metric: {
      name: "auspex.interval.close.duration",
      unit: "s",
      kind: "histogram",
      description: "Duration of closing an interval.",
    },
    points: [{ attributes: NONE, histogram: closing.read() }],
  };
  yield one(
    "auspex.overhead",
    "1",
    "gauge",
    "Share of the CPU time of the process: timer work measured, recording estimated.",
    overhead.ratio,
  );
  yield one(
    "auspex.interval",
    "s",
    "gauge",
    "Length of an interval; longer than asked while over the overhead budget.",
    overhead.intervalMs / 1000,
  );
  if (exporters.length > 0) yield* exporterStreams(exporters);
}

function* exporterStreams(exporters: readonly ExporterMeter[]): Generator<MetricStream> {
  yield {
    metric: {
      name: "otel.sdk.exporter.metric_data_point.exported",
      unit: "{data_point}",
      kind: "counter",
      description: "Data points whose export has ended; with error.type those that did not arrive.",
    },
    points: exporters.flatMap((exporter) => exporter.exportedPoints()),
  };
  yield {
    metric: {
      name: "otel.sdk.exporter.metric_data_point.inflight",
      unit: "{data_point}",
      kind: "updown",
      description: "Data points handed to the exporter whose export has not ended.",
    },
    points: exporters.map((exporter) => exporter.inFlightPoint()),
  };
  yield {
    metric: {
      name: "otel.sdk.exporter.operation.duration",
      unit: "s",
      kind: "histogram",
      description: "Duration of exporting one batch.",
    },
    points: exporters.flatMap((exporter) => exporter.operationPoints()),
  };
  yield {
    metric: {
      name: "otel.sdk.metric_reader.collection.duration",
      unit: "s",
      kind: "histogram",
      description: "Duration of collecting one batch.",
    },
    points: exporters.map((exporter) => exporter.collectionPoint()),
  };
  const events = exporters.flatMap((exporter) => exporter.eventPoints());
  if (events.length === 0) return;
  yield {
    metric: {
      name: "auspex.exporter.events",
      unit: "{event}",
      kind: "counter",
      description: "What exporters count beside their exports, by event.",
    },
    points: events,
  };
}
