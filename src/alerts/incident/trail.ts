import type { SaturationSnapshot } from "../../snapshot/model.js";
import { seriesKey } from "../keys.js";

const SAMPLES = 60;
const SERIES = 128;
/** What is older than this before an onset is how things were. */
const BEFORE_MS = 90_000;
const LEAST_BEFORE = 4;
/** A share of a limit must rise by so much to matter, and anything else by this factor. */
const LEAST_RISE = 0.1;
const LEAST_FACTOR = 1.5;
/** Of the median distance from the median: beyond it is not noise. */
const NOISE = 6;

interface Series {
  readonly name: string;
  readonly isShare: boolean;
  readonly samples: { readonly atMs: number; readonly value: number }[];
}

/** Something that can run full, and did rise. */
export interface Rise {
  readonly name: string;
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  /** 0…1 of a limit; else in a unit of its own. */
  readonly isShare: boolean;
}

/** The last samples of what can run full, to see afterwards what rose before something broke. */
export class SaturationTrail {
  readonly #series = new Map<string, Series>();

  add(rows: readonly SaturationSnapshot[], nowMs: number): void {
    for (const { name, attributes, saturation, value } of rows) {
      const key = seriesKey(name, attributes);
      let series = this.#series.get(key);
      if (series === undefined) {
        if (this.#series.size >= SERIES) continue;
        series = { name, isShare: saturation !== undefined, samples: [] };
        this.#series.set(key, series);
      }
      series.samples.push({ atMs: nowMs, value: saturation ?? value });
      if (series.samples.length > SAMPLES) series.samples.shift();
    }
    for (const [key, { samples }] of this.#series) {
      if ((samples.at(-1)?.atMs ?? 0) < nowMs - SAMPLES * 10_000) this.#series.delete(key);
    }
  }

  /** What rose shortly before an onset, or with it. */
  rises(onsetMs: number): readonly Rise[] {
    const found: Rise[] = [];
    for (const series of this.#series.values()) {
      const rise = riseOf(series, onsetMs);
      if (rise !== undefined) found.push(rise);
    }
    return found;
  }
}

function riseOf({ name, isShare, samples }: Series, onsetMs: number): Rise | undefined {
  const normal = samples.filter(({ atMs }) => atMs < onsetMs - BEFORE_MS).map(({ value }) => value);
  if (normal.length < LEAST_BEFORE) return undefined;
  const from = median(normal);
  const noise = median(normal.map((value) => Math.abs(value - from)));
  const least = isShare ? from + LEAST_RISE : Math.max(from * LEAST_FACTOR, from + 1e-9);
  const limit = Math.max(least, from + NOISE * noise);
  const late = samples.filter(({ atMs }) => atMs >= onsetMs - BEFORE_MS);
  const first = late.find(({ value }) => value > limit);
  if (first === undefined) return undefined;
  const to = Math.max(...late.map(({ value }) => value));
  return { name, atMs: first.atMs, from, to, isShare };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}
