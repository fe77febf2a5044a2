import { Devices } from "./devices.js";
import type { Probe, Reading } from "./probe.js";
import { advance, counter, gauge, setShare } from "./reading.js";
import { RunningTotal } from "./running-total.js";
import type { ReadFile } from "./sources.js";
import { amountAfter, columnsOf } from "./text.js";

/** Linux counts in these whatever the disk's own are. */
const SECTOR_BYTES = 512;
/** Whole disks: partitions would count twice, loop, RAM and mapped devices have disks below them. */
const DISK = /^(?:[shv]d[a-z]+|xvd[a-z]+|dasd[a-z]+|nvme\d+n\d+|mmcblk\d+|pmem\d+)$/;
const DIRECTION = "disk.io.direction";

function makeDisk(name: string) {
  const device = { "system.device.name": name };
  const total = (metric: string, unit: string, description: string, direction?: string) => {
    const attributes = direction === undefined ? device : { ...device, [DIRECTION]: direction };
    return counter(metric, unit, description, attributes);
  };
  const io = (way: string) => total("system.disk.io", "By", "Bytes moved, by disk.", way);
  const operations = (way: string) =>
    total("system.disk.operations", "{operation}", "Operations done, by disk.", way);
  const counters = {
    readBytes: io("read"),
    writtenBytes: io("write"),
    reads: operations("read"),
    writes: operations("write"),
  };
  const busy = total("system.disk.io_time", "s", "Seconds a disk had something to do.");
  const utilization = gauge(
    "auspex.disk.utilization",
    "1",
    "Share of time a disk had something to do; one that works in parallel may take more still.",
    device,
  );
  return {
    ...counters,
    busy: new RunningTotal(busy),
    utilization,
    all: [...Object.values(counters), busy, utilization],
  };
}

/** Disks of the machine, and what this process moved to and from them. Linux. @see iostats.rst of the kernel */
export class DiskProbe implements Probe {
  readonly name = "disk";
  readonly stepMs = 5000;
  readonly readings: Reading[] = [];
  readonly #disks = new Devices(this.readings, makeDisk);
  readonly #own: { readonly read: Reading; readonly write: Reading } | undefined;
  readonly #readFile: ReadFile;
  /** Elapsed time, added up. */
  #atMs = 0;

  /** @throws where the machine tells nothing */
  constructor(readFile: ReadFile) {
    this.#readFile = readFile;
    const hasOwn = readFile("/proc/self/io") !== undefined;
    if (!hasOwn && readFile("/proc/diskstats") === undefined) throw new Error("no /proc");
    if (hasOwn) {
      const own = (direction: string) =>
        counter("process.disk.io", "By", "Bytes this process moved to and from disks.", {
          [DIRECTION]: direction,
        });
      this.#own = { read: own("read"), write: own("write") };
      this.readings.push(this.#own.read, this.#own.write);
    }
    this.sample(0);
  }

  sample(elapsedMs: number): void {
    this.#atMs += elapsedMs;
    this.#readDisks();
    if (this.#own === undefined) return;
    const text = this.#readFile("/proc/self/io");
    advance(this.#own.read, amountAfter(text, "read_bytes:") ?? Number.NaN);
    advance(this.#own.write, amountAfter(text, "write_bytes:") ?? Number.NaN);
  }

  #readDisks(): void {
    for (const line of (this.#readFile("/proc/diskstats") ?? "").split("\n")) {
      const columns = columnsOf(line);
      const name = columns[2] ?? "";
      if (!DISK.test(name)) continue;
      const disk = this.#disks.see(name);
      if (disk === undefined) continue;
      advance(disk.reads, Number(columns[3]));
      advance(disk.readBytes, Number(columns[5]) * SECTOR_BYTES);
      advance(disk.writes, Number(columns[7]));
      advance(disk.writtenBytes, Number(columns[9]) * SECTOR_BYTES);
      const share = disk.busy.advance(Number(columns[12]) / 1e3, this.#atMs);
      setShare(disk.utilization, Math.min(1, share));
    }
    this.#disks.settle();
  }
}
