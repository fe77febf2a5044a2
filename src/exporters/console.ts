import { Checks } from "../readers/checks.js";
import type { ExportResult, MetricExporter } from "../readers/exporter.js";
import type { AttributesData, MetricBatch, MetricData } from "../snapshot/batch.js";
import { StandardOutput } from "./standard-output.js";

export interface ConsoleOptions {
  /** Where the text goes. @default a line at a time to standard output */
  readonly write?: (text: string) => void;
}

/** Prints each export as a table: what an operator reads, not what a program parses. */
export class ConsoleExporter implements MetricExporter {
  readonly name = "console";
  readonly #write: (text: string) => void | Promise<void>;

  /** @throws RangeError naming every option that does not fit */
  constructor(options: ConsoleOptions = {}) {
    const checks = new Checks();
    const { write } = checks.exactly("", options, ["write"]);
    checks.type("write", write, ["function"], "give a function that takes text");
    if (checks.faults.length > 0) {
      throw new RangeError(`consoleExporter: ${checks.faults.join("; ")}`);
    }
    const output = new StandardOutput();
    this.#write = write ?? ((text) => output.write(text));
  }

  async export(batch: MetricBatch): Promise<ExportResult> {
    try {
      await this.#write(table(batch));
      return { status: "success" };
    } catch (error) {
      return {
        status: "failure",
        error: error instanceof Error ? error : new Error(String(error)),
      };
    }
  }
}

/** An exporter that prints to the console. */
export function consoleExporter(options?: ConsoleOptions): ConsoleExporter {
  return new ConsoleExporter(options);
}

function table(batch: MetricBatch): string {
  const service = batch.resource.attributes["service.name"];
  const rows = batch.metrics.flatMap((metric) => metric.points.map((point) => row(metric, point)));
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((cells) => cells[column].length)));
  const lines = rows.map(([name, attributes, figures]) => {
    return `  ${name.padEnd(widths[0])}  ${attributes.padEnd(widths[1])}  ${figures}`;
  });
  return `${service} ${new Date(batch.to).toISOString()} (${batch.temporality})\n${lines.join("\n")}\n`;
}

function row(metric: MetricData, point: MetricData["points"][number]): [string, string, string] {
  const attributes = describe(point.attributes);
  if (!("histogram" in point))
    return [metric.name, attributes, `${round(point.value)} ${metric.unit}`];
  const { count, p50, p95, p99, max } = point.histogram.summary();
  const figures = [p50, p95, p99, max].map(round);
  return [
    metric.name,
    attributes,
    `n ${count}  p50 ${figures[0]}  p95 ${figures[1]}  p99 ${figures[2]}  max ${figures[3]} ${metric.unit}`,
  ];
}

function describe(attributes: AttributesData): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${key}=${plain(String(value))}`)
    .join(" ");
}

/** Text with spaces or control characters is quoted: a value cannot forge a line. */
function plain(text: string): string {
  return /^[\w./:@*-]*$/.test(text) ? text : JSON.stringify(text);
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
