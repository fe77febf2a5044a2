import { type Attributes, attributesKey } from "../attributes/attributes.js";
import { ValueTally } from "../histogram/recorder.js";
import type { InstrumentView } from "./view.js";

export type InstrumentKind = "histogram" | "counter" | "gauge";

/** What an instrument is, apart from its values. */
export interface Descriptor {
  readonly name: string;
  readonly kind: InstrumentKind;
  /** UCUM unit of the values as exporters show them: `s`, `By`, `1`, `{request}`. */
  readonly unit: string;
  readonly description: string;
  /** A gauge whose values add up over attributes: exporters see an up-down counter. */
  readonly isUpDown?: boolean;
}

/** As exporters see it. */
export function shownKind({ kind, isUpDown }: Descriptor): InstrumentKind | "updown" {
  return isUpDown ? "updown" : kind;
}

/** One set of attributes of one instrument. */
export interface Series {
  /** Position in windows and blocks; −1 while the series is not admitted. */
  id: number;
  readonly attributes: Attributes;
  /** Whole monotonic seconds when it was admitted, or last had a value; a fraction would be an object. */
  lastActive: number;
  /** Whole monotonic seconds when it was admitted: a series that expired and came back lives anew. */
  bornAt: number;
  /** Called when it has expired: its values are gone with its life. */
  expired?(): void;
}

export const OVERFLOW: Attributes = Object.freeze({ "otel.metric.overflow": true });

/**
 * The series of one instrument, at most `limit` of them and one that takes the rest.
 *
 * Invariant: `series` holds exactly the admitted series, the overflow series excepted.
 */
export class Instrument<S extends Series> {
  readonly series = new Map<string, S>();
  readonly tally = new ValueTally();
  /** Times a set of attributes was turned away to the overflow series. */
  overflowed = 0;
  overflow: S | undefined;

  constructor(
    readonly descriptor: Descriptor,
    readonly view: InstrumentView,
    readonly limit: number,
    private readonly ids: Ids<S>,
    private readonly makeOverflow: () => S,
  ) {}

  /**
   * Admits a series under the key of its attributes. The key is not kept in the series: most handles
   * are made long before they are used, and many never are.
   * @returns the series that holds the key: this one, one that came before, or the overflow series
   */
  admit(series: S, key = attributesKey(series.attributes)): S {
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const isOverflow = series.attributes === OVERFLOW;
    if (this.series.size >= this.limit || isOverflow) {
      if (!isOverflow) this.overflowed++;
      if (this.overflow === undefined) {
        this.overflow = this.makeOverflow();
        this.ids.assign(this.overflow);
      }
      return this.overflow;
    }
    this.series.set(key, series);
    this.ids.assign(series);
    return series;
  }

  /** Takes a series (not the overflow series) out; a holder of its handle may have it admitted again. */
  expire(series: S): void {
    this.series.delete(attributesKey(series.attributes));
    this.ids.release(series);
  }
}

/**
 * Small whole numbers for series, so that closed intervals are arrays.
 *
 * A released id rests until no window and no total can hold anything under it.
 */
export class Ids<S extends Series> {
  readonly bySeries: (S | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #resting: { id: number; until: number }[] = [];

  /** @param now - monotonic ms @param restMs - how long a released id stays unused */
  constructor(
    private readonly now: () => number,
    private readonly restMs: number,
  ) {}

  assign(series: S): void {
    while (this.#resting.length > 0 && this.#resting[0].until <= this.now()) {
      this.#free.push((this.#resting.shift() as { id: number }).id);
    }
    series.id = this.#free.pop() ?? this.bySeries.length;
    this.bySeries[series.id] = series;
    series.lastActive = Math.floor(this.now() / 1000);
    series.bornAt = series.lastActive;
  }

  release(series: S): void {
    this.bySeries[series.id] = undefined;
    this.#resting.push({ id: series.id, until: this.now() + this.restMs });
    series.id = -1;
    series.expired?.();
  }
}
