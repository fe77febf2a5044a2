import { describe, expect, it } from "vitest";
import type { AuspexOptions } from "../../../src/index.js";
import type { CounterSeries } from "../../../src/instruments/counter.js";
import type { GaugeSeries } from "../../../src/instruments/gauge.js";
import type { HistogramSeries } from "../../../src/instruments/histogram.js";
import type { Instrument } from "../../../src/instruments/instrument.js";
import { INTERNALS } from "../../../src/instruments/internals.js";
import { runtimeProbes } from "../../../src/integrations/runtime/index.js";
import { watchRuntime } from "../../../src/integrations/runtime/watch.js";
import { Cumulative } from "../../../src/snapshot/cumulative.js";
import { Frame } from "../../../src/window/frame.js";
import type { Rotation } from "../../../src/window/rotation.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { FakeWorld } from "./fake-sources.js";

const DEVICE = "network.interface.name";
const DIRECTION = "network.io.direction";

function watched(world: FakeWorld, options: AuspexOptions = {}) {
  const { registry } = manualMonitor(options).auspex[INTERNALS];
  const shown = new Set<Instrument<GaugeSeries>>();
  const watch = watchRuntime(registry, (gauge) => shown.add(gauge), {}, runtimeProbes(world));
  const instrument = (name: string) => registry.instruments.get(name);
  const series = <S>(name: string) => [...(instrument(name)?.series.values() ?? [])] as S[];
  return { registry, shown, instrument, series, watch, sample: watch.sample };
}

