import { describe, expect, it } from "vitest";
import { runtimeProbes } from "../../../src/integrations/runtime/index.js";
import { FakeWorld, probe } from "./fake-sources.js";

const fail = () => {
  throw new Error("not on this platform");
};

describe("runtime probes", () => {
  it("are four, by name", () => {
    const names = runtimeProbes(new FakeWorld()).map(({ name }) => name);
    expect(names).toEqual(["event-loop", "cpu", "memory", "gc"]);
  });

  it("leave out what the platform lacks and keep the rest", () => {
    const world = new FakeWorld();
    world.eventLoopDelay = fail;
    world.observeGc = fail;
    expect(runtimeProbes(world).map(({ name }) => name)).toEqual(["cpu", "memory"]);
  });

  it("fall silent while a source fails, and recover", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("memory", world);
    sample(1000);
    const { rss } = world;
    world.rss = fail;
    sample(1000);
    expect(of("process.memory.usage").value).toBeNaN();
    expect(of("process.memory.usage").saturation).toBeUndefined();
    world.rss = rss;
    sample(1000);
    expect(of("process.memory.usage").saturation).toBe(1 / 16);
  });

  it("keep a counter's total while a source fails", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("cpu", world);
    world.cpu = { user: 3e6, system: 0 };
    sample(1000);
    world.cpuUsage = fail;
    sample(1000);
    expect(of("process.cpu.time", "user").value).toBe(3);
    expect(of("process.cpu.utilization").value).toBeNaN();
  });

  it("keep the same reading objects for life", () => {
    const [loop] = runtimeProbes(new FakeWorld());
    const before = [...loop!.readings];
    loop!.sample(1000);
    for (const [at, reading] of loop!.readings.entries()) expect(reading).toBe(before[at]);
  });
});
