import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

const line = (kind: string, totalUs: number, average = 12.5) =>
  `${kind} avg10=${average.toFixed(2)} avg60=1.00 avg300=0.10 total=${totalUs}\n`;
const STALLED = "auspex.pressure.stalled";
const TIME = "auspex.pressure.time";
const GROUP = {
  "/proc/self/cgroup": "0::/app\n",
  "/proc/self/mountinfo": "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n",
};

function pressed(files: Record<string, string>) {
  const world = new FakeWorld();
  world.files = files;
  return { world, ...probe("pressure", world) };
}

describe("the pressure probe", () => {
  it("tells the share of the step in which some task, or all, waited", () => {
    const { world, sample, of } = pressed({
      "/proc/pressure/memory": line("some", 1_000_000) + line("full", 500_000),
    });
    world.files["/proc/pressure/memory"] = line("some", 3_500_000) + line("full", 1_000_000);
    sample(5000);
    expect(of(STALLED, "memory", "some")).toMatchObject({ value: 0.5, saturation: 0.5 });
    expect(of(STALLED, "memory", "full").value).toBe(0.1);
    expect(of(TIME, "memory", "some").value).toBe(3.5);
  });

  it("begins with the kernel's own mean", () => {
    const { of } = pressed({ "/proc/pressure/io": line("some", 1_000_000) });
    expect(of(STALLED, "io", "some").value).toBe(0.125);
  });

  it("tells of machine and control group apart, and only of what there is", () => {
    const { of, probe: one } = pressed({
      ...GROUP,
      "/proc/pressure/cpu": line("some", 1),
      "/cg/app/io.pressure": line("some", 2) + line("full", 2),
    });
    expect(of(TIME, "host", "cpu", "some").value).toBe(1e-6);
    expect(of(TIME, "cgroup", "io", "full").value).toBe(2e-6);
    expect(one.readings).toHaveLength(6);
  });

  it("goes on in another group without taking its past for news", () => {
    const { world, sample, of } = pressed({
      ...GROUP,
      "/cg/app/cpu.pressure": line("some", 1_000_000),
      "/cg/other/cpu.pressure": line("some", 90_000_000, 25),
    });
    world.files["/proc/self/cgroup"] = "0::/other\n";
    const totals: number[] = [];
    for (let i = 0; i < 14; i++) {
      sample(5000);
      totals.push(of(TIME, "cgroup").value);
    }
    // Between the two there is none, so that nobody takes the one from the other.
    expect([...new Set(totals)]).toEqual([1, Number.NaN, 90]);
    expect(totals.filter(Number.isNaN)).toHaveLength(1);
    expect(of(STALLED, "cgroup").value).toBe(0);
    world.files["/cg/other/cpu.pressure"] = line("some", 92_000_000);
    sample(5000);
    expect(of(STALLED, "cgroup").value).toBe(0.4);
  });

  it("takes no past for news of a group whose file comes after it", () => {
    const { world, sample, of } = pressed({
      ...GROUP,
      "/cg/app/cpu.pressure": line("some", 1_000_000),
    });
    world.files["/proc/self/cgroup"] = "0::/other\n";
    for (let i = 0; i < 12; i++) sample(5000);
    expect(of(TIME, "cgroup").value).toBeNaN();
    world.files["/cg/other/cpu.pressure"] = line("some", 90_000_000, 25);
    for (let i = 0; i < 12; i++) sample(5000);
    expect(of(TIME, "cgroup").value).toBe(90);
  });

  it("tells the share of a whole gap after it, not of its last step", () => {
    const { world, sample, of } = pressed({ "/proc/pressure/cpu": line("some", 1_000_000) });
    world.files["/proc/pressure/cpu"] = "";
    for (let i = 0; i < 9; i++) sample(5000);
    world.files["/proc/pressure/cpu"] = line("some", 6_000_000);
    sample(5000);
    expect(of(STALLED, "cpu").value).toBe(0.1);
  });

  it.each(["", "some avg10=x total=5\n", "some avg10=0.00 avg60=0.00 avg300=0.00 total=-4\n"])(
    "has nothing to say of %j, and keeps its total",
    (text) => {
      const { world, sample, of } = pressed({ "/proc/pressure/cpu": line("some", 7_000_000) });
      world.files["/proc/pressure/cpu"] = text;
      sample(5000);
      expect(of(STALLED, "cpu").value).toBeNaN();
      expect(of(TIME, "cpu").value).toBe(7);
      world.files["/proc/pressure/cpu"] = line("some", 8_000_000);
      sample(5000);
      expect(of(TIME, "cpu").value).toBe(8);
    },
  );
});
