import type { Cluster, Redis } from "ioredis";
import { expect } from "vitest";
import {
  decodeGauge,
  decodeHistogram,
  decodeNumber,
  decodeTotal,
  type GaugeWindow,
  MARKER,
  parseDescriptor,
  type SeriesDescriptor,
  totalSeries,
} from "../../../src/exporters/redis/schema.js";
import { Accumulator, type ClosedHistogram, Layout } from "../../../src/histogram/index.js";
import type { MetricBatch, MetricData } from "../../../src/snapshot/batch.js";
import { batchWith, histogramOf } from "../../../src/testing/index.js";
import { allKeys } from "../../helpers/redis.js";

const layouts = new Map<string, Layout>();

function layoutOf({ layout }: SeriesDescriptor): Layout {
  const [lowest, highest, significantDigits] = layout as [number, number, number];
  const key = `${lowest} ${highest} ${significantDigits}`;
  const known = layouts.get(key) ?? new Layout({ lowest, highest, significantDigits });
  layouts.set(key, known);
  return known;
}

/** What one series did, read back as the schema says it is to be read. */
export interface Read {
  readonly descriptor: SeriesDescriptor;
  count: number;
  histogram?: ClosedHistogram;
  gauge?: GaugeWindow;
}

/** Everything that one process wrote, by `name{attributes}`. */
export async function readProcess(
  client: Redis | Cluster,
  keys: readonly string[],
  process: string,
): Promise<Map<string, Read>> {
  const own = keys.filter((key) => key.includes(`/${process}}:`));
  const of = async (end: string) => {
    const key = own.find((each) => each.endsWith(end));
    return key === undefined ? new Map<string, Buffer>() : fieldsOf(client, key);
  };
  // Totals first, then windows: what moves from these to those meanwhile is still counted.
  const totals = await of(":total");
  const descriptors = await of(":series");
  const found = new Map<string, Read>();
  const untils = new Map<string, number>();
  const add = (id: string, payload: Uint8Array): void => {
    const descriptor = parseDescriptor(String(descriptors.get(id)));
    if (descriptor === undefined) throw new Error(`no descriptor of ${id}`);
    const name = nameOf(descriptor.name, descriptor.attributes);
    const read = found.get(name) ?? { descriptor, count: 0 };
    found.set(name, read);
    addPayload(read, payload);
  };
  for (const [field, bytes] of totals) {
    const id = totalSeries(field);
    const total = decodeTotal(bytes);
    if (total === undefined) throw new Error(`no total in ${field}`);
    untils.set(id, Math.max(untils.get(id) ?? 0, total.untilMs));
    add(id, total.payload);
  }
  const windows = own.filter((key) => key.includes(":raw:")).sort();
  for (const key of windows) {
    const startMs = Number(key.slice(key.lastIndexOf(":") + 1));
    for (const [id, payload] of await fieldsOf(client, key)) {
      if (startMs >= (untils.get(id) ?? 0)) add(id, payload);
    }
  }
  return found;
}

function addPayload(read: Read, payload: Uint8Array): void {
  const { descriptor } = read;
  if (descriptor.kind === "histogram") {
    const layout = layoutOf(descriptor);
    const histogram = decodeHistogram(payload, layout, descriptor.scale as number);
    if (histogram === undefined) throw new Error(`no histogram of ${descriptor.name}`);
    const accumulator = new Accumulator(layout);
    accumulator.addClosed(histogram);
    if (read.histogram !== undefined) accumulator.addClosed(read.histogram);
    read.histogram = accumulator.take(histogram.scale);
    read.count = read.histogram.count;
  } else if (descriptor.kind === "counter") {
    const value = decodeNumber(payload);
    if (value === undefined) throw new Error(`no number of ${descriptor.name}`);
    read.count += value;
  } else {
    const gauge = decodeGauge(payload);
    if (gauge === undefined) throw new Error(`no gauge of ${descriptor.name}`);
    read.gauge = gauge;
  }
}

/** Fields of a hash of ours, without its marker. */
export async function fieldsOf(client: Redis | Cluster, key: string): Promise<Map<string, Buffer>> {
  const reply = (await client.callBuffer("HGETALL", key)) as Buffer[];
  const fields = new Map<string, Buffer>();
  for (let at = 0; at < reply.length; at += 2) fields.set(String(reply[at]), reply[at + 1]);
  fields.delete(MARKER);
  return fields;
}

/** Every key there is has a time to live, but for those that a test put there itself. */
export async function expectTimesToLive(
  client: Redis,
  isMeant: (key: string) => boolean = () => true,
  when = "",
): Promise<void> {
  const keys = (await allKeys(client)).filter(isMeant);
  const left = await Promise.all(keys.map((key) => client.pttl(key)));
  expect(
    keys.filter((_, at) => (left[at] as number) <= 0),
    when,
  ).toEqual([]);
}

export async function readAll(
  client: Redis,
  process = "1-a-b",
  isWanted: (key: string) => boolean = () => true,
): Promise<Map<string, Read>> {
  return readProcess(client, (await allKeys(client)).filter(isWanted), process);
}

export function nameOf(name: string, attributes: object): string {
  return `${name}${JSON.stringify(attributes)}`;
}

/** A process that records: its cumulative batches, one for each instant. */
export class Recording {
  readonly values: number[] = [];
  count = 0;
  gauge = 0;

  constructor(
    readonly process = "1-a-b",
    readonly service = "conformance",
  ) {}

  record(...seconds: number[]): this {
    this.values.push(...seconds);
    this.count += seconds.length;
    return this;
  }

  batch(toMs: number, more: readonly MetricData[] = []): MetricBatch {
    const { values, count, gauge } = this;
    const metrics: MetricData[] = [
      {
        name: "work.duration",
        kind: "histogram",
        unit: "s",
        description: "",
        points: [{ attributes: { route: "/" }, histogram: histogramOf(values) }],
      },
      {
        name: "work.done",
        kind: "counter",
        unit: "1",
        description: "",
        points: [{ attributes: { route: "/" }, value: count }],
      },
      {
        name: "pool.used",
        kind: "gauge",
        unit: "1",
        description: "",
        points: [{ attributes: {}, value: gauge, saturation: gauge / 10 }],
      },
      ...more,
    ];
    return batchWith(metrics, {
      to: toMs,
      resource: { attributes: { "service.name": this.service } },
      incarnation: { id: this.process, startTimeMs: toMs - 60_000 },
    });
  }
}

export const HISTOGRAM = 'work.duration{"route":"/"}';
export const COUNTER = 'work.done{"route":"/"}';
export const GAUGE = "pool.used{}";

export const START = 1_700_000_000_000;
export const SIGNAL = new AbortController().signal;
