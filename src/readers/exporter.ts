import type { Diag } from "../diag/diag.js";
import type { Incarnation, MetricBatch, Temporality } from "../snapshot/batch.js";
import type { AuspexEvent } from "../snapshot/events.js";
import type { Resource } from "../snapshot/resource.js";
import type { View } from "../snapshot/views.js";
import type { FleetServices } from "../state/services.js";
import type { PullExporter } from "./pull.js";

export type ExportResult =
  | {
      readonly status: "success";
      /** Points the backend took the batch without. */
      readonly rejected?: number;
      /** What the backend had to say about them; told to the logger. */
      readonly message?: string;
    }
  | { readonly status: "retryable"; readonly retryAfterMs?: number; readonly error: Error }
  | { readonly status: "failure"; readonly error: Error };

/** Whose values an exporter is given. */
export interface ExporterOwner {
  readonly resource: Resource;
  readonly incarnation: Incarnation;
}

/**
 * The socket that exporters plug into: it encodes and sends. It never schedules and never retries.
 *
 * @see OpenTelemetry, PushMetricExporter
 */
export interface MetricExporter {
  readonly name: string;
  /** What this backend wants. Pure. @default "cumulative" */
  temporality?(kind: "histogram" | "counter"): Temporality;
  /** Sends one batch. Never rejects; gives up when the signal aborts. */
  export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult>;
  /** Milliseconds between exports where the host asks for nothing else. @default exportIntervalMs of the monitor */
  readonly defaultIntervalMs?: number;
  /** Told once, before anything else, whose values are to come. */
  belongTo?(owner: ExporterOwner, diag: Diag): void;
  /** Passes on what detectors, SLOs and alerts tell. Never blocks. */
  onEvent?(event: AuspexEvent): void;
  /** What a shared store offers the processes of a fleet. */
  readonly services?: FleetServices;
  /** What happened beside the exports themselves, counted since the start: `auspex.exporter.events`. */
  readonly tally?: Readonly<Record<string, number>>;
  forceFlush?(): Promise<void>;
  /** Idempotent; flushes first. */
  shutdown?(): Promise<void>;
}

/** An exporter with its own pace. */
export interface ExporterEntry {
  readonly exporter: MetricExporter;
  /** Milliseconds between exports. @default exportIntervalMs of the monitor */
  readonly intervalMs?: number;
  /** Longest one export may take. @default 30_000, never more than the interval */
  readonly timeoutMs?: number;
  /** Overrides what the exporter asks for. */
  readonly temporality?: Temporality;
  /** How instruments are shown to this exporter, after the views of the monitor. @default [] */
  readonly views?: readonly View[];
}

/** A pull exporter with views of its own. */
export interface PullEntry {
  readonly exporter: PullExporter;
  readonly views?: readonly View[];
}

/** What became of an exporter in a flush or shutdown. */
export interface FlushStatus {
  readonly exporter: string;
  readonly status: "ok" | "failed" | "timeout";
  readonly error?: string;
}

export interface FlushResult {
  readonly ok: boolean;
  readonly exporters: readonly FlushStatus[];
  /** Values recorded that no exporter that failed or was late has acknowledged; 0 when all went well. */
  readonly unflushed: number;
}
