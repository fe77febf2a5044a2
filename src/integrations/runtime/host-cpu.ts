import { advance, counter, gauge, level, ratio, setOf, setShare } from "./reading.js";
import type { ReadFile, Sources } from "./sources.js";
import { columnsOf } from "./text.js";

/** USER_HZ, which Linux tells user space whatever its own tick is. */
const TICKS_PER_SECOND = 100;

/** Modes by their columns in the line "cpu" of `/proc/stat`; a guest's time is in user already. */
const MODES = {
  user: [1],
  nice: [2],
  system: [3],
  idle: [4],
  iowait: [5],
  interrupt: [6, 7],
  steal: [8],
} as const;

const TIME = "Seconds of all CPUs of the machine, by mode.";
const SHARE = "Share of all CPUs' time, by mode; iowait and steal are time lost waiting.";
/** In these the CPU did not run though something wanted it to: their share is a saturation. */
const LOST = new Set(["iowait", "steal"]);

/** @see proc_stat(5) */
export class HostCpu {
  readonly #modes = Object.entries(MODES).map(([mode, columns]) => {
    const attributes = { "cpu.mode": mode };
    return {
      mode,
      columns,
      time: counter("system.cpu.time", "s", TIME, attributes),
      share: (LOST.has(mode) ? gauge : level)("system.cpu.utilization", "1", SHARE, attributes),
    };
  });
  readonly #busy = gauge(
    "auspex.host.cpu.utilization",
    "1",
    "Share of all CPUs' time that was neither idle nor waiting for I/O.",
  );
  readonly #load = gauge(
    "auspex.host.cpu.load_1m",
    "{thread}",
    "Threads running or waiting, mean of a minute; saturation is by the CPUs.",
  );
  readonly readings = [
    this.#busy,
    this.#load,
    ...this.#modes.flatMap(({ time, share }) => [time, share]),
  ];

  constructor(
    private readonly sources: Sources,
    private readonly readFile: ReadFile,
  ) {
    this.read();
  }

  read(): void {
    const text = this.readFile("/proc/stat") ?? "";
    const columns = columnsOf(text.slice(0, Math.max(0, text.indexOf("\n"))));
    const isLine = columns[0] === "cpu";
    const deltas = new Map<string, number>();
    let total = 0;
    for (const each of this.#modes) {
      const ticks = isLine ? sumOf(columns, each.columns) : Number.NaN;
      // The kernel's iowait may step back, and so may all of them in a container that is restored.
      const delta = advance(each.time, ticks / TICKS_PER_SECOND) || 0;
      deltas.set(each.mode, delta);
      total += delta;
    }
    for (const { mode, share } of this.#modes) {
      share.value = ratio(deltas.get(mode) as number, total);
      if (LOST.has(mode)) setShare(share, share.value);
    }
    const unused = (deltas.get("idle") as number) + (deltas.get("iowait") as number);
    setShare(this.#busy, ratio(total - unused, total));
    setOf(this.#load, this.sources.load(), cpusIn(text));
  }
}

function sumOf(columns: readonly string[], at: readonly number[]): number {
  return at.reduce((sum, column) => sum + Number(columns[column]), 0);
}

/** CPUs online: a line each. */
function cpusIn(stat: string): number {
  let cpus = 0;
  for (let at = stat.indexOf("\ncpu"); at >= 0; at = stat.indexOf("\ncpu", at + 1)) cpus++;
  return cpus;
}
