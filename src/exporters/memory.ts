import { Checks, show } from "../readers/checks.js";
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

  readonly #temporality: Temporality;
  readonly #keep: number;

  /** @throws RangeError naming every option that does not fit */
  constructor(options: MemoryOptions = {}) {
    const checks = new Checks();
    const { temporality = "cumulative", keep } = checks.exactly("", options, [
      "temporality",
      "keep",
    ]);
    if (temporality !== "cumulative" && temporality !== "delta") {
      checks.fault(`temporality is ${show(temporality)}; give "cumulative" or "delta"`);
    }
    this.#temporality = temporality;
    this.#keep = checks.number("keep", keep, 100, 1, 1_000_000);
    if (checks.faults.length > 0) throw new RangeError(`memory: ${checks.faults.join("; ")}`);
  }

  temporality(): Temporality {
    return this.#temporality;
  }

  async export(batch: MetricBatch): Promise<ExportResult> {
    if (this.failWith !== undefined) return this.failWith;
    this.batches.push(batch);
    if (this.batches.length > this.#keep) this.batches.shift();
    return { status: "success" };
  }
}

/** An exporter that keeps its batches in memory. */
export function memory(options?: MemoryOptions): MemoryExporter {
  return new MemoryExporter(options);
}
