import type { AttributesData, MetricData } from "../../snapshot/batch.js";
import { digest } from "./keys.js";

/** What a series is: enough to rebuild snapshots from its payloads. */
export interface SeriesDescriptor {
  /** Name of the instrument, as exported. */
  readonly name: string;
  readonly kind: MetricData["kind"];
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
  /** Sorted by name. */
  readonly attributes: AttributesData;
  /** What its roll-ups are kept by: see `categoryOf`. */
  readonly category: string;
  /** Of a histogram: lowest, highest and significant digits of its `Layout`. */
  readonly layout?: readonly [lowest: number, highest: number, significantDigits: number];
  /** Of a histogram: layout units per unit of its values. */
  readonly scale?: number;
  /**
   * The operation it tells of: of a histogram with how it ended, of what is in flight without.
   */
  readonly signals?: {
    readonly instrument: string;
    readonly name: string;
    readonly attributes: AttributesData;
    readonly outcome?: "ok" | "error" | "aborted";
    /** `error.type`; "" unless the outcome is an error. */
    readonly type?: string;
  };
  /** True for a gauge that says how full something is. */
  readonly saturation?: true;
}

/**
 * The id of a series: 66 bits of SHA-256 over all that makes it that series.
 *
 * The same in every process, so what has the same id may be merged. It depends on everything but
 * description and category: two versions of a program that disagree on a unit or a layout have two series.
 */
export function seriesId(descriptor: SeriesDescriptor): string {
  const { name, kind, unit, attributes, layout, scale, signals, saturation } = descriptor;
  return digest(JSON.stringify([name, kind, unit, attributes, layout, scale, signals, saturation]));
}

/**
 * What the roll-ups of a series are kept by: its attribute `auspex.category`, else the first part of the
 * instrument's name (`http` of `http.server.request.duration`; of our own names the second: `operation`).
 */
export function categoryOf(name: string, attributes: AttributesData): string {
  const given = Object.hasOwn(attributes, "auspex.category") && attributes["auspex.category"];
  if (typeof given === "string" && given !== "") return given;
  const [first, second] = name.split(".", 2);
  return (first === "auspex" ? second : first) || "other";
}

/**
 * The field of `total` for a series: its id, and for one that began after the process when it did.
 *
 * A series that went idle, expired and came back counts from 0 in a field of its own, so the total of a
 * series is the sum over its fields; of a gauge there is one.
 * @param startTimeMs - of the point
 */
export function totalField(id: string, startTimeMs: number | undefined): string {
  return startTimeMs === undefined ? id : `${id}@${Math.round(startTimeMs).toString(36)}`;
}

/** How often totals are written, in ms, give or take a window. */
export const TOTAL_EVERY_MS = 30_000;

/** How long what is known of a process outlives its last flush: descriptors, totals, its record. */
export const PROCESS_TTL_MS = 86_400_000;

/** The series id of a field of `total`. */
export function totalSeries(field: string): string {
  const at = field.indexOf("@");
  return at < 0 ? field : field.slice(0, at);
}

const KINDS: readonly unknown[] = ["histogram", "counter", "updown", "gauge"];

/** @returns undefined for what is no descriptor */
export function parseDescriptor(text: string): SeriesDescriptor | undefined {
  let given: Partial<SeriesDescriptor> | null;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(given)) return undefined;
  const { name, kind, unit, description, attributes, category, layout, scale, signals } = given;
  const texts = [name, unit, description, category];
  const isWhole =
    texts.every((each) => typeof each === "string") &&
    KINDS.includes(kind) &&
    isRecord(attributes) &&
    (signals === undefined || (isRecord(signals) && isRecord(signals.attributes)));
  if (!isWhole) return undefined;
  if (kind === "histogram") {
    const isNumbers =
      Array.isArray(layout) && layout.length === 3 && layout.every(Number.isInteger);
    if (!isNumbers || !(typeof scale === "number" && scale > 0)) return undefined;
  }
  return given as SeriesDescriptor;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
