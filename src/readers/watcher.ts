import type { Diag } from "../diag/diag.js";
import type { Counter, Gauge, InstrumentOptions } from "../instruments/instruments.js";
import type { LimitedOperation } from "../instruments/latency-limit.js";
import type { Incarnation } from "../snapshot/batch.js";
import type { AuspexEvent, EventMap } from "../snapshot/events.js";
import type { Snapshot } from "../snapshot/model.js";
import type { Resource } from "../snapshot/resource.js";
import type { FleetServices, StateStore } from "../state/services.js";
import type { Clock } from "../time/clock.js";
import type { WindowName } from "../window/rolling-window.js";

/** What a monitor gives those who watch it. */
export interface WatchContext {
  readonly service: string;
  readonly resource: Resource;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly diag: Diag;
  /** Immutable; the open interval included. One is taken per window and step, and shared. */
  snapshot(window: WindowName): Snapshot;
  /** Tells every listener, and exporters that pass events on. Never throws. */
  emit(event: AuspexEvent): void;
  /** Listens to what others emit. @returns stop */
  on<T extends keyof EventMap>(type: T, listener: (event: EventMap[T]) => void): () => void;
  counter(name: string, options?: InstrumentOptions): Counter;
  gauge(name: string, options?: InstrumentOptions): Gauge;
  /**
   * Counts the successes of matching operations that take longer than a limit, exactly, from now on.
   * Declare limits at the start.
   * @param matches - asked once for each operation
   */
  latencyLimit(
    limitMs: number,
    matches: (operation: LimitedOperation) => boolean,
  ): { readonly over: number };
  /** Where state is kept across restarts; undefined when the host wants none. */
  readonly store: StateStore | undefined;
  /** Shared by the processes of a fleet, where Redis is configured. */
  readonly services: FleetServices | undefined;
}

/**
 * Looks at snapshots at a pace of its own, on the monitor's one timer: detectors, SLOs, alerts.
 *
 * Nothing here may throw or reject; what does is counted and told once.
 */
export interface Watcher {
  readonly name: string;
  /** Milliseconds between steps. */
  readonly intervalMs: number;
  /** Called once, before the first step; restores what was saved. */
  start(context: WatchContext): void | Promise<void>;
  /** One evaluation. A generator is run in slices, each `next` a small piece of work. */
  step(): void | Iterator<void>;
  /** Saves its state and lets go of everything, within the deadline. Idempotent. */
  stop(timeoutMs: number): Promise<void>;
}
