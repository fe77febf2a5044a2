import { HostCpu } from "./host-cpu.js";
import { HostMemory } from "./host-memory.js";
import type { Probe } from "./probe.js";
import type { ReadFile, Sources } from "./sources.js";

/** CPU, load and memory of the whole machine, whatever this process may use of it. Linux. */
export class HostProbe implements Probe {
  readonly name = "host";
  readonly stepMs = 5000;
  readonly #cpu: HostCpu;
  readonly #memory: HostMemory;
  readonly readings;

  /** @throws where the machine tells nothing */
  constructor(sources: Sources, readFile: ReadFile) {
    if (readFile("/proc/stat") === undefined) throw new Error("no /proc/stat");
    this.#cpu = new HostCpu(sources, readFile);
    this.#memory = new HostMemory(readFile);
    this.readings = [...this.#cpu.readings, ...this.#memory.readings];
  }

  sample(): void {
    this.#cpu.read();
    this.#memory.read();
  }
}
