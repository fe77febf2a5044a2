import { Diag } from "../../../src/diag/diag.js";
import type { Connection } from "../../../src/exporters/redis/connection.js";
import { RedisLease } from "../../../src/exporters/redis/lease.js";
import { Rollups } from "../../../src/exporters/redis/rollup.js";
import {
  DEFAULT_RETENTION,
  encodeGauge,
  encodeHistogram,
  encodeNumber,
  encodeTotal,
  type GaugeWindow,
  Keys,
  MARKER,
  MARKER_VALUE,
  type ProcessRecord,
  type ResolvedRetention,
  type SeriesDescriptor,
  seriesId,
} from "../../../src/exporters/redis/schema.js";
import type { Lease } from "../../../src/state/services.js";
import { histogramOf } from "../../../src/testing/batch.js";
import type { ManualClock } from "../../helpers/manual-clock.js";

export const keys = new Keys("test");
export const WINDOW_MS = 10_000;

const LAYOUT = [1, 3_600_000_000, 2] as const;
const PER_SECOND = 1_000_000;

export function duration(
  name: string,
  outcome: "ok" | "error" | "aborted" = "ok",
  type = "",
): SeriesDescriptor {
  const attributes = { "operation.name": name, ...(type && { "error.type": type }) };
  return {
    name: "auspex.operation.duration",
    kind: "histogram",
    unit: "s",
    description: "",
    attributes,
    category: "operation",
    layout: LAYOUT,
    scale: PER_SECOND,
    signals: { instrument: "auspex.operation.duration", name, attributes: {}, outcome, type },
  };
}

export function counter(name: string, category = name.split(".")[0]): SeriesDescriptor {
  return { name, kind: "counter", unit: "1", description: "", attributes: {}, category };
}

export function gauge(name: string, saturation = false): SeriesDescriptor {
  const descriptor = { ...counter(name), kind: "gauge" } as const;
  return saturation ? { ...descriptor, saturation: true } : descriptor;
}

/** What one process says of one window: values in seconds, a number, or samples. */
export type Said = readonly (readonly [
  SeriesDescriptor,
  readonly number[] | number | GaugeWindow,
])[];

export function samples(...values: readonly number[]): GaugeWindow {
  return {
    last: values.at(-1) as number,
    min: Math.min(...values),
    max: Math.max(...values),
    sum: values.reduce((sum, value) => sum + value, 0),
    samples: values.length,
  };
}

function payload(value: Said[number][1]): Buffer {
  if (typeof value === "number") return encodeNumber(value);
  return "samples" in value ? encodeGauge(value) : encodeHistogram(histogramOf(value));
}

/** A process as its exporter would write it. */
export class FakeProcess {
  record: ProcessRecord;

  constructor(
    private readonly connection: Connection,
    readonly service: string,
    more: Partial<ProcessRecord> & { readonly id: string; readonly startMs: number },
  ) {
    this.record = {
      pid: 1,
      host: "host",
      thread: 0,
      seenMs: more.startMs,
      intervalMs: 500,
      windowMs: WINDOW_MS,
      ...more,
    };
  }

  get id(): string {
    return this.record.id;
  }

  /** Says in the registry when it flushed last. */
  async seen(seenMs: number, more: Partial<ProcessRecord> = {}): Promise<void> {
    this.record = { ...this.record, seenMs, ...more };
    const key = keys.processes(this.service);
    await this.connection.command(
      "HSET",
      key,
      MARKER,
      MARKER_VALUE,
      this.id,
      JSON.stringify(this.record),
    );
    await this.connection.command(
      "HSET",
      keys.services(),
      MARKER,
      MARKER_VALUE,
      this.service,
      seenMs,
    );
  }

  /** Writes totals up to an instant. */
  async total(untilMs: number, said: Said): Promise<void> {
    const fields = said.flatMap(([descriptor, value]) => {
      return [seriesId(descriptor), encodeTotal(untilMs, payload(value))];
    });
    const key = keys.total(this.service, this.id);
    await this.connection.command("HSET", key, MARKER, MARKER_VALUE, ...fields);
  }

  /** Writes one window, absolutely. */
  async write(startMs: number, said: Said): Promise<void> {
    const raw = said.flatMap(([descriptor, value]) => [seriesId(descriptor), payload(value)]);
    const series = said.flatMap(([descriptor]) => [
      seriesId(descriptor),
      JSON.stringify(descriptor),
    ]);
    const { service, id, connection } = this;
    for (const reply of await connection.batch([
      ["HSET", keys.raw(service, id, startMs), MARKER, MARKER_VALUE, ...raw],
      ["HSET", keys.series(service, id), MARKER, MARKER_VALUE, ...series],
    ])) {
      if (reply instanceof Error) throw reply;
    }
  }
}

/** Roll-ups of one process, asked as often as it takes. */
export function rollups(
  connection: Connection,
  service: string,
  clock: ManualClock,
  more: { lease?: Lease; retention?: ResolvedRetention; owner?: string; told?: string[] } = {},
): Rollups {
  const { retention = DEFAULT_RETENTION, owner = "owner", told = [] } = more;
  const key = keys.lease(service, "rollups");
  const lease = more.lease ?? new RedisLease({ connection, key, owner, ttlMs: 15_000 });
  const logger = { warn: (text: string) => told.push(text), debug: () => {} };
  const diag = new Diag(logger);
  return new Rollups({ connection, keys, service, retention, lease, clock, diag });
}

const never = new AbortController().signal;

/** Steps until nothing is left to do. */
export async function settle(rolling: Rollups, clock: ManualClock): Promise<void> {
  for (;;) {
    const before = rolling.tally.steps;
    clock.advance(2500);
    await rolling.step(never);
    if (rolling.tally.steps === before) return;
  }
}
