import type { Cgroup } from "./cgroup.js";
import type { Probe, Reading } from "./probe.js";
import { counter, gauge, setShare, silence } from "./reading.js";
import { RunningTotal } from "./running-total.js";
import type { ReadFile } from "./sources.js";

const RESOURCES = ["cpu", "memory", "io"] as const;
const KINDS = ["some", "full"] as const;
const LINE = /^(some|full) avg10=(\d{1,3}(?:\.\d{1,3})?) .*?total=(\d{1,20})$/gm;

interface Stall {
  readonly kind: (typeof KINDS)[number];
  readonly stalled: Reading;
  /** Seconds. */
  readonly time: RunningTotal;
}

/** One file of one scope: how to find it, and its readings. */
interface Pressure {
  readonly pathOf: () => string | undefined;
  path: string | undefined;
  readonly stalls: readonly Stall[];
}

/**
 * Pressure stall information: the share of time in which some task, or all of them, waited for CPU,
 * memory or I/O; of the machine, and of this control group (version 2). The one measure of the
 * kernel that is a saturation by itself.
 *
 * @see psi.rst of the kernel
 */
export class PressureProbe implements Probe {
  readonly name = "pressure";
  readonly stepMs = 5000;
  readonly readings: Reading[] = [];
  readonly #files: readonly Pressure[];
  readonly #readFile: ReadFile;
  /** Elapsed time, added up. */
  #atMs = 0;

  /** @throws where the kernel tells nothing */
  constructor(readFile: ReadFile, cgroup: Cgroup) {
    this.#readFile = readFile;
    const files = RESOURCES.flatMap((resource) => [
      this.#watch("host", resource, () => `/proc/pressure/${resource}`),
      this.#watch("cgroup", resource, () => {
        const directory = cgroup.pressureDirectory;
        return directory && `${directory}/${resource}.pressure`;
      }),
    ]);
    this.#files = files.filter((file) => file !== undefined);
    if (this.#files.length === 0) throw new Error("no pressure stall information");
    this.sample(0);
  }

  sample(elapsedMs: number): void {
    this.#atMs += elapsedMs;
    for (const file of this.#files) {
      const path = file.pathOf();
      const text = path === undefined ? "" : (this.#readFile(path) ?? "");
      const found = new Map([...text.matchAll(LINE)].map((match) => [match[1], match]));
      const isSame = path === file.path;
      file.path = path;
      for (const stall of file.stalls) {
        const [, , average, total] = found.get(stall.kind) ?? [];
        // Another group's total: for one sample there is none, so that whoever follows it begins anew.
        if (!isSame) stall.time.forget();
        if (total === undefined) silence(stall.stalled);
        else this.#update(stall, Number(average), isSame ? Number(total) : Number.NaN);
      }
    }
  }

  /** By the total where it can be followed, else by the kernel's mean of ten seconds. */
  #update({ stalled, time }: Stall, average: number, totalUs: number): void {
    const share = time.advance(totalUs / 1e6, this.#atMs);
    setShare(stalled, Math.min(1, Number.isNaN(share) ? average / 100 : share));
  }

  /** A file that is not there, and a line that its file lacks (cpu has no "full" on old kernels), has no readings. */
  #watch(scope: string, resource: string, pathOf: Pressure["pathOf"]): Pressure | undefined {
    const path = pathOf();
    const text = path === undefined ? undefined : this.#readFile(path);
    if (text === undefined) return undefined;
    const kinds = KINDS.filter((kind) => text.includes(`${kind} avg10=`));
    const stalls = kinds.map((kind) => {
      const attributes = {
        "auspex.pressure.scope": scope,
        "auspex.pressure.resource": resource,
        "auspex.pressure.kind": kind,
      };
      const stalled = gauge(
        "auspex.pressure.stalled",
        "1",
        "Share of time in which some task, or all, waited for a resource.",
        attributes,
      );
      const time = counter(
        "auspex.pressure.time",
        "s",
        "Seconds in which some task, or all, waited for a resource.",
        attributes,
      );
      this.readings.push(stalled, time);
      return { kind, stalled, time: new RunningTotal(time) };
    });
    return { pathOf, path, stalls };
  }
}
