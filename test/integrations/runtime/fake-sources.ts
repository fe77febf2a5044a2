import type { Reading } from "../../../src/integrations/runtime/index.js";
import {
  type Probe,
  runtimeProbes,
  type SaturationGroups,
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
  get min() {
    return Math.min(...this.ticks) * 1e6;
  }
  get stddev() {
    const mean = this.mean / 1e6;
    const squares = this.ticks.map((tick) => (tick - mean) ** 2);
    return Math.sqrt(squares.reduce((sum, each) => sum + each, 0) / this.ticks.length) * 1e6;
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
  /** Name and used bytes; each is twice as large. */
  spaces: Record<string, number> = {};
  usage = {
    voluntaryContextSwitches: 0,
    involuntaryContextSwitches: 0,
    majorPageFault: 0,
    minorPageFault: 0,
  };
  environment: Record<string, string> = {};
  loadOfMinute = 0;
  resources: string[] = [];
  descriptors = 0;
  /** Milliseconds that each sample takes by the clock. */
  costMs = 0;
  clockMs = 0;
  gpuTool: string | undefined;
  delays: FakeDelay[] = [];
  observed = 0;
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
  now = () => (this.clockMs += this.costMs);
  load = () => this.loadOfMinute;
  memoryUsage = () => ({ rss: this.resident, external: 7 * GIB, arrayBuffers: 3 * GIB });
  heapSpaces = () =>
    Object.entries(this.spaces).map(([space_name, space_used_size]) => ({
      space_name,
      space_used_size,
      space_size: 2 * space_used_size,
      space_available_size: space_used_size,
      physical_space_size: space_used_size,
    }));
  resourceUsage = () => ({ ...this.usage });
  uptime = () => 77;
  activeResources = () => this.resources;
  descriptorCount = () => this.descriptors;
  listDescriptors = (): Promise<number> => Promise.reject(new Error("not here"));
  poolTrip = (): Promise<unknown> => Promise.resolve();
  fileSystem = () => Promise.resolve({ bsize: 4096, blocks: 1000, bfree: 400, bavail: 200 });
  nvidiaSmi = () => this.gpuTool;
  totalMemory = () => this.host;
  heap = () => ({ used_heap_size: this.heapUsed, heap_size_limit: 4 * GIB });
  observeGc = (record: (kind: number, durationMs: number) => void) => {
    this.recordGc = record;
    this.observed++;
    return () => {
      this.released++;
    };
  };

  /** The delay histogram in use. */
  get delay(): FakeDelay {
    return this.delays.find(({ enabled }) => enabled)!;
  }
}

/** The probe of that name, sampled with the control group it leans on, and a way to find its readings. */
export function probe(name: string, sources?: Sources, groups?: SaturationGroups) {
  const all = runtimeProbes(sources, groups);
  const found = all.find((one) => one.name === name)!;
  const group = all.find((one) => one.name === "cgroup");
  const sample = (ms: number) => {
    group?.sample(ms);
    found.sample(ms);
  };
  return Object.assign({ sample, probe: found }, finder(found));
}

function finder(found: Probe) {
  return {
    of(name: string, ...attributes: string[]): Reading {
      return found.readings.find((reading) => {
        const values = Object.values(reading.attributes ?? {});
        return reading.name === name && attributes.every((each) => values.includes(each));
      })!;
    },
  };
}
