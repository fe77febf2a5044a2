import type { Attributes } from "../attributes/attributes.js";
import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import { NEVER, Recorder, type RecorderShared } from "../histogram/recorder.js";
import { Exemplars, type TraceSource } from "./exemplars.js";
import type { Series } from "./instrument.js";
import type { LatencyLimit } from "./latency-limit.js";

/** A histogram bound to its attributes. */
export interface BoundHistogram {
  /**
   * Records one value, in the histogram's unit. Hot path: no allocation.
   * Never throws; what is not a finite number ≥ 0 is dropped and counted.
   */
  record(value: number): void;
}

/** What a series belongs to, when it is one of several. */
export interface SeriesOwner {
  /** Called when a series of it was admitted, perhaps after all of them had expired. */
  relist(): void;
}

/** What all series of one instrument share. */
export interface SeriesShared extends RecorderShared {
  readonly traces: TraceSource;
}

/** One histogram series: a recorder that knows what it records. */
export class HistogramSeries extends Recorder implements Series, BoundHistogram {
  lastActive = 0;
  bornAt = 0;
  /** All since the start, as a reader made it; gone with the next value. */
  total: ClosedHistogram | undefined;
  /** Made with the first traced value. */
  exemplars: Exemplars | undefined;
  /** Declared limits; only successes of operations have some. */
  private limits: readonly LatencyLimit[] | undefined;
  /** The largest value noted in this interval, in layout units. */
  private largest = 0;
  /** Layout units from which a value is kept with its trace. */
  private traceFrom = NEVER;

  constructor(
    private readonly common: SeriesShared,
    readonly attributes: Attributes,
    readonly owner?: SeriesOwner,
  ) {
    super(common);
  }

  /**
   * Begins an interval in which values are noted with their traces: those from half the largest of
   * the interval before (of failures: any), and after each only one that is larger by a sixteenth. So an
   * interval asks for few traces however many values it has, and what it keeps is its slow tail.
   */
  arm(): void {
    this.total = undefined;
    if (this.common.traces.isOn) {
      this.traceFrom = this.attributes["error.type"] === undefined ? this.largest >>> 1 : 0;
    } else this.traceFrom = NEVER;
    this.largest = 0;
    this.heed();
  }

  /** Counts values above a limit from now on. Values below it cost nothing. */
  limit(limit: LatencyLimit): void {
    this.limits = [...(this.limits ?? []), limit];
    this.heed();
  }

  protected override noted(value: number, units: number): void {
    if (this.limits !== undefined) {
      for (const limit of this.limits) if (value > limit.limitMs) limit.over++;
    }
    if (units < this.traceFrom) return;
    this.largest = units;
    // A step of a sixteenth bounds the traces of an interval in which all values grow.
    this.traceFrom = Math.min(NEVER, units + (units >>> 4) + 1);
    this.heed();
    this.exemplars ??= new Exemplars();
    this.common.traces.keep(value, this.exemplars);
  }

  /** Whatever a trace or a limit is interested in must be noted. */
  private heed(): void {
    let from = this.traceFrom;
    for (const { limitMs } of this.limits ?? []) {
      from = Math.min(from, Math.floor(limitMs * this.scale));
    }
    this.noteFrom = from;
  }
}

const TWO_31 = 0x80000000;

/**
 * A series of the default precision (two digits from 1 unit up, beyond 31 bits), which almost every
 * record goes through: the layout's numbers as constants save five loads, a quarter of the cost.
 *
 * Duplicates `Recorder.record` on purpose; a test holds them to the same slots.
 */
class TwoDigitSeries extends HistogramSeries {
  static fits({ layout }: RecorderShared): boolean {
    return layout.halfBits === 7 && layout.unitBits === 0 && layout.fastBelow === TWO_31 - 1;
  }

  override record(value: number): void {
    const scaled = typeof value === "number" ? value * this.scale : -1;
    if (scaled >= 0 && scaled < TWO_31 - 1) {
      const units = (scaled + 0.5) | 0;
      const octave = 24 - Math.clz32(units | 255);
      const slot = (octave << 7) + (units >>> octave);
      const counts = this.counts;
      const page = counts[this.row + (slot >>> 7)];
      if (page !== 0) counts[page + (slot & 127)]++;
      else this.recordInNewPage(slot, value);
      if (units >= this.noteFrom) this.noted(value, units);
    } else {
      this.recordOutside(value, scaled);
    }
  }
}

/** A series for recorders of this kind. */
export function makeSeries(
  shared: SeriesShared,
  attributes: Attributes,
  owner?: SeriesOwner,
): HistogramSeries {
  const Series = TwoDigitSeries.fits(shared) ? TwoDigitSeries : HistogramSeries;
  return new Series(shared, attributes, owner);
}
