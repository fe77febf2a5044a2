import type { CallbackTally } from "../../instruments/guarded-read.js";
import { Cgroup } from "./cgroup.js";
import { CpuProbe } from "./cpu.js";
import { DiskProbe } from "./disk.js";
import { EventLoopProbe } from "./event-loop.js";
import { FileSystemProbe } from "./file-system.js";
import { GcProbe } from "./gc.js";
import { GpuProbe } from "./gpu.js";
import type { SaturationGroups } from "./groups.js";
import { guarded } from "./guard.js";
import { HostProbe } from "./host.js";
import { MemoryProbe } from "./memory.js";
import { NetworkProbe } from "./network.js";
import { Paced } from "./pace.js";
import { PressureProbe } from "./pressure.js";
import type { Probe } from "./probe.js";
import { ProcessProbe } from "./process.js";
import { ResourcesProbe } from "./resources.js";
import { rememberMissing, type Sources, systemSources } from "./sources.js";
import { ThreadPoolProbe } from "./thread-pool.js";

export { SATURATION_GROUPS, type SaturationGroups } from "./groups.js";
export type { Probe, Reading } from "./probe.js";
export type { DelayHistogram, Sources } from "./sources.js";

type Make = (tally: CallbackTally) => Probe;

/**
 * What can run full in this process and on its machine.
 *
 * They observe from here on and keep no process alive; `stop` each. Where the platform lacks a source
 * its probe is left out, or says nothing. `bench/saturation.bench.mjs` tells what a sample costs.
 * @param groups - those that are `false` are left out
 */
export function runtimeProbes(
  sources: Sources = systemSources,
  groups: SaturationGroups = {},
): Paced[] {
  const { read, forget } = rememberMissing(sources.readFile);
  const cgroup = new Cgroup(read, forget);
  const makers: Readonly<Record<keyof SaturationGroups, readonly Make[]>> = {
    eventLoop: [() => new EventLoopProbe(sources)],
    cpu: [() => new CpuProbe(sources, cgroup)],
    memory: [() => new MemoryProbe(sources, cgroup)],
    gc: [() => new GcProbe(sources)],
    process: [
      (tally) => new ProcessProbe(sources, read, tally),
      () => new ResourcesProbe(sources),
      (tally) => new ThreadPoolProbe(sources, tally),
    ],
    host: [() => new HostProbe(sources, read)],
    disk: [() => new DiskProbe(read), (tally) => new FileSystemProbe(sources, tally)],
    network: [() => new NetworkProbe(sources.readFile)],
    pressure: [() => new PressureProbe(read, cgroup)],
    gpu: [(tally) => new GpuProbe(sources.nvidiaSmi(), tally)],
  };
  const isOn = (group: keyof SaturationGroups) => groups[group] !== false;
  const contained: readonly Make[] =
    cgroup.exists && (["cpu", "memory", "pressure"] as const).some(isOn) ? [() => cgroup] : [];
  const wanted = Object.entries(makers).filter(([group]) => isOn(group as keyof SaturationGroups));
  return [...contained, ...wanted.flatMap(([, make]) => make)]
    .flatMap(guarded)
    .map((probe, place) => new Paced(probe, place, sources.now));
}
