import { describe, expect, it } from "vitest";
import { Devices } from "../../../src/integrations/runtime/devices.js";
import type { Reading } from "../../../src/integrations/runtime/probe.js";
import { counter, level } from "../../../src/integrations/runtime/reading.js";
import { FakeWorld, probe } from "./fake-sources.js";

const disk = (name: string, reads: number, sectors: number, busyMs: number) =>
  ` 254  0 ${name} ${reads} 9 ${sectors} 8 ${2 * reads} 7 ${2 * sectors} 6 0 ${busyMs} 5 1 2 3 4\n`;

describe("the disk probe", () => {
  function disks(text: string, io?: string) {
    const world = new FakeWorld();
    world.files = { "/proc/diskstats": text, "/proc/self/io": io };
    return { world, ...probe("disk", world) };
  }

  it("tells bytes, operations and the share of time that each disk was busy", () => {
    const { world, sample, of } = disks(disk("sda", 10, 100, 1000) + disk("nvme0n1", 0, 0, 0));
    world.files["/proc/diskstats"] = disk("sda", 12, 120, 3500) + disk("nvme0n1", 1, 8, 10_000);
    sample(5000);
    expect(of("system.disk.io", "sda", "read").value).toBe(120 * 512);
    expect(of("system.disk.io", "sda", "write").value).toBe(240 * 512);
    expect(of("system.disk.operations", "sda", "read").value).toBe(12);
    expect(of("system.disk.operations", "nvme0n1", "write").value).toBe(2);
    expect(of("system.disk.io_time", "sda").value).toBe(3.5);
    expect(of("auspex.disk.utilization", "sda")).toMatchObject({ value: 0.5, saturation: 0.5 });
    expect(of("auspex.disk.utilization", "nvme0n1").value).toBe(1);
  });

  it("leaves out partitions, loop, RAM and mapped devices, and garbage", () => {
    const names = ["sda1", "loop0", "ram1", "zram0", "dm-0", "md127", "nvme0n1p2", "sr0", "-"];
    const { sample, probe: one } = disks(
      `${names.map((name) => disk(name, 1, 1, 1)).join("")}x\n\n8 0\n`,
    );
    sample(5000);
    expect(one.readings).toEqual([]);
  });

  it("begins anew when another disk takes its place, which is no burst", () => {
    const { world, sample, of } = disks(disk("sda", 100, 1000, 4000));
    world.files["/proc/diskstats"] = "";
    sample(5000);
    expect(of("auspex.disk.utilization", "sda").value).toBeNaN();
    world.files["/proc/diskstats"] = disk("sda", 5, 50, 1000);
    sample(5000);
    expect(of("system.disk.operations", "sda", "read").value).toBe(5);
    expect(of("auspex.disk.utilization", "sda").value).toBeNaN();
    world.files["/proc/diskstats"] = disk("sda", 6, 60, 2000);
    sample(5000);
    expect(of("auspex.disk.utilization", "sda").value).toBe(0.2);
  });

  it("tells the share of a whole gap after it, not of its last step", () => {
    const { world, sample, of } = disks(disk("sda", 1, 1, 0));
    world.files["/proc/diskstats"] = undefined;
    for (let i = 0; i < 9; i++) sample(5000);
    world.files["/proc/diskstats"] = disk("sda", 1, 1, 5000);
    sample(5000);
    expect(of("auspex.disk.utilization", "sda").value).toBe(0.1);
  });

  it("has nothing to say of the time before a disk was first seen", () => {
    const { world, sample, of } = disks("");
    world.files["/proc/diskstats"] = disk("sdb", 100, 1000, 900_000);
    sample(5000);
    expect(of("auspex.disk.utilization", "sdb").value).toBeNaN();
  });

  it("watches sixteen at most", () => {
    const letters = [..."abcdefghijklmnopqrstuvwxyz"];
    const { probe: one } = disks(letters.map((x) => disk(`sd${x}`, 1, 1, 1)).join(""));
    const names = new Set(one.readings.map((each) => each.attributes?.["system.device.name"]));
    expect(names.size).toBe(16);
  });

  it("tells what this process moved, not what it took back", () => {
    const { world, sample, of } = disks(
      "",
      "rchar: 9\nread_bytes: 4096\nwrite_bytes: 0\ncancelled_write_bytes: 77\n",
    );
    sample(5000);
    expect(of("process.disk.io", "read").value).toBe(4096);
    expect(of("process.disk.io", "write").value).toBe(0);
    world.files["/proc/self/io"] = undefined;
    sample(5000);
    expect(of("process.disk.io", "read").value).toBe(4096);
  });
});

