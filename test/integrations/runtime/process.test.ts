import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

const DESCRIPTORS = "process.unix.file_descriptor.count";

function linux(): FakeWorld {
  const world = new FakeWorld();
  world.files = {
    "/proc/self/status":
      "Name:\tnode\nVmPeak:\t  9 kB\nVmSize:\t    2048 kB\nThreads:\t11\nSigQ:\t0/9\n",
    "/proc/self/limits":
      "Limit                     Soft Limit           Hard Limit           Units     \n" +
      "Max open files            1024                 524288               files     \n",
  };
  return world;
}

describe("the process probe", () => {
  it("measures descriptors against the soft limit", () => {
    const world = linux();
    world.descriptors = 256;
    const { sample, of } = probe("process", world);
    sample(5000);
    expect(of(DESCRIPTORS)).toMatchObject({ value: 256, saturation: 0.25 });
    expect(of("process.thread.count").value).toBe(11);
    expect(of("process.memory.virtual").value).toBe(2048 * 1024);
    expect(of("process.uptime").value).toBe(77);
  });

  it("tells descriptors without a limit where it is unlimited", () => {
    const world = linux();
    world.files["/proc/self/limits"] = "Max open files            unlimited  unlimited  files\n";
    world.descriptors = 256;
    const { sample, of } = probe("process", world);
    sample(5000);
    expect(of(DESCRIPTORS).value).toBe(256);
    expect(of(DESCRIPTORS).saturation).toBeUndefined();
  });

  it("lists descriptors off the main thread where the kernel does not count them", async () => {
    const world = linux();
    let asked = 0;
    world.listDescriptors = async () => {
      asked++;
      return 512;
    };
    const { sample, of } = probe("process", world);
    sample(5000);
    expect(of(DESCRIPTORS).value).toBeNaN();
    await Promise.resolve();
    for (let i = 0; i < 6; i++) {
      sample(5000);
      await Promise.resolve();
    }
    expect(of(DESCRIPTORS)).toMatchObject({ value: 512, saturation: 0.5 });
    expect(asked).toBe(4);
  });

  it("waits for a listing that hangs, counts it once, and lets go of the old figure", async () => {
    const world = linux();
    let asked = 0;
    world.listDescriptors = () => (asked++ === 0 ? Promise.resolve(5) : new Promise(() => {}));
    const { sample, of } = probe("process", world);
    for (let i = 0; i < 20; i++) {
      sample(5000);
      await Promise.resolve();
      await Promise.resolve();
    }
    expect(asked).toBe(2);
    expect(of(DESCRIPTORS).value).toBeNaN();
    expect(of("auspex.probe.faults", "process").value).toBe(1);
  });

  it("counts context switches and page faults, with or without /proc", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("process", world);
    world.usage.voluntaryContextSwitches = 5;
    world.usage.involuntaryContextSwitches = 6;
    world.usage.majorPageFault = 7;
    world.usage.minorPageFault = 8;
    sample(5000);
    expect(of("process.context_switches", "voluntary").value).toBe(5);
    expect(of("process.context_switches", "involuntary").value).toBe(6);
    expect(of("process.paging.faults", "major").value).toBe(7);
    expect(of("process.paging.faults", "minor").value).toBe(8);
    expect(of(DESCRIPTORS).value).toBeNaN();
  });
});

describe("the resources probe", () => {
  it("counts what keeps the loop alive, by type, at most sixteen of them", () => {
    const world = new FakeWorld();
    const { sample, of, probe: resources } = probe("resources", world);
    world.resources = ["Timeout", "TCPSocketWrap", "Timeout"];
    sample(10_000);
    expect(of("v8js.resource.active", "Timeout").value).toBe(2);
    world.resources = Array.from({ length: 100 }, (_, i) => `Type${i}`);
    sample(10_000);
    expect(of("v8js.resource.active", "Timeout").value).toBeNaN();
    expect(resources.readings).toHaveLength(16);
  });
});

describe("the thread-pool probe", () => {
  const DELAY = "auspex.thread_pool.delay";

  it("tells how long the loop stood idle while a job was away", async () => {
    const world = new FakeWorld();
    let back = () => {};
    world.poolTrip = () => new Promise<void>((resolve) => (back = resolve));
    const { sample, of } = probe("thread-pool", world);
    sample(5000);
    expect(of(DELAY).value).toBeNaN();
    world.loop = { idle: 500, active: 300 };
    back();
    for (let i = 0; i < 5; i++) await Promise.resolve();
    world.loop = { idle: 4000, active: 1000 };
    sample(5000);
    expect(of(DELAY)).toMatchObject({ value: 0.5, saturation: 0.1 });
  });

  it("is full while the job does not come back, sends no other, and counts it once", async () => {
    const world = new FakeWorld();
    let sent = 0;
    world.poolTrip = () => {
      sent++;
      return new Promise(() => {});
    };
    const { sample, of } = probe("thread-pool", world);
    for (let i = 0; i < 4; i++) {
      sample(5000);
      world.loop.idle += 5000;
    }
    expect(sent).toBe(1);
    expect(of(DELAY)).toMatchObject({ value: 15, saturation: 1 });
    expect(of("auspex.probe.faults", "thread-pool").value).toBe(1);
  });

  it("counts a job that fails, and sends the next", async () => {
    const world = new FakeWorld();
    world.poolTrip = () => Promise.reject(new Error("no such file"));
    const { sample, of } = probe("thread-pool", world);
    for (let i = 0; i < 3; i++) {
      sample(5000);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    }
    sample(5000);
    expect(of("auspex.probe.faults", "thread-pool").value).toBe(3);
    expect(of(DELAY).value).toBeNaN();
  });

  it.each([
    [undefined, 4],
    ["16", 16],
    ["0", 1],
    ["many", 1],
    ["5000", 1024],
  ])("reads UV_THREADPOOL_SIZE=%s as libuv does", (given, threads) => {
    const world = new FakeWorld();
    if (given !== undefined) world.environment.UV_THREADPOOL_SIZE = given;
    const { of } = probe("thread-pool", world);
    expect(of("auspex.thread_pool.size").value).toBe(threads);
  });
});
