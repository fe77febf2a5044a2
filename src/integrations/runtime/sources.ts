import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";

/** The part of Node's interval histogram that is used; nanoseconds. */
export interface DelayHistogram {
  readonly count: number;
  readonly max: number;
  readonly mean: number;
  percentile(percentile: number): number;
  enable(): unknown;
  disable(): unknown;
  reset(): void;
}

/** A small file's text; undefined where it cannot be read. */
export type ReadFile = (path: string) => string | undefined;

/** Everything the probes ask of the world. What is missing may throw: its probe then says nothing. */
export interface Sources {
  readonly readFile: ReadFile;
  /** Milliseconds, cumulative. */
  eventLoopUtilization(): { readonly idle: number; readonly active: number };
  eventLoopDelay(resolutionMs: number): DelayHistogram;
  /** Microseconds, cumulative. */
  cpuUsage(): { readonly user: number; readonly system: number };
  availableParallelism(): number;
  /** Resident set, bytes. 3 µs; the whole of `process.memoryUsage()` is 4 µs and adds nothing here. */
  rss(): number;
  /** The host's memory, bytes. */
  totalMemory(): number;
  /** Bytes. 0.6 µs. */
  heap(): { readonly used_heap_size: number; readonly heap_size_limit: number };
  /** Tells each collection (V8's kind, milliseconds) some time after it. @returns stop */
  observeGc(record: (kind: number, durationMs: number) => void): () => void;
}

export const systemSources: Sources = {
  readFile(path) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
  eventLoopUtilization: () => performance.eventLoopUtilization(),
  eventLoopDelay: (resolution) => monitorEventLoopDelay({ resolution }),
  cpuUsage: () => process.cpuUsage(),
  availableParallelism,
  rss: () => process.memoryUsage.rss(),
  totalMemory: totalmem,
  heap: getHeapStatistics,
  observeGc(record) {
    // Node hands entries over by an unref'd immediate, so this keeps no process alive.
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        record((entry as { detail?: { kind?: number } }).detail?.kind ?? 0, entry.duration);
      }
    });
    observer.observe({ type: "gc" });
    return () => observer.disconnect();
  },
};

/**
 * Never asks again for a file that was not there the first time: a failed open costs twice a read.
 * One that was once there is asked for again, since a process out of descriptors reads nothing.
 */
export function rememberMissing(read: ReadFile): ReadFile {
  const seen = new Map<string, boolean>();
  return (path) => {
    if (seen.get(path) === false) return undefined;
    const text = read(path);
    if (text !== undefined) seen.set(path, true);
    else if (!seen.has(path)) seen.set(path, false);
    return text;
  };
}
