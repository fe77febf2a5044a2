import type { Layout } from "../../histogram/layout.js";
import type { Exemplar, HistogramPoint, MetricData, NumberPoint } from "../../snapshot/batch.js";
import type { HashWrite } from "./hash-write.js";
import type { Scratch } from "./scratch.js";
import { categoryOf, type SeriesDescriptor, totalField } from "./series.js";
import type { SeriesIds } from "./series-ids.js";
import { CounterValue, GaugeValue, HistogramValue, type Value } from "./value.js";

export type Point = HistogramPoint | NumberPoint;
export type MetricInfo = Omit<MetricData, "points">;

/** One series as the exporter keeps it: what it is, what it did, and how much of that Redis has taken. */
export class KeptSeries {
  readonly id: string;
  readonly value: Value<Point>;
  /** Field of its total in this life. */
  totalField: string;
  /** Attributes of the last reading: mostly the same object as those of the next. */
  attributes: Point["attributes"];
  /** Whether Redis has this payload. */
  isSent = false;
  /** The epoch in which Redis took its descriptor; see `Ledger.epoch`. */
  describedIn = 0;
  /** Version and epoch of the total that Redis took last. */
  totalSent = 0;
  totalIn = 0;
  exemplars: readonly Exemplar[] | undefined;
  /** `timeMs` of the newest exemplar that Redis has taken. */
  exemplarsSent = 0;
  /** Number of the last batch it was in; 0 while nobody keeps it. */
  seenIn = 0;
  /** Whether it adds up, so that a new life begins at 0. */
  readonly isSum: boolean;
  #startTimeMs: number | undefined;
  #write: HashWrite | undefined;
  #start = 0;
  #size = 0;
  /** The layout object of the last reading: nearly always that of the next. */
  #layout: Layout | undefined;

  constructor(
    readonly descriptor: SeriesDescriptor,
    id: string,
    /** What it is found by. */
    readonly text: string,
    { attributes, startTimeMs }: Point,
  ) {
    this.attributes = attributes;
    this.id = id;
    this.value = emptyValue(descriptor.kind);
    this.isSum = descriptor.kind === "histogram" || descriptor.kind === "counter";
    this.#startTimeMs = startTimeMs;
    this.totalField = totalField(id, this.isSum ? startTimeMs : undefined);
  }

  /** Whether this reading can be counted up with those before: a histogram of the same slots. */
  fits(point: Point): boolean {
    if (!("histogram" in point)) return true;
    const { layout, scale } = point.histogram;
    return layout === this.#layout || (this.#isLike(layout) && scale === this.descriptor.scale);
  }

  /** The command that holds the payload of the open window; undefined while it did nothing in it. */
  get write(): HashWrite | undefined {
    return this.#write;
  }

  /** The payload, in place. */
  get payload(): Uint8Array {
    return (this.#write as HashWrite).value(this.#start, this.#size);
  }

  /** Adds the payload of the open window to a command. */
  put(scratch: Scratch, write: HashWrite): void {
    this.value.window(scratch, this.#write?.part(this.#start, this.#size));
    this.#size = scratch.end - scratch.start;
    this.#start = write.add(this.id, scratch.bytes, scratch.start, scratch.end);
    this.#write = write;
    this.isSent = false;
  }

  /** The next window begins. */
  roll(): void {
    this.value.roll();
    this.#write = undefined;
    this.isSent = false;
  }

  /** Whether this reading is of another life than the one before. */
  isReborn(point: Point): boolean {
    if (!this.isSum) return false;
    return point.startTimeMs !== this.#startTimeMs || this.value.isRestart(point);
  }

  /** @param atMs - when it was noticed: the begin of the new life if nothing else tells it */
  restart(point: Point, atMs: number): void {
    const { startTimeMs } = point;
    this.value.restart();
    this.totalField = totalField(this.id, startTimeMs === this.#startTimeMs ? atMs : startTimeMs);
    this.#startTimeMs = startTimeMs;
    this.totalSent = 0;
  }

  #isLike(layout: Layout): boolean {
    const { lowest, highest, significantDigits } = layout;
    const [low, high, digits] = this.descriptor.layout ?? [];
    if (lowest !== low || highest !== high || significantDigits !== digits) return false;
    this.#layout = layout;
    return true;
  }
}

function emptyValue(kind: SeriesDescriptor["kind"]): Value<Point> {
  if (kind === "histogram") return new HistogramValue() as Value<Point>;
  return (kind === "counter" ? new CounterValue() : new GaugeValue()) as Value<Point>;
}

/** What a point is of. */
export function descriptorOf(metric: MetricInfo, point: Point): SeriesDescriptor {
  const { name, kind, unit, description } = metric;
  const { signals } = point;
  const attributes = sorted(point.attributes);
  const base = {
    name,
    kind,
    unit,
    description,
    attributes,
    category: categoryOf(name, attributes),
  };
  const told = signals === undefined ? base : { ...base, signals: signalsOf(signals) };
  if ("histogram" in point) {
    return { ...told, layout: shapeOf(point), scale: point.histogram.scale };
  }
  return point.saturation === undefined ? told : { ...told, saturation: true };
}

function shapeOf({ histogram }: HistogramPoint): NonNullable<SeriesDescriptor["layout"]> {
  const { lowest, highest, significantDigits } = histogram.layout;
  return [lowest, highest, significantDigits];
}

function signalsOf(signals: NonNullable<Point["signals"]>): SeriesDescriptor["signals"] {
  const { instrument, name } = signals;
  const base = { instrument, name, attributes: sorted(signals.attributes) };
  return "outcome" in signals ? { ...base, outcome: signals.outcome, type: signals.type } : base;
}

function sorted(attributes: Point["attributes"]): Point["attributes"] {
  const names = Object.keys(attributes);
  if (names.every((name, at) => at === 0 || names[at - 1] < name)) return attributes;
  return Object.fromEntries(names.sort().map((name) => [name, attributes[name]]));
}

/** The series of one instrument, found by their points. */
export class MetricSeries {
  /** Series in the order they had in the last batch: mostly that of the next. */
  readonly #byPlace: KeptSeries[] = [];
  readonly #byAttributes = new WeakMap<object, KeptSeries>();
  readonly #byText = new Map<string, KeptSeries>();

  constructor(
    private readonly metric: MetricInfo,
    private readonly ids: SeriesIds,
  ) {}

  /** @param place - of the point among those of its instrument */
  at(place: number, point: Point): KeptSeries {
    const last = this.#byPlace[place];
    if (last?.attributes === point.attributes && last.fits(point)) return last;
    const series = this.#of(point);
    series.attributes = point.attributes;
    this.#byPlace[place] = series;
    return series;
  }

  /** Lets go of one that is in no batch any more; it is found again if it comes back. */
  forget(series: KeptSeries): void {
    if (this.#byText.get(series.text) !== series) return;
    this.#byText.delete(series.text);
    series.seenIn = 0;
  }

  #of(point: Point): KeptSeries {
    const known = this.#byAttributes.get(point.attributes);
    if (known?.fits(point)) {
      if (known.seenIn === 0) this.#byText.set(known.text, known);
      return known;
    }
    const shape = "histogram" in point && [...shapeOf(point), point.histogram.scale];
    const text = JSON.stringify([sorted(point.attributes), point.signals, shape]);
    let series = this.#byText.get(text);
    if (series === undefined) {
      const descriptor = descriptorOf(this.metric, point);
      series = new KeptSeries(descriptor, this.ids.of(descriptor), text, point);
      this.#byText.set(text, series);
    }
    this.#byAttributes.set(point.attributes, series);
    return series;
  }
}
