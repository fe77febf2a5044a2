import { describe, expect, it } from "vitest";
import type { AuspexOptions } from "../../../src/index.js";
import type { CounterSeries } from "../../../src/instruments/counter.js";
import type { GaugeSeries } from "../../../src/instruments/gauge.js";
import type { HistogramSeries } from "../../../src/instruments/histogram.js";
import type { Instrument } from "../../../src/instruments/instrument.js";
import { INTERNALS } from "../../../src/instruments/internals.js";
import { runtimeProbes } from "../../../src/integrations/runtime/index.js";
import { watchRuntime } from "../../../src/integrations/runtime/watch.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { FakeWorld } from "./fake-sources.js";

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
    expect(user).toMatchObject({ value: 5, closedValue: 5 });
    world.cpu.user = 6e6;
    sample(1000);
    expect(user).toMatchObject({ value: 6, closedValue: 5 });
  });

  it("brings back a counter that stood still until it was let go", () => {
    const world = new FakeWorld();
    const { sample, instrument, series } = watched(world);
    sample(1000);
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
    expect(all.map(({ value }) => value)).toEqual([6, 3]);
    expect(all.map(({ value, closedValue }) => value - closedValue)).toEqual([1, 1]);
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