describe("the watch of the runtime", () => {
  it("writes gauges with their saturation, and lets go of what is old", () => {
    const world = new FakeWorld();
    const { sample, series } = watched(world);
    sample(1000);
    const [usage] = series<GaugeSeries>("process.memory.usage");
    expect(usage).toMatchObject({ value: 2 ** 30, saturation: 1 / 16 });
    world.memoryUsage = () => {
      throw new Error("gone");
    };
    sample(1000);
    expect(usage?.value).toBeNaN();
    expect(usage?.saturation).toBeNaN();
  });

  it("adopts what appears later: a heap space, a count of faults that begins at one", () => {
    const world = new FakeWorld();
    const { sample, series } = watched(world);
    sample(1000);
    expect(series("v8js.memory.heap.used")).toEqual([]);
    world.spaces = { old_space: 5 };
    sample(1000);
    expect(series<GaugeSeries>("v8js.memory.heap.used")[0]?.value).toBe(5);
    world.heap = () => {
      throw new Error("gone");
    };
    sample(1000);
    const [faults] = series<CounterSeries>("auspex.probe.faults");
    expect(faults).toMatchObject({
      value: 1,
      closedValue: 0,
      attributes: { "auspex.probe.name": "memory" },
    });
  });

  it("counts in no window what was counted before it began", () => {
    const world = new FakeWorld();
    world.cpu = { user: 5e6, system: 0 };
    const { sample, series } = watched(world);
    sample(1000);
    const user = series<CounterSeries>("process.cpu.time").find(
      ({ attributes }) => attributes["cpu.mode"] === "user",
    );
    expect(user).toMatchObject({ value: 0, closedValue: 0 });
    world.cpu.user = 6e6;
    sample(1000);
    expect(user).toMatchObject({ value: 1, closedValue: 0 });
  });

  it("takes the first total for no news, whenever it comes", () => {
    const world = new FakeWorld();
    world.usage.minorPageFault = 5000;
    world.files = {
      "/proc/stat": "cpu  500 0 0 9000 0 0 0 0\ncpu0 1\n",
      "/proc/diskstats": " 8 0 sda 10 9 100 8 20 7 200 6 0 900 5\n",
      "/proc/self/net/dev": "eth0: 1000 7 0 2 0 0 0 0 1000 8 0 3 0 0 0 0\n",
      "/proc/self/io": "read_bytes: 4096\nwrite_bytes: 4096\n",
      "/proc/pressure/io": "some avg10=0.00 avg60=0.00 avg300=0.00 total=7000000\n",
    };
    const { sample, registry } = watched(world);
    const counted = () =>
      [...registry.instruments.values()].flatMap(({ descriptor, series }) =>
        descriptor.kind === "counter" && descriptor.name !== "auspex.probe.faults"
          ? [...series.values()].map((one) => (one as CounterSeries).value)
          : [],
      );
    for (let second = 0; second < 12; second++) sample(1000);
    expect(counted().length).toBeGreaterThan(25);
    expect(new Set(counted())).toEqual(new Set([0]));
    world.usage.minorPageFault = 5007;
    for (let second = 0; second < 6; second++) sample(1000);
    expect(counted().filter((value) => value !== 0)).toEqual([7]);
  });

  it("counts nothing twice when a total begins anew, nor when its group is another", () => {
    const world = new FakeWorld();
    const pressure = (us: number) =>
      `some avg10=0.00 avg60=0.00 avg300=0.00 total=${us}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`;
    world.files = {
      "/proc/self/cgroup": "0::/app\n",
      "/proc/self/mountinfo": "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n",
      "/cg/app/io.pressure": pressure(1e6),
      "/cg/other/io.pressure": pressure(90e6),
      "/proc/diskstats": " 8 0 sda 100 9 100 8 20 7 200 6 0 900 5\n",
    };
    const { sample, series } = watched(world);
    sample(1000);
    world.files["/proc/self/cgroup"] = "0::/other\n";
    world.files["/proc/diskstats"] = " 8 0 sda 5 9 100 8 20 7 200 6 0 900 5\n";
    for (let second = 0; second < 75; second++) sample(1000);
    world.files["/cg/other/io.pressure"] = pressure(92e6);
    world.files["/proc/diskstats"] = " 8 0 sda 8 9 100 8 20 7 200 6 0 900 5\n";
    for (let second = 0; second < 6; second++) sample(1000);
    const [some] = series<CounterSeries>("auspex.pressure.time");
    expect(some?.value).toBe(2);
    const [reads] = series<CounterSeries>("system.disk.operations");
    expect(reads?.value).toBe(3);
  });

  it("shows exporters bytes and counts that add up as up-down counters, windows as gauges", () => {
    const { registry, sample } = watched(new FakeWorld());
    sample(1000);
    const rotation = { frame: () => new Frame([], 0) };
    const cumulative = new Cumulative(registry, rotation as unknown as Rotation);
    const kinds = new Map([...cumulative.streams()].map(({ metric }) => [metric.name, metric]));
    expect(kinds.get("process.memory.usage")).toEqual({
      name: "process.memory.usage",
      unit: "By",
      description: expect.stringContaining("resident set"),
      kind: "updown",
    });
    expect(kinds.get("process.thread.count")?.kind).toBe("updown");
    expect(kinds.get("container.memory.working_set")?.kind).toBe("updown");
    expect(kinds.get("process.cpu.utilization")?.kind).toBe("gauge");
    expect(kinds.get("process.cpu.time")?.kind).toBe("counter");
    expect(registry.instruments.get("process.memory.usage")?.descriptor.kind).toBe("gauge");
  });

  it("follows a device to the place of another", () => {
    const world = new FakeWorld();
    const listed = (from: number, bytes: number) => {
      const names = Array.from({ length: 16 }, (_, i) => `eth${from + i}`);
      return names.map((name) => `${name}: ${bytes} 7 0 2 0 0 0 0 1 8 0 3 0 0 0 0\n`).join("");
    };
    world.files = { "/proc/self/net/dev": listed(0, 1000) };
    const { sample, series } = watched(world);
    const received = (name: string) =>
      series<CounterSeries>("system.network.io").find(
        ({ attributes: { [DEVICE]: device, [DIRECTION]: way } }) =>
          device === name && way === "receive",
      )?.value;
    const pass = (text: string) => {
      world.files["/proc/self/net/dev"] = text;
      for (let second = 0; second < 5; second++) sample(1000);
    };
    pass(listed(0, 1100));
    expect(received("eth0")).toBe(100);
    pass("");
    pass(listed(16, 5000));
    pass(listed(16, 5010));
    expect(received("eth16")).toBe(10);
    pass("");
    pass(listed(0, 9000));
    pass(listed(0, 9001));
    expect(received("eth0")).toBe(101);
  });

  it("brings back a counter that stood still until it was let go", () => {
    const world = new FakeWorld();
    const { sample, instrument, series } = watched(world);
    for (let second = 0; second < 5; second++) sample(1000);
    const counter = instrument("process.paging.faults");
    for (const one of counter?.series.values() ?? []) counter?.expire(one);
    sample(1000);
    expect(series("process.paging.faults")).toEqual([]);
    world.usage.majorPageFault = 3;
    for (let second = 0; second < 5; second++) sample(1000);
    const [major] = series<CounterSeries>("process.paging.faults");
    expect(major).toMatchObject({ value: 3, closedValue: 0 });
  });

  it("adds up in one series what the series limit turned away", () => {
    const world = new FakeWorld();
    world.cpu = { user: 5e6, system: 2e6 };
    const { sample, instrument } = watched(world, { cardinalityLimit: 1 });
    sample(1000);
    world.cpu = { user: 6e6, system: 3e6 };
    sample(1000);
    const cpu = instrument("process.cpu.time") as unknown as Instrument<CounterSeries>;
    const all = [...cpu.series.values(), cpu.overflow as CounterSeries];
    expect(all.map(({ value }) => value)).toEqual([1, 1]);
  });

  it("records each collection once", () => {
    const world = new FakeWorld();
    const { sample, series } = watched(world);
    world.recordGc(4, 250);
    sample(1000);
    sample(1000);
    const counts: number[] = [];
    for (const each of series<HistogramSeries>("v8js.gc.duration")) {
      each.peek((_, count) => counts.push(count));
    }
    expect(counts).toEqual([1]);
    const [major] = series<CounterSeries>("auspex.gc.time");
    expect(major?.value).toBe(0.25);
  });

  it("shows as saturation what tells how full something is, not sizes and ages", () => {
    const { shown } = watched(new FakeWorld());
    const names = [...shown].map(({ descriptor }) => descriptor.name);
    expect(names).toContain("nodejs.eventloop.utilization");
    expect(names).toContain("nodejs.eventloop.delay.p99");
    expect(names).toContain("auspex.heap.utilization");
    expect(names).not.toContain("process.uptime");
    expect(names).not.toContain("auspex.memory.external");
  });
});
