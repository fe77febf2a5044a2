import type { Attributes } from "../attributes/attributes.js";
import type { Diag } from "../diag/diag.js";
import { processWide } from "../diag/process-wide.js";
import type { GaugeSeries } from "./gauge.js";
import type { Operation } from "./golden-signals.js";
import type { CallbackTally } from "./guarded-read.js";
import type { Instrument } from "./instrument.js";
import type { Registry } from "./registry.js";

/** What integrations need of a monitor, and users do not. */
export interface Internals {
  readonly registry: Registry;
  readonly diag: Diag;
  operation(name: string, attributes?: Attributes): Operation;
  /** Reads a foreign number once a second; what it throws or answers wrongly is counted. @returns stop */
  observe(read: () => unknown, set: (value: number) => void): () => void;
  /** Calls `run` once a second with the monotonic ms since the last time. It must not throw. @returns stop */
  sample(run: (elapsedMs: number) => void): () => void;
  /** Shows the gauges of an instrument among the saturation of snapshots. */
  showSaturation(instrument: Instrument<GaugeSeries>): void;
  /** Where wrong answers of foreign callbacks are counted. */
  readonly callbacks: CallbackTally;
  /** Runs a `Watcher`, of a room that this one does not know, on the timer until shutdown. */
  watch(watcher: unknown): void;
  /** Where pull exporters read: a `PullSource`, of a room that this one does not know. */
  source(): unknown;
}

/** Found through the global registry of symbols, so that the ESM and the CJS copy know each other's. */
export const INTERNALS: unique symbol = Symbol.for("auspex.internals@0") as never;

/** A monitor, as integrations see it. */
export interface Instrumented {
  readonly [INTERNALS]: Internals;
}

interface ProcessState {
  /** Monitors not shut down, in order of creation: decorators use the first. */
  monitors: Instrumented[];
  /** Grows with every change of `monitors`, so that who has cached the first can tell. */
  generation: number;
  /** What integrations keep per monitor: one, whichever copy of them asks. */
  readonly perMonitor: WeakMap<Instrumented, unknown>;
}

const state = processWide<ProcessState>("auspex@0", () => ({
  monitors: [],
  generation: 0,
  perMonitor: new WeakMap(),
}));

/** State of the process, one for all copies of this library in it. Decorators ask at every call. */
export function processState(): ProcessState {
  return state;
}
