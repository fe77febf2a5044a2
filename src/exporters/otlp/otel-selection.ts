import { describeError } from "../../diag/diag.js";
import type { MetricData, Temporality } from "../../snapshot/batch.js";
import type { DistributionOptions } from "./distribution.js";
import { AGGREGATION, OTEL_TEMPORALITY, type OtelPushExporter } from "./otel-model.js";
import { INSTRUMENTS } from "./resource-metrics.js";

/** What an OpenTelemetry exporter wants of each kind of instrument. */
export interface Selection {
  readonly temporality: Readonly<Record<"histogram" | "counter", Temporality>>;
  /** Kinds it wants nothing of. */
  readonly dropped: ReadonlySet<MetricData["kind"]>;
  readonly histograms: Pick<DistributionOptions, "histogram" | "maxBuckets">;
  /** Explicit bounds for every histogram, where it names them. */
  readonly bounds: readonly number[] | undefined;
}

/** Asks the exporter once. What its selectors throw goes to `faults`. */
export function selectionOf(exporter: OtelPushExporter, faults: string[]): Selection {
  const temporalityOf = (kind: MetricData["kind"]): Temporality => {
    const selected = ask(exporter, "selectAggregationTemporality", kind, faults);
    return selected === OTEL_TEMPORALITY.delta ? "delta" : "cumulative";
  };
  const dropped = new Set<MetricData["kind"]>();
  for (const kind of Object.keys(INSTRUMENTS) as MetricData["kind"][]) {
    const selected = ask(exporter, "selectAggregation", kind, faults);
    if (field(selected, "type") === AGGREGATION.drop) dropped.add(kind);
  }
  const selected = ask(exporter, "selectAggregation", "histogram", faults);
  const options = field(selected, "options");
  const maxSize = field(options, "maxSize");
  const boundaries = field(options, "boundaries");
  const type = field(selected, "type");
  return {
    temporality: { histogram: temporalityOf("histogram"), counter: temporalityOf("counter") },
    dropped,
    histograms: {
      ...(type === AGGREGATION.explicit ? { histogram: "explicit" } : {}),
      ...(type === AGGREGATION.exponential ? { histogram: "exponential" } : {}),
      ...(Number.isInteger(maxSize) ? { maxBuckets: Math.max(2, maxSize as number) } : {}),
    },
    bounds:
      type === AGGREGATION.explicit && Array.isArray(boundaries)
        ? boundaries.filter(Number.isFinite).sort((a, b) => a - b)
        : undefined,
  };
}

function ask(
  exporter: OtelPushExporter,
  selector: "selectAggregation" | "selectAggregationTemporality",
  kind: MetricData["kind"],
  faults: string[],
): unknown {
  try {
    return exporter[selector]?.(INSTRUMENTS[kind] as never);
  } catch (error) {
    faults.push(`${selector}() threw ${describeError(error)}; mend it`);
    return undefined;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
