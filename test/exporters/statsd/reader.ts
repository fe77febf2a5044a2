import type { ExportResult, MetricExporter } from "../../../src/readers/exporter.js";
import type { MetricBatch, MetricData } from "../../../src/snapshot/batch.js";
import { DeltaCursor } from "../../../src/snapshot/temporality.js";
import { deltaBatch, never, number, START, timings } from "./batches.js";

export const SERIES = 12;

/** A reader as the library's own is: its cursor moves with what succeeded, and only then. */
export class Reader {
  readonly recorded = {
    counters: Array(SERIES).fill(0),
    timings: Array.from({ length: SERIES }, () => [] as number[]),
  };
  readonly #cursor = new DeltaCursor();
  #now = START;
  rejected = 0;

  constructor(private readonly exporter: MetricExporter) {}

  record(series: number, times: number): void {
    this.recorded.counters[series] += times;
    for (let i = 0; i < times; i++) {
      this.recorded.timings[series]?.push(((series + 1) * (i + 1)) / 1000);
    }
  }

  async export(signal = never()): Promise<ExportResult> {
    const cumulative = this.#cumulative();
    const result = await this.exporter.export(this.#cursor.delta(cumulative), signal);
    if (result.status === "success") {
      this.#cursor.acknowledge(cumulative);
      this.rejected += result.rejected ?? 0;
    }
    return result;
  }

  #cumulative(): MetricBatch {
    this.#now += 10_000;
    const metrics: MetricData[] = this.recorded.timings.map((values, i) =>
      timings(`t${i}`, values),
    );
    this.recorded.counters.forEach((count, i) => {
      metrics.push(number("counter", `c${i}`, count), number("gauge", `g${i}`, count));
    });
    return { ...deltaBatch(metrics), temporality: "cumulative", from: START, to: this.#now };
  }
}
