import { type Attributes, attributesKey } from "../attributes/attributes.js";
import type { MetricBatch, MetricData } from "../snapshot/batch.js";
import { scopeOf } from "../snapshot/scope.js";
import { inSlices, Slices } from "../time/slices.js";
import type { WindowName } from "../window/rolling-window.js";
import { type FleetBatch, mergedStreams } from "./merge-batches.js";
import type { FleetMissing, FleetProcess } from "./model.js";

/** Series kept of one metric of those that have ended; what is beyond is one series. */
const MAX_SERIES = 2000;
/** Those that have ended are listed one by one, the newest of them. */
const MAX_LISTED = 64;

const OVERFLOW: Attributes = Object.freeze({ "otel.metric.overflow": true });

const SPAN_MS: Readonly<Record<WindowName, number>> = {
  "10s": 10_000,
  "1m": 60_000,
  "5m": 300_000,
  "1h": 3_600_000,
  total: Number.POSITIVE_INFINITY,
};

/** All of one service that have ended, as one. */
export interface EndedPart extends FleetBatch {
  readonly processes: readonly FleetProcess[];
}

/**
 * What those that have ended had counted: it stays in the totals, folded into one batch a service, so
 * that a thousand restarts take no more room than a few.
 */
export class Ended {
  readonly #folded = new Map<string, EndedPart>();
  readonly #waiting: EndedPart[] = [];
  #folding: Promise<void> | undefined;
  #lost: readonly FleetMissing[] = [];
  /** How many there were. */
  count = 0;

  /** @param id - of the process that keeps them: theirs begin with it */
  constructor(private readonly id: string) {}

  /** Keeps the last known totals of one, or of several that had ended before it. */
  add(process: FleetProcess, batch: MetricBatch, processes = [process] as readonly FleetProcess[]) {
    this.count += processes.length;
    const metrics = batch.metrics.filter((metric) => isKept(process, metric));
    const hasEnded = (each: FleetProcess): FleetProcess => {
      return Object.freeze({ ...each, live: false });
    };
    this.#waiting.push({
      process: hasEnded(process),
      processes: processes.map(hasEnded),
      batch: { ...batch, metrics },
    });
    this.#folding ??= this.#fold().finally(() => {
      this.#folding = undefined;
    });
  }

  /** One that had told nothing, or nothing that could be read. */
  lose(missing: FleetMissing): void {
    this.count++;
    this.#lost = [...this.#lost, missing].slice(-MAX_LISTED);
  }

  /** Their totals. */
  parts(): readonly EndedPart[] {
    return [...this.#folded.values(), ...this.#waiting];
  }

  /** Whose values a window lacks: of windows nothing is kept, and of some no totals either. */
  missing(window: WindowName, nowMs: number): readonly FleetMissing[] {
    if (window === "total") return this.#lost;
    const since = nowMs - SPAN_MS[window];
    const gone = this.parts().flatMap(({ processes }) => processes);
    const known = gone.map(({ id, pid, host, threadId, lastSeenMs }): FleetMissing => {
      const thread = threadId === undefined ? {} : { threadId };
      return { id, reason: "ended", pid, host, ...thread, lastSeenMs };
    });
    return [...known, ...this.#lost].filter(({ lastSeenMs = nowMs }) => lastSeenMs >= since);
  }

  async #fold(): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { service } = next.process;
      const before = this.#folded.get(service);
      const folded = await inSlices(this.#merged(next, before), new Slices());
      this.#waiting.shift();
      this.#folded.set(service, folded);
    }
  }

  *#merged(next: EndedPart, before: EndedPart | undefined): Generator<void, EndedPart> {
    const { process } = next;
    const first = before?.process ?? process;
    const parts = before === undefined ? [next] : [before, limited(next, before.batch)];
    const metrics: MetricData[] = [];
    for (const { metric, points } of yield* mergedStreams(parts)) {
      const taken: MetricData["points"][number][] = [];
      for (const point of points) {
        taken.push(point);
        yield;
      }
      metrics.push({ ...metric, points: taken } as MetricData);
    }
    const startTimeMs = Math.min(first.startTimeMs, process.startTimeMs);
    const lastSeenMs = Math.max(first.lastSeenMs, process.lastSeenMs);
    const { threadId: _, ...own } = process;
    const id = `${this.id}/ended/${own.service}`;
    return {
      process: Object.freeze({ ...own, id, startTimeMs, lastSeenMs }),
      processes: [...(before?.processes ?? []), ...next.processes].slice(-MAX_LISTED),
      batch: { ...next.batch, from: startTimeMs, to: lastSeenMs, metrics },
    };
  }
}

/** Gauges end with their process, and what others of its process or host tell as well stays theirs. */
function isKept({ threadId = 0 }: FleetProcess, { name, kind }: MetricData): boolean {
  const scope = scopeOf(name);
  if (scope === "host" || (scope === "process" && threadId !== 0)) return false;
  return kind === "histogram" || kind === "counter";
}

/** The same, with series that have no room any more as the one that takes the rest. */
function limited({ process, batch }: FleetBatch, before: MetricBatch): FleetBatch {
  const known = new Map(
    before.metrics.map(({ name, points }) => {
      return [name, new Set(points.map(({ attributes }) => attributesKey(attributes)))] as const;
    }),
  );
  const metrics = batch.metrics.map((metric) => {
    const keys = known.get(metric.name) ?? new Set<string>();
    const points = metric.points.map((point) => {
      const key = attributesKey(point.attributes);
      if (keys.has(key) || keys.size < MAX_SERIES) {
        keys.add(key);
        return point;
      }
      const { signals: _, ...rest } = point;
      return { ...rest, attributes: OVERFLOW };
    });
    return { ...metric, points } as MetricData;
  });
  return { process, batch: { ...batch, metrics } };
}
