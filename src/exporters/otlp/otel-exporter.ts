import { describeError } from "../../diag/diag.js";
import { unobserved } from "../../diag/suppress.js";
import type { ExportResult, MetricExporter } from "../../readers/exporter.js";
import type { MetricBatch, Temporality } from "../../snapshot/batch.js";
import { type DistributionOptions, Distributions } from "./distribution.js";
import { distributionOptionsOf } from "./distribution-options.js";
import { nameOf, show } from "./faults.js";
import type { OtelExportResult, OtelPushExporter } from "./otel-model.js";
import { type Selection, selectionOf } from "./otel-selection.js";
import { resourceMetricsOf } from "./resource-metrics.js";
import { untraced } from "./untraced.js";

/** Asked instead of something that is no exporter. */
const NOBODY = {} as OtelPushExporter;

/** How histograms are shown, before what the exporter selects. */
export interface OtelExporterOptions extends DistributionOptions {
  /** Tells two of them apart in one monitor. @default "opentelemetry" */
  readonly name?: string;
}

/**
 * An OpenTelemetry `PushMetricExporter` as one of ours. Temporality and aggregation are those it selects;
 * its callback becomes a result, and a signal that aborts ends the wait, not the exporter's work.
 *
 * It retries by itself, so what it calls failed is a failure and not worth another try of ours.
 */
export class OtelExporterAdapter implements MetricExporter {
  readonly name: string;
  readonly #exporter: OtelPushExporter;
  readonly #selection: Selection;
  readonly #distributions: Distributions;
  #shutdown: Promise<void> | undefined;

  /** @throws RangeError naming everything that is wrong with the exporter and the options */
  constructor(exporter: OtelPushExporter, options: OtelExporterOptions = {}) {
    const faults: string[] = [];
    for (const method of ["export", "forceFlush", "shutdown"] as const) {
      if (typeof exporter?.[method] === "function") continue;
      faults.push(`${show(exporter)} has no ${method}(); give an OpenTelemetry PushMetricExporter`);
    }
    this.name = nameOf(options.name, faults, "opentelemetry");
    this.#exporter = exporter;
    const given = distributionOptionsOf(options, faults);
    this.#selection = selectionOf(faults.length > 0 ? NOBODY : exporter, faults);
    if (faults.length > 0) throw new RangeError(`otelExporter: ${faults.join("; ")}`);
    const { histograms, bounds } = this.#selection;
    this.#distributions = new Distributions({ ...histograms, ...given }, bounds);
  }

  temporality(kind: "histogram" | "counter"): Temporality {
    return this.#selection.temporality[kind];
  }

  async export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    if (this.#shutdown !== undefined) return failure("the exporter is shut down");
    if (signal.aborted) return { status: "retryable", error: new Error("aborted") };
    let abort = (): void => {};
    const aborted = new Promise<ExportResult>((resolve) => {
      abort = () => resolve({ status: "retryable", error: new Error("aborted") });
    });
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([this.#send(batch), aborted]);
    } catch (error) {
      return failure(describeError(error));
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    this.#shutdown ??= (async () => this.#exporter.shutdown())();
    return this.#shutdown;
  }

  /** The first answer counts: a callback called twice, or called and then thrown behind, changes nothing. */
  #send(batch: MetricBatch): Promise<ExportResult> {
    const metrics = resourceMetricsOf(batch, this.#distributions, this.#selection.dropped);
    if (metrics.scopeMetrics.length === 0) return Promise.resolve({ status: "success" });
    return new Promise((resolve, reject) => {
      const done = (result: OtelExportResult): void => {
        if (result?.code === 0) resolve({ status: "success" });
        else resolve(failure(describeError(result?.error ?? "the exporter gave no reason")));
      };
      // An async `export` that rejects is against the contract, and must not become unhandled.
      const returned: unknown = unobserved(() =>
        untraced(() => this.#exporter.export(metrics, done)),
      );
      Promise.resolve(returned).catch(reject);
    });
  }
}

function failure(message: string): ExportResult {
  return { status: "failure", error: new Error(message) };
}
