import type { ClosedHistogram } from "../../histogram/closed-histogram.js";
import {
  decodeGauge,
  decodeHistogram,
  decodeNumber,
  encodeGauge,
  encodeHistogram,
  encodeNumber,
  type GaugeWindow,
} from "./payload.js";
import type { KnownSeries } from "./rollup-series.js";

/**
 * What the samples of a gauge were in many processes: `last` is the sum of their last ones, `saturation`
 * the largest of theirs, everything else over all samples together.
 */
export interface FleetGauge extends GaugeWindow {
  /** Id of the process where it was fullest, or else largest; "" when it is too long to keep. */
  readonly worst: string;
}

/** One series over all processes in one step. */
export type RollupValue = {
  /** Processes that it has values of; over several steps the most of any. */
  readonly processes: number;
} & (
  | { readonly histogram: ClosedHistogram }
  | { readonly sum: number }
  | { readonly gauge: FleetGauge }
);

/**
 * How much is in a value: of a series and step it only grows while more processes are heard. Roll-ups are
 * compared by it, so it stands before them as a big-endian float64: bytes compare as the numbers do.
 */
function weightOf(value: RollupValue): number {
  if ("histogram" in value) return value.histogram.count;
  return "sum" in value ? Math.max(0, value.sum) : value.gauge.samples;
}

/** Bytes that two roll-ups of one step are compared by. */
export const WEIGHT_BYTES = 8;

const MAX_WORST_BYTES = 255;
const MAX_PROCESSES = 0xffff;

/**
 * | bytes | what |
 * | --- | --- |
 * | 8 | weight (float64, big-endian) |
 * | 2 | processes (big-endian), at most 65,535 |
 * | 1 + n | of a gauge: length and UTF-8 of the worst process |
 * | … | the payload, as in a raw window |
 */
export function encodeRollup(value: RollupValue): Buffer {
  const gauge = "gauge" in value ? value.gauge : undefined;
  const worst = gauge === undefined ? 0 : Buffer.byteLength(gauge.worst);
  const named = worst > MAX_WORST_BYTES ? 0 : worst;
  const head = Buffer.alloc(WEIGHT_BYTES + 2 + (gauge === undefined ? 0 : 1 + named));
  head.writeDoubleBE(weightOf(value));
  head.writeUInt16BE(Math.min(MAX_PROCESSES, value.processes), WEIGHT_BYTES);
  if (gauge !== undefined) {
    head[WEIGHT_BYTES + 2] = named;
    if (named > 0) head.write(gauge.worst, WEIGHT_BYTES + 3);
  }
  return Buffer.concat([head, payloadOf(value)]);
}

/** The payload of a raw window or a total with this value. */
export function payloadOf(value: RollupValue): Buffer {
  if ("histogram" in value) return encodeHistogram(value.histogram);
  return "sum" in value ? encodeNumber(value.sum) : encodeGauge(value.gauge);
}

/** @returns undefined for what is no roll-up of this series */
export function decodeRollup(bytes: Buffer, series: KnownSeries): RollupValue | undefined {
  if (bytes.length < WEIGHT_BYTES + 3) return undefined;
  const processes = bytes.readUInt16BE(WEIGHT_BYTES);
  const at = WEIGHT_BYTES + 2;
  if (series.kind === "histogram") {
    const histogram = decodeHistogram(bytes.subarray(at), series.layout, series.scale);
    return histogram === undefined ? undefined : { processes, histogram };
  }
  if (series.kind === "counter") {
    const sum = decodeNumber(bytes.subarray(at));
    return sum === undefined ? undefined : { processes, sum };
  }
  const end = at + 1 + (bytes[at] ?? 0);
  const gauge = decodeGauge(bytes.subarray(end));
  const worst = bytes.toString("utf8", at + 1, end);
  return gauge === undefined ? undefined : { processes, gauge: { ...gauge, worst } };
}
