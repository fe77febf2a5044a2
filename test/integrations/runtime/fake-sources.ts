import type { Reading } from "../../../src/integrations/runtime/index.js";
import {
  type Probe,
  runtimeProbes,
  type Sources,
} from "../../../src/integrations/runtime/index.js";

export const GIB = 2 ** 30;

/** A delay histogram with the ticks one puts in (milliseconds), as Node's: nanoseconds. */
export class FakeDelay {
  ticks: number[] = [];
  enabled = false;

  constructor(readonly resolutionMs: number) {}

  get count() {
    return this.ticks.length;
  }
  get max() {
    return Math.max(0, ...this.ticks) * 1e6;
  }
  get mean() {
    return (this.ticks.reduce((sum, tick) => sum + tick, 0) / this.ticks.length) * 1e6;
  }
  percentile(percentile: number) {
    const sorted = [...this.ticks].sort((a, b) => a - b);
    return (sorted[Math.ceil((percentile / 100) * sorted.length) - 1] ?? 511e-6) * 1e6;
  }
  enable() {
    this.enabled = true;
  }
  disable() {
    this.enabled = false;
  }
  reset() {
    this.ticks = [];
  }
}

/** A world that stands still until a test changes a field. */
export class FakeWorld implements Sources {
  files: Record<string, string | undefined> = {};
  /** Paths asked for since it was last emptied. */
  asked: string[] = [];
  loop = { idle: 0, active: 0 };
  cpu = { user: 0, system: 0 };
  cpus = 4;
  resident = GIB;
  host = 16 * GIB;
  heapUsed = 0;
  delays: FakeDelay[] = [];
  recordGc: (kind: number, durationMs: number) => void = () => {};
  released = 0;

  readFile = (path: string) => {
    this.asked.push(path);
    return this.files[path];
  };
  eventLoopUtilization = () => ({ ...this.loop });
  eventLoopDelay = (resolutionMs: number) => {
    const delay = new FakeDelay(resolutionMs);
    this.delays.push(delay);
    return delay;
  };
  cpuUsage = () => ({ ...this.cpu });
  availableParallelism = () => this.cpus;
  rss = () => this.resident;
  totalMemory = () => this.host;
  heap = () => ({ used_heap_size: this.heapUsed, heap_size_limit: 4 * GIB });
  observeGc = (record: (kind: number, durationMs: number) => void) => {
    this.recordGc = record;
    return () => {
      this.released++;
    };
  };

  /** The delay histogram in use. */
  get delay(): FakeDelay {
    return this.delays.find(({ enabled }) => enabled)!;
  }
}

/** The probe of that name, and a way to find its readings. */
export function probe(name: string, sources?: Sources) {
  const found = runtimeProbes(sources).find((one) => one.name === name)!;
  return Object.assign({ sample: (ms: number) => found.sample(ms), probe: found }, finder(found));
}

function finder(found: Probe) {
  return {
    of(name: string, attribute?: string): Reading {
      return found.readings.find(
        (reading) =>
          reading.name === name &&
          (attribute === undefined || Object.values(reading.attributes ?? {}).includes(attribute)),
      )!;
    },
  };
}
