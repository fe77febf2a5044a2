import type { PullSource } from "../../readers/pull.js";
import type { Temporality } from "../../snapshot/batch.js";
import { batchOf } from "../../snapshot/cumulative.js";
import { DeltaCursor } from "../../snapshot/temporality.js";
import { inSlices, Slices } from "../../time/slices.js";
import { type DistributionOptions, Distributions } from "./distribution.js";
import { distributionOptionsOf } from "./distribution-options.js";
import { show } from "./faults.js";
import type { OtelMetricProducer, OtelResourceMetrics } from "./otel-model.js";
import { resourceMetricsOf } from "./resource-metrics.js";

export interface MetricProducerOptions extends DistributionOptions {
  /**
   * Of counters and histograms; a reader does not tell a producer what its exporter prefers. `"delta"` is
   * for one reader alone: what it has collected counts as delivered. @default "cumulative"
   */
  readonly temporality?: Temporality;
}

/**
 * Everything a monitor has, as a `MetricProducer` for a reader of OpenTelemetry JS.
 *
 * @throws RangeError naming every fault of the options
 */
export function metricProducerOf(
  source: PullSource,
  options: MetricProducerOptions = {},
): OtelMetricProducer {
  const faults: string[] = [];
  const { temporality = "cumulative" } = options;
  if (temporality !== "cumulative" && temporality !== "delta") {
    faults.push(`temporality is ${show(temporality)}; give "cumulative" or "delta"`);
  }
  const distributions = new Distributions(distributionOptionsOf(options, faults));
  if (faults.length > 0) throw new RangeError(`metricProducer: ${faults.join("; ")}`);
  const cursor = new DeltaCursor();
  return {
    async collect() {
      try {
        const slices = new Slices(source.clock);
        const batch = await batchOf(source, source.streams(), slices);
        const wanted =
          temporality === "delta" ? await inSlices(cursor.steps(batch), slices) : batch;
        const resourceMetrics = resourceMetricsOf(wanted, distributions);
        cursor.acknowledge(batch);
        return { resourceMetrics, errors: [] };
      } catch (error) {
        return { resourceMetrics: nothingFrom(source), errors: [error] };
      }
    },
  };
}

function nothingFrom({ resource, incarnation }: PullSource): OtelResourceMetrics {
  const { startTimeMs: from } = incarnation;
  const batch = { resource, incarnation, temporality: "cumulative", from, to: from } as const;
  return resourceMetricsOf({ ...batch, metrics: [] }, new Distributions());
}
