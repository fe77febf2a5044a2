import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { Layout } from "../histogram/layout.js";
import type { Block } from "../window/block.js";
import type { Change, Frame } from "../window/frame.js";
import { FilledSlots } from "./filled-slots.js";
import { FramedHistogram } from "./framed-histogram.js";

const filled = new FilledSlots();

/** Some figures of the values of one histogram that can be kept up to date: values come, and are taken off. */
export abstract class Tally {
  /** The series it is of, and which of its lives. */
  series: object | undefined;
  bornAt = 0;
  /** Number of the reader's frame that it is up to date with. */
  turn = 0;
  /** How many values it has, and had before the last that came. */
  count = 0;
  countBefore = 0;
  /** In layout units. */
  #sum = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = -1;

  constructor(
    readonly layout: Layout,
    /** Layout units per unit of the histogram. */
    readonly units: number,
  ) {}

  /** Of all values, from slot middles, in the histogram's unit; 0 when empty, as `min` and `max`. */
  get sum(): number {
    return this.#sum / this.units;
  }

  get min(): number {
    return this.#highest < 0 ? 0 : this.layout.lowestIn(this.#lowest) / this.units;
  }

  get max(): number {
    return this.#highest < 0 ? 0 : this.layout.highestIn(this.#highest) / this.units;
  }

  protected abstract put(
    slots: Int32Array,
    amounts: Float64Array,
    length: number,
    sign: 1 | -1,
  ): void;
  protected abstract empty(): void;

  /** Says that what comes now came since the last reading. */
  renew(): void {
    this.countBefore = this.count;
  }

  reset(): void {
    this.#sum = 0;
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#highest = -1;
    this.empty();
  }

  /** Values that are taken off came in with others, so smallest and largest stay. */
  add(bytes: Uint8Array, start: number, end: number, sign: 1 | -1): void {
    filled.read(this.layout, bytes, start, end);
    const { slots, counts, length, sum } = filled;
    if (length === 0) return;
    this.#sum += sign * sum;
    if (sign > 0) {
      if (slots[0] < this.#lowest) this.#lowest = slots[0];
      if (slots[length - 1] > this.#highest) this.#highest = slots[length - 1];
    }
    this.put(slots, counts, length, sign);
  }
}

/**
 * The tallies of one reader. A series that it has read in the frame before costs what came since; any other
 * histogram is read whole.
 */
export class Tallies<T extends Tally> {
  /** By series id. */
  readonly #known: T[] = [];
  /** For histograms that are of no frame. */
  #passing: T | undefined;
  #frame: Frame | undefined;
  #change: Change | undefined;
  #turn = 0;

  constructor(private readonly make: (layout: Layout, units: number) => T) {}

  of(histogram: ClosedHistogram): T {
    if (!(histogram instanceof FramedHistogram) || histogram.id < 0) return this.#whole(histogram);
    const { id, series, bornAt, scale, count, frame } = histogram;
    let tally = this.#known[id];
    if (tally?.series !== series || tally.bornAt !== bornAt || tally.units !== scale) {
      tally = this.make(histogram.layout, scale);
      tally.series = series;
      tally.bornAt = bornAt;
      this.#known[id] = tally;
    }
    if (frame !== this.#frame && !this.#moveTo(frame)) return this.#whole(histogram);
    const { turn } = tally;
    tally.turn = this.#turn;
    if (tally.count === count) return tally;
    tally.renew();
    if (turn === this.#turn - 1 && this.#change !== undefined) {
      addAll(tally, id, this.#change.added, 1);
      addAll(tally, id, this.#change.removed, -1);
    } else {
      tally.reset();
      addAll(tally, id, frame.blocks, 1);
    }
    tally.count = count;
    return tally;
  }

  /** Frames come in order, but for a batch that is read while another one is. */
  #moveTo(frame: Frame): boolean {
    if (this.#frame !== undefined && frame.sequence < this.#frame.sequence) return false;
    this.#change = this.#frame && frame.since(this.#frame);
    this.#frame = frame;
    this.#turn++;
    return true;
  }

  #whole(histogram: ClosedHistogram): T {
    const { layout, scale, bytes, start, end } = histogram;
    if (this.#passing?.layout !== layout || this.#passing.units !== scale)
      this.#passing = this.make(layout, scale);
    this.#passing.reset();
    this.#passing.add(bytes, start, end, 1);
    this.#passing.count = histogram.count;
    return this.#passing;
  }
}

function addAll(tally: Tally, id: number, blocks: readonly Block[], sign: 1 | -1): void {
  for (const block of blocks) {
    const at = block.positionOf(id);
    if (at < 0) continue;
    const { payload, starts } = block;
    tally.add(payload, starts[at], starts[at + 1], sign);
  }
}
