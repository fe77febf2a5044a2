/** What is watched; each is on unless it is `false`. */
export interface SaturationGroups {
  /** Utilization and delay of the event loop. */
  readonly eventLoop?: boolean;
  /** CPU of the process, and its control group's throttling. */
  readonly cpu?: boolean;
  /** Resident set, heap and heap spaces, external memory, the control group's working set. */
  readonly memory?: boolean;
  /** Garbage collections, by kind. */
  readonly gc?: boolean;
  /** Descriptors, threads, active resources, libuv's pool, context switches, page faults. */
  readonly process?: boolean;
  /** CPU by mode, load and memory of the machine. */
  readonly host?: boolean;
  /** Disks of the machine, this process's I/O, the file system of the working directory. */
  readonly disk?: boolean;
  /** Network interfaces of the machine or container. */
  readonly network?: boolean;
  /** Linux's pressure stall information, of the machine and of the control group. */
  readonly pressure?: boolean;
  /** NVIDIA GPUs, where `nvidia-smi` is on the PATH. */
  readonly gpu?: boolean;
}

/** Names of `SaturationGroups`, for whoever checks options. */
export const SATURATION_GROUPS = [
  "eventLoop",
  "cpu",
  "memory",
  "gc",
  "process",
  "host",
  "disk",
  "network",
  "pressure",
  "gpu",
] as const satisfies readonly (keyof SaturationGroups)[];
