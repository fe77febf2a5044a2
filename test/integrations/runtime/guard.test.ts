import { describe, expect, it } from "vitest";
import { runtimeProbes, SATURATION_GROUPS } from "../../../src/integrations/runtime/index.js";
import { FakeWorld, probe } from "./fake-sources.js";

const fail = () => {
  throw new Error("not on this platform");
};

describe("runtime probes", () => {
  const everywhere = [
    "event-loop",
    "cpu",
    "memory",
    "gc",
    "process",
    "resources",
    "thread-pool",
    "file-system",
  ];

  it("are those that need no /proc where there is none", () => {
    const names = runtimeProbes(new FakeWorld()).map(({ name }) => name);
    expect(names).toEqual(everywhere);
  });

  it("ask for no file again where there is no /proc", () => {
    const world = new FakeWorld();
    const probes = runtimeProbes(world);
    world.asked = [];
    for (let second = 0; second < 300; second++) for (const each of probes) each.sample(1000);
    expect(world.asked).toEqual([]);
  });

  it.each([
    ["eventLoop", ["event-loop"]],
    ["cpu", ["cpu"]],
    ["memory", ["memory"]],
    ["gc", ["gc"]],
    ["process", ["process", "resources", "thread-pool"]],
    ["disk", ["file-system"]],
  ] as const)("leave out the group %s when it is false", (group, left) => {
    const names = runtimeProbes(new FakeWorld(), { [group]: false }).map(({ name }) => name);
    expect(names).toEqual(everywhere.filter((name) => !left.includes(name as never)));
  });

  it("are all there on Linux, with a GPU", () => {
    const world = new FakeWorld();
    for (const path of ["/proc/stat", "/proc/diskstats", "/proc/self/net/dev"]) {
      world.files[path] = "";
    }
    world.files["/proc/pressure/io"] = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    world.gpuTool = "/nowhere/nvidia-smi";
    const names = runtimeProbes(world).map(({ name }) => name);
    const linux = ["host", "disk", "network", "pressure", "gpu"];
    expect(names.sort()).toEqual([...everywhere, ...linux].sort());
    const none = Object.fromEntries(SATURATION_GROUPS.map((group) => [group, false]));
    expect(runtimeProbes(world, none)).toEqual([]);
  });

  it("leave out what the platform lacks and keep the rest", () => {
    const world = new FakeWorld();
    world.eventLoopDelay = fail;
    world.observeGc = fail;
    const without = everywhere.filter((name) => name !== "event-loop" && name !== "gc");
    expect(runtimeProbes(world).map(({ name }) => name)).toEqual(without);
  });

  it("fall silent while a source fails, and recover", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("memory", world);
    sample(1000);
    expect(of("auspex.probe.faults")).toBeUndefined();
    const { memoryUsage } = world;
    world.memoryUsage = fail;
    sample(1000);
    expect(of("process.memory.usage").value).toBeNaN();
    expect(of("process.memory.usage").saturation).toBeUndefined();
    expect(of("auspex.probe.faults", "memory").value).toBe(1);
    world.memoryUsage = memoryUsage;
    sample(1000);
    expect(of("process.memory.usage").saturation).toBe(1 / 16);
    expect(of("auspex.probe.faults", "memory").value).toBe(1);
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
