import { stat } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runtimeProbes } from "../../../src/integrations/runtime/index.js";
import { systemSources } from "../../../src/integrations/runtime/sources.js";

let probes: ReturnType<typeof runtimeProbes> = [];
afterEach(() => {
  for (const probe of probes) probe.stop();
});

/** Real probes, sampled with the time that really passed. */
function watch() {
  for (const probe of probes) probe.stop();
  probes = runtimeProbes();
  let last = performance.now();
  return {
    sample() {
      const now = performance.now();
      for (const probe of probes) probe.sample(now - last);
      last = now;
    },
    value(name: string, type?: string): number {
      const readings = probes.flatMap((probe) => probe.readings);
      return readings.find(
        (reading) =>
          reading.name === name && (!type || reading.attributes?.["v8js.gc.type"] === type),
      )!.value;
    },
  };
}
const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const block = (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

/** What others do on the machine is seen too: once in a while they let a moment be. */
const onQuietMachine = (name: string, test: () => Promise<void>) => {
  it(name, () => vi.waitFor(test, { timeout: 90_000 }));
};

const LINUX = [
  "process.unix.file_descriptor.count",
  "process.thread.count",
  "process.uptime",
  "auspex.thread_pool.delay",
  "v8js.resource.active",
  "system.memory.utilization",
  "system.cpu.time",
  "auspex.host.cpu.load_1m",
  "system.filesystem.utilization",
];
/** Jobs enough to come behind whatever the probes have sent through libuv's pool, however busy it is. */
const answered = () => Promise.all(Array.from({ length: 32 }, () => stat(".")));

describe("on the real process, runtime probes", () => {
  onQuietMachine("see the CPU and the loop busy when they are", async () => {
    const { sample, value } = watch();
    await pass(150);
    sample();
    const quiet = value("process.cpu.utilization");
    const quietLoop = value("nodejs.eventloop.utilization");
    block(150);
    await pass(0);
    sample();
    expect(value("process.cpu.utilization")).toBeGreaterThan(quiet);
    expect(value("nodejs.eventloop.utilization")).toBeGreaterThan(quietLoop);
    expect(value("nodejs.eventloop.utilization")).toBeGreaterThan(0.8);
  });

  onQuietMachine("see a block of 200 ms between two ticks", async () => {
    const { sample, value } = watch();
    await pass(60);
    block(200);
    await pass(60);
    sample();
    expect(value("nodejs.eventloop.delay.max")).toBeGreaterThanOrEqual(0.15);
    expect(value("nodejs.eventloop.delay.p50")).toBeLessThan(0.05);
  });

  it("see a block of 200 ms right after a sample, which Node's histogram alone does not", async () => {
    const { sample, value } = watch();
    await pass(60);
    sample();
    block(200);
    await pass(60);
    sample();
    expect(value("nodejs.eventloop.delay.max")).toBeGreaterThanOrEqual(0.15);
  });

  it("count the seconds of collections", async () => {
    const { sample, value } = watch();
    let sink: unknown;
    for (let i = 0; i < 3e6; i++) sink = [i, sink && i];
    expect(sink).toBeDefined();
    // Word of collections comes in a later turn of the loop.
    await vi.waitFor(() => {
      sample();
      expect(value("auspex.gc.time", "minor")).toBeGreaterThan(0);
    });
    expect(value("auspex.gc.utilization")).toBeGreaterThan(0);
    expect(value("auspex.gc.utilization")).toBeLessThanOrEqual(1);
  });

  it("tell memory as Node does, and saturations between 0 and 1", async () => {
    const { sample, value } = watch();
    sample();
    expect(value("process.memory.usage") / process.memoryUsage.rss()).toBeCloseTo(1, 0);
    expect(value("auspex.heap.utilization")).toBeGreaterThan(0);
    const spaces = probes
      .flatMap((probe) => probe.readings)
      .filter(({ name }) => name === "v8js.memory.heap.used");
    const used = spaces.reduce((sum, reading) => sum + reading.value, 0);
    expect(used / process.memoryUsage().heapUsed).toBeCloseTo(1, 0);
    for (const { saturation } of probes.flatMap((probe) => probe.readings)) {
      if (saturation === undefined) continue;
      expect(saturation).toBeGreaterThanOrEqual(0);
      expect(saturation).toBeLessThanOrEqual(1);
    }
  });

  it("keep nothing alive", async () => {
    const before = process.getActiveResourcesInfo().sort();
    watch();
    expect(process.getActiveResourcesInfo().sort()).toEqual(before);
    for (const probe of probes) probe.stop();
    expect(process.getActiveResourcesInfo().sort()).toEqual(before);
  });

  it("tell on Linux of process, machine, disks and network, each figure a number", async () => {
    const { sample } = watch();
    if (process.platform !== "linux") return sample();
    const readings = () => probes.flatMap((probe) => probe.readings);
    const missing = () => {
      const told = readings().filter(({ value }) => value >= 0);
      return LINUX.filter((name) => !told.some((reading) => reading.name === name));
    };
    for (let second = 0; second < 12 || missing().length > 0; second++) {
      for (const probe of probes) probe.sample(1000);
      await answered();
    }
    const faults = readings().filter(({ name }) => name === "auspex.probe.faults");
    expect(faults).toEqual([]);
  });

  it("read no file that is not there, and do not throw for it", () => {
    expect(systemSources.readFile("/nonexistent/cpu.max")).toBeUndefined();
  });
});
