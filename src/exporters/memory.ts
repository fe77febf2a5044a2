import type { ExportResult, MetricExporter } from "../readers/exporter.js";
import type { MetricBatch, Temporality } from "../snapshot/batch.js";

export interface MemoryOptions {
  /** @default "cumulative" */
  readonly temporality?: Temporality;
  /** Batches kept; older ones go. @default 100 */
  readonly keep?: number;
}

/** Keeps what it is given: for tests, and for looking at what an exporter receives. */
export class MemoryExporter implements MetricExporter {
  readonly name = "memory";
  readonly batches: MetricBatch[] = [];
  /** Set: the next exports answer this instead of keeping anything. */
  failWith: ExportResult | undefined;

  constructor(private readonly options: MemoryOptions = {}) {}

  temporality(): Temporality {
    return this.options.temporality ?? "cumulative";
  }

  async export(batch: MetricBatch): Promise<ExportResult> {
    if (this.failWith !== undefined) return this.failWith;
    this.batches.push(batch);
    if (this.batches.length > (this.options.keep ?? 100)) this.batches.shift();
    return { status: "success" };
  }
}

/** An exporter that keeps its batches in memory. */
export function memory(options?: MemoryOptions): MemoryExporter {
  return new MemoryExporter(options);
}
