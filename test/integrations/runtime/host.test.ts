import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

/** Ticks of user, nice, system, idle, iowait, irq, softirq, steal. */
const stat = (...ticks: number[]) =>
  `cpu  ${ticks.join(" ")} 0 0\ncpu0 1 0 0 0\ncpu1 1 0 0 0\nintr 5 0\nctxt 9\n`;
const MEMINFO = [
  "MemTotal:       1000 kB",
  "MemFree:         100 kB",
  "MemAvailable:    250 kB",
  "SwapTotal:       200 kB",
  "SwapFree:        150 kB",
].join("\n");

function machine(): FakeWorld {
  const world = new FakeWorld();
  world.files = { "/proc/stat": stat(100, 0, 0, 900, 0, 0, 0, 0), "/proc/meminfo": MEMINFO };
  return world;
}

describe("the host probe", () => {
  it("splits the CPUs' time by mode since the last sample", () => {
    const world = machine();
    const { sample, of } = probe("host", world);
    const share = (mode: string) => of("system.cpu.utilization", mode);
    expect(share("user").value).toBeNaN();
    world.files["/proc/stat"] = stat(130, 10, 20, 920, 5, 3, 2, 10);
    world.loadOfMinute = 1;
    sample(5000);
    expect(share("user").value).toBeCloseTo(0.3);
    expect(share("interrupt").value).toBeCloseTo(0.05);
    expect(share("steal").saturation).toBeCloseTo(0.1);
    expect(share("iowait").saturation).toBeCloseTo(0.05);
    expect(share("idle").saturation).toBeUndefined();
    expect(of("system.cpu.time", "user").value).toBe(1.3);
    expect(of("auspex.host.cpu.utilization").saturation).toBeCloseTo(0.75);
    expect(of("auspex.host.cpu.load_1m")).toMatchObject({ value: 1, saturation: 0.5 });
  });

  it("bears an iowait that steps back, as the kernel's does", () => {
    const world = machine();
    world.files["/proc/stat"] = stat(100, 0, 0, 900, 50, 0, 0, 0);
    const { sample, of } = probe("host", world);
    world.files["/proc/stat"] = stat(150, 0, 0, 950, 40, 0, 0, 0);
    sample(5000);
    expect(of("system.cpu.utilization", "iowait").value).toBe(0);
    expect(of("auspex.host.cpu.utilization").value).toBe(0.5);
    world.files["/proc/stat"] = stat(150, 0, 0, 950, 50, 0, 0, 0);
    sample(5000);
    expect(of("system.cpu.utilization", "iowait").value).toBe(1);
  });

  it("goes on at once where all of it begins anew, as in a container that is restored", () => {
    const world = machine();
    const { sample, of } = probe("host", world);
    const busy = () => of("auspex.host.cpu.utilization").value;
    world.files["/proc/stat"] = stat(10, 0, 0, 80, 0, 0, 0, 0);
    sample(5000);
    expect(busy()).toBeNaN();
    world.files["/proc/stat"] = stat(40, 0, 0, 150, 0, 0, 0, 0);
    sample(5000);
    expect(busy()).toBeCloseTo(0.3);
  });

  it("tells memory as the kernel estimates it", () => {
    const { sample, of } = probe("host", machine());
    sample(5000);
    expect(of("system.memory.utilization", "used")).toMatchObject({
      value: 0.75,
      saturation: 0.75,
    });
    expect(of("system.memory.usage", "used").value).toBe(750 * 1024);
    expect(of("system.memory.usage", "available").value).toBe(250 * 1024);
    expect(of("system.memory.limit").value).toBe(1000 * 1024);
    expect(of("system.paging.utilization").saturation).toBe(0.25);
  });

  it.each(["", "garbage", "cpu\n", "cpu  a b c d\ncpu0", "MemTotal: x kB\nMemAvailable: 1 kB"])(
    "has nothing to say of %j, and keeps its totals",
    (text) => {
      const world = machine();
      const { sample, of } = probe("host", world);
      sample(5000);
      world.files = { "/proc/stat": text, "/proc/meminfo": text };
      sample(5000);
      expect(of("auspex.host.cpu.utilization").value).toBeNaN();
      expect(of("system.cpu.time", "user").value).toBe(1);
      expect(of("system.memory.utilization").value).toBeNaN();
      expect(of("system.memory.utilization").saturation).toBeUndefined();
    },
  );

  it("says nothing of swap where there is none", () => {
    const world = machine();
    world.files["/proc/meminfo"] = MEMINFO.replace("200 kB", "0 kB").replace("150 kB", "0 kB");
    const { sample, of } = probe("host", world);
    sample(5000);
    expect(of("system.paging.utilization").value).toBeNaN();
  });
});