describe("the file-system probe", () => {
  const USED = "system.filesystem.utilization";

  it("tells the share in use, without what is kept for the administrator", async () => {
    const { sample, of } = probe("file-system", new FakeWorld());
    sample(5000);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    sample(5000);
    expect(of(USED)).toMatchObject({ value: 0.75, saturation: 0.75 });
  });

  it("asks once a minute, once at a time; what hangs is counted and goes silent", async () => {
    const world = new FakeWorld();
    let asked = 0;
    const answer = world.fileSystem();
    world.fileSystem = () => (asked++ < 2 ? answer : new Promise(() => {}));
    const { sample, of } = probe("file-system", world);
    const values: number[] = [];
    for (let i = 0; i < 80; i++) {
      sample(5000);
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      values.push(of(USED).value);
    }
    expect(asked).toBe(3);
    expect(values[20]).toBe(0.75);
    expect(values.at(-1)).toBeNaN();
    expect(of("auspex.probe.faults", "file-system").value).toBe(1);
  });

  it("counts answers that make no sense", async () => {
    const world = new FakeWorld();
    world.fileSystem = async () => ({ bsize: 0, blocks: 0, bfree: 0, bavail: 0 });
    const { sample, of } = probe("file-system", world);
    sample(5000);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    sample(5000);
    expect(of(USED).value).toBeNaN();
    expect(of("auspex.probe.faults", "file-system").value).toBe(1);
  });
});

describe("devices", () => {
  function places(limit: number) {
    const readings: Reading[] = [level("another", "1", "")];
    const make = (name: string) => {
      const all = [counter(`${name}.total`, "1", ""), level(`${name}.level`, "1", "")];
      return { name, all };
    };
    const devices = new Devices(readings, make, limit);
    const turn = (...names: string[]) => {
      const seen = names.map((name) => devices.see(name)?.name);
      return { seen, count: devices.settle() };
    };
    return { devices, turn, names: () => readings.map(({ name }) => name), readings };
  }

  it("give the place of the one that is away longest to a newcomer, readings and all", () => {
    const { turn, names } = places(2);
    turn("a", "b");
    turn("a");
    turn();
    expect(turn("c").seen).toEqual(["c"]);
    expect(names()).toEqual(["another", "a.total", "a.level", "c.total", "c.level"]);
  });

  it("leave a newcomer out while none is away, also one that was not seen yet this time", () => {
    const { turn, names } = places(2);
    turn("a", "b");
    expect(turn("c", "a", "b").seen).toEqual([undefined, "a", "b"]);
    turn("a", "b");
    expect(names()).not.toContain("c.total");
  });

  it("know a device again that was away, and tell how many are there", () => {
    const { turn, names } = places(2);
    expect(turn("a", "b").count).toBe(2);
    expect(turn("b").count).toBe(1);
    expect(turn("a", "b").count).toBe(2);
    expect(names()).toHaveLength(5);
  });

  it("are silent while they are away, their counters excepted", () => {
    const { devices, turn, readings } = places(2);
    turn("a");
    for (const reading of readings) reading.value = 7;
    devices.lose();
    expect(readings.map(({ value }) => value)).toEqual([7, 7, Number.NaN]);
    expect(turn().count).toBe(0);
  });
});
