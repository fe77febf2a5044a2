import type { AttributesData, HistogramPoint } from "../../snapshot/batch.js";
import type { ExplicitTally } from "../../snapshot/buckets.js";
import { type Pieces, tag, writeExemplars, writeExtremes } from "./protobuf-pieces.js";
import { ProtobufWriter } from "./protobuf-writer.js";

/** Where a point's count and sum stand, behind its times and their tags. */
const COUNT = 19;
const SUM = 28;

/** A point that was written. */
interface Place {
  /** Undefined for one that another one must not be put in the place of. */
  readonly tally: ExplicitTally | undefined;
  readonly attributes: AttributesData;
  readonly start: number;
  readonly end: number;
  /** Where the counts of its buckets begin. */
  readonly counts: number;
  /** Number of its values. */
  count: number;
}

/**
 * The points of one metric with explicit buckets, as they were written last. All their numbers have a fixed
 * width, so as long as points are those of the last time, what is new is put in where the old stood; from the
 * first other one on, all is written anew.
 */
export class ExplicitPoints {
  readonly #out = new ProtobufWriter();
  readonly #places: Place[] = [];
  #next = 0;
  #bounds: readonly number[] = [];
  #times: Uint8Array = new Uint8Array(0);
  /** How many bytes of `#times` stand in every place already. */
  #settled = 0;

  constructor(private readonly pieces: Pieces) {}

  /** @param times - start and end, with their tags, of every point to come */
  begin(bounds: readonly number[], times: Uint8Array): void {
    this.#next = 0;
    this.#bounds = bounds;
    this.#settled = this.#times.findIndex((byte, at) => byte !== times[at]);
    if (this.#settled < 0) this.#settled = this.#times.length;
    this.#times = times;
  }

  put(point: HistogramPoint, tally: ExplicitTally): void {
    const place = this.#places[this.#next];
    const isSame = place?.tally === tally && place.attributes === point.attributes;
    if (isSame && point.exemplars === undefined) this.#renew(place, tally);
    else {
      this.#cut();
      this.#places.push(this.#write(point, tally));
    }
    this.#next++;
  }

  /** What stands there until the next `begin`. */
  finish(): Uint8Array {
    this.#cut();
    return this.#out.finish();
  }

  #renew(place: Place, tally: ExplicitTally): void {
    const out = this.#out;
    out.rawAt(place.start, this.#times, this.#settled);
    if (place.count === tally.count) return;
    const { counts, count, sum, min, max } = tally;
    const isNext = place.count === tally.countBefore;
    const first = isNext ? tally.firstChanged : 0;
    const last = isNext ? tally.lastChanged : counts.length - 1;
    place.count = count;
    out.fixed64At(place.start + COUNT, count);
    out.doubleAt(place.start + SUM, sum);
    for (let i = first; i <= last; i++) out.fixed64At(place.counts + i * 8, counts[i]);
    out.doubleAt(place.end - 17, min);
    out.doubleAt(place.end - 8, max);
  }

  #write({ attributes, exemplars }: HistogramPoint, tally: ExplicitTally): Place {
    const out = this.#out;
    const { counts, count } = tally;
    out.byte(tag(1, 2));
    const message = out.open(2);
    out.raw(this.#times);
    out.byte(tag(4, 1));
    out.fixed64(count);
    out.byte(tag(5, 1));
    out.double(tally.sum);
    out.byte(tag(6, 2));
    out.varint(counts.length * 8);
    const first = out.length;
    for (let i = 0; i < counts.length; i++) out.fixed64(counts[i]);
    out.raw(this.pieces.bounds(this.#bounds));
    out.raw(this.pieces.attributes(attributes, 9));
    if (count > 0) writeExtremes(out, 11, tally);
    writeExemplars(out, 8, exemplars);
    const size = out.length - message;
    out.close(message, 2);
    const end = out.length;
    const start = end - size;
    const isKept = tally.series !== undefined && count > 0 && exemplars === undefined;
    return {
      tally: isKept ? tally : undefined,
      attributes,
      start,
      end,
      counts: start + first - message,
      count,
    };
  }

  /** Drops the points from here on, which are others now. */
  #cut(): void {
    if (this.#next === this.#places.length) return;
    this.#out.length = this.#places[this.#next - 1]?.end ?? 0;
    this.#places.length = this.#next;
  }
}
