import type { OperationSnapshot, Snapshot } from "../../snapshot/model.js";
import type { WindowName } from "../../window/rolling-window.js";
import { SeriesTable } from "./table.js";

/** The lists of a snapshot that rules can be about. */
export interface Kinds {
  readonly operations: Snapshot["operations"][number];
  readonly saturation: Snapshot["saturation"][number];
  readonly counters: Snapshot["counters"][number];
  readonly gauges: Snapshot["gauges"][number];
}
type Kind = keyof Kinds;

/** A snapshot, or as much of one as a record of the past has kept. */
export type Recorded = Partial<Snapshot>;

interface Frame {
  snapshot: Recorded;
  readonly tables: Map<Kind, { table: SeriesTable; step: number }>;
  step: number;
  requests: Requests | undefined;
}

/** Requests in a window: those that came in, and those that this service made. */
export interface Requests {
  readonly entry: number;
  readonly client: number;
}

/** What rules see in one step: a snapshot a window, and its series. */
export class View {
  /** Steadily growing ms; see `SteadyTime`. */
  nowMs = 0;
  step = 0;
  readonly #frames = new Map<WindowName, Frame>();

  constructor(private readonly take: (window: WindowName) => Recorded) {}

  begin(nowMs: number): void {
    this.nowMs = nowMs;
    this.step++;
  }

  /** Lets go of the snapshots. */
  end(): void {
    for (const frame of this.#frames.values()) {
      frame.snapshot = {};
      for (const { table } of frame.tables.values()) table.release();
    }
  }

  snapshot(window: WindowName): Recorded {
    return this.#frame(window).snapshot;
  }

  /** The snapshot of some window: one that has been taken in this step, where there is one. */
  some(): Recorded {
    for (const { step, snapshot } of this.#frames.values()) if (step === this.step) return snapshot;
    return this.snapshot("1m");
  }

  table<K extends Kind>(window: WindowName, kind: K): SeriesTable<Kinds[K]> {
    const frame = this.#frame(window);
    let known = frame.tables.get(kind);
    if (known === undefined) {
      known = { table: new SeriesTable(), step: 0 };
      frame.tables.set(kind, known);
    }
    if (known.step !== this.step) {
      known.step = this.step;
      known.table.update(frame.snapshot[kind] ?? []);
    }
    return known.table as unknown as SeriesTable<Kinds[K]>;
  }

  requests(window: WindowName): Requests {
    const frame = this.#frame(window);
    frame.requests ??= requestsOf(frame.snapshot);
    return frame.requests;
  }

  #frame(window: WindowName): Frame {
    let frame = this.#frames.get(window);
    if (frame === undefined) {
      frame = { snapshot: {}, tables: new Map(), step: 0, requests: undefined };
      this.#frames.set(window, frame);
    }
    if (frame.step !== this.step) {
      frame.step = this.step;
      frame.snapshot = this.take(window);
      frame.requests = undefined;
    }
    return frame;
  }
}

/** Whether an operation is a call that this service makes, not work that it was asked for. */
export function isOutgoing({ instrument = "" }: Pick<OperationSnapshot, "instrument">): boolean {
  return instrument.includes(".client.") || instrument.startsWith("auspex.dependency.");
}

function requestsOf({ operations = [] }: Recorded): Requests {
  let entry = 0;
  let client = 0;
  for (const operation of operations) {
    if (isOutgoing(operation)) client += operation.traffic.count;
    else entry += operation.traffic.count;
  }
  return { entry, client };
}
