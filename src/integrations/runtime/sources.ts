import { accessSync, constants, readFileSync, stat, statSync } from "node:fs";
import { readdir, statfs } from "node:fs/promises";
import { availableParallelism, devNull, loadavg, totalmem } from "node:os";
import { delimiter, join } from "node:path";
import { monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks";
import { getHeapSpaceStatistics, getHeapStatistics, type HeapSpaceInfo } from "node:v8";

/** The part of Node's interval histogram that is used; nanoseconds. */
export interface DelayHistogram {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  percentile(percentile: number): number;
  enable(): unknown;
  disable(): unknown;
  reset(): void;
}

/** A small file's text; undefined where it cannot be read. */
export type ReadFile = (path: string) => string | undefined;

/** Blocks of a file system. */
export interface FileSystemUsage {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
}

/** Everything the probes ask of the world. What is missing may throw: its probe then says nothing. */
export interface Sources {
  /** Monotonic milliseconds with a fraction. */
  now(): number;
  readonly readFile: ReadFile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds, cumulative. */
  eventLoopUtilization(): { readonly idle: number; readonly active: number };
  eventLoopDelay(resolutionMs: number): DelayHistogram;
  /** Microseconds, cumulative. */
  cpuUsage(): { readonly user: number; readonly system: number };
  availableParallelism(): number;
  /** Load of the last minute, in threads; 0 where the platform has none. */
  load(): number;
  /** Bytes. 4 µs, of which the resident set is 3. */
  memoryUsage(): {
    readonly rss: number;
    readonly external: number;
    readonly arrayBuffers: number;
  };
  /** The host's memory, bytes. */
  totalMemory(): number;
  /** Bytes. 0.6 µs. */
  heap(): { readonly used_heap_size: number; readonly heap_size_limit: number };
  /** Bytes. 2 µs. */
  heapSpaces(): readonly HeapSpaceInfo[];
  /** Cumulative. 2 µs. */
  resourceUsage(): {
    readonly voluntaryContextSwitches: number;
    readonly involuntaryContextSwitches: number;
    readonly majorPageFault: number;
    readonly minorPageFault: number;
  };
  /** Seconds. */
  uptime(): number;
  /** One name per resource that keeps the loop alive. 0.1 µs and 0.1 µs each. */
  activeResources(): readonly string[];
  /** Open descriptors in one call, of Linux 6.2 and later; else 0. */
  descriptorCount(): number;
  /** Open descriptors, counted one by one off the main thread. */
  listDescriptors(): Promise<number>;
  /** A job that costs libuv's pool next to nothing, there and back. */
  poolTrip(): Promise<unknown>;
  /** Of the working directory. */
  fileSystem(): Promise<FileSystemUsage>;
  /** Where `nvidia-smi` lies, if it does. */
  nvidiaSmi(): string | undefined;
  /** Tells each collection (V8's kind, milliseconds) some time after it. @returns stop */
  observeGc(record: (kind: number, durationMs: number) => void): () => void;
}

export const systemSources: Sources = {
  now: () => performance.now(),
  readFile(path) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  },
  environment: process.env,
  eventLoopUtilization: () => performance.eventLoopUtilization(),
  eventLoopDelay: (resolution) => monitorEventLoopDelay({ resolution }),
  cpuUsage: () => process.cpuUsage(),
  availableParallelism,
  load: () => loadavg()[0] as number,
  memoryUsage: () => process.memoryUsage(),
  totalMemory: totalmem,
  heap: getHeapStatistics,
  heapSpaces: getHeapSpaceStatistics,
  resourceUsage: () => process.resourceUsage(),
  uptime: () => process.uptime(),
  activeResources: () => process.getActiveResourcesInfo(),
  descriptorCount: () => statSync("/proc/self/fd").size,
  // One of them is the listing's own.
  listDescriptors: async () => (await readdir("/proc/self/fd")).length - 1,
  poolTrip: () =>
    new Promise((resolve, reject) => {
      stat(devNull, (error) => (error ? reject(error) : resolve(undefined)));
    }),
  fileSystem: () => statfs("."),
  nvidiaSmi() {
    const name = process.platform === "win32" ? "nvidia-smi.exe" : "nvidia-smi";
    const folders = process.env.PATH?.split(delimiter) ?? [];
    return folders
      .filter((folder) => folder !== "")
      .map((folder) => join(folder, name))
      .find(isExecutable);
  },
  observeGc(record) {
    const take = (entries: readonly { duration: number; detail?: unknown }[]) => {
      for (const { detail, duration } of entries) {
        record((detail as { kind?: number } | undefined)?.kind ?? 0, duration);
      }
    };
    // Node hands entries over by an unref'd immediate, so this keeps no process alive.
    const observer = new PerformanceObserver((list) => take(list.getEntries()));
    observer.observe({ type: "gc" });
    return () => {
      // What was collected in this turn of the loop is told at its end.
      setImmediate(() => {
        take(observer.takeRecords());
        observer.disconnect();
      }).unref();
    };
  },
};

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Forgets every so many questions what was missing. */
export interface RememberingRead {
  readonly read: ReadFile;
  /** A file that was not there may be by now: a controller switched on, a group moved. */
  forget(): void;
}

/**
 * Asks only once for a file that was not there: a failed open costs twice a read.
 * One that was once there is asked for again, since a process out of descriptors reads nothing.
 */
export function rememberMissing(readFile: ReadFile): RememberingRead {
  const seen = new Map<string, boolean>();
  return {
    read(path) {
      if (seen.get(path) === false) return undefined;
      const text = readFile(path);
      if (text !== undefined) seen.set(path, true);
      else if (!seen.has(path)) seen.set(path, false);
      return text;
    },
    forget() {
      for (const [path, wasThere] of seen) if (!wasThere) seen.delete(path);
    },
  };
}
