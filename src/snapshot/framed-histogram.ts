import { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { HistogramSeries } from "../instruments/histogram.js";
import type { Block } from "../window/block.js";
import type { Frame } from "../window/frame.js";
import type { Scratch } from "../window/merge-job.js";

/**
 * The total of one series in one frame. How many values there are is known at once; they are merged only
 * when somebody reads them, and who knows an earlier frame reads no more than what came since.
 */
export class FramedHistogram extends ClosedHistogram {
  readonly id: number;
  /** Tells the lives of a series apart: it may have expired and come back under the same id. */
  readonly bornAt: number;
  /** Of frames in which the series has the same values, the last: the earlier ones are let go of. */
  frame: Frame;

  constructor(
    readonly series: HistogramSeries,
    scale: number,
    frame: Frame,
    private readonly scratch: Scratch,
  ) {
    super(series.layout, scale, countIn(frame, series.id), undefined);
    this.id = series.id;
    this.bornAt = series.bornAt;
    this.frame = frame;
  }

  /** Whether the series has the same values in a later frame, and so needs no other histogram. */
  isOf(series: HistogramSeries, scale: number, frame: Frame): boolean {
    const { id, bornAt, count } = this;
    if (id !== series.id || bornAt !== series.bornAt || scale !== this.scale) return false;
    if (countIn(frame, id) !== count) return false;
    if (frame.sequence > this.frame.sequence) this.frame = frame;
    return true;
  }

  /**
   * What came since an earlier reading.
   * @returns undefined when that is not one of the same series
   */
  since(before: ClosedHistogram): ClosedHistogram | undefined {
    if (!(before instanceof FramedHistogram) || !before.isAlike(this)) return undefined;
    const { id, layout, scale } = this;
    const count = this.count - before.count;
    if (count === 0) return new ClosedHistogram(layout, scale, 0, NOTHING);
    const { added, removed } = this.frame.since(before.frame);
    const isIn = (block: Block): boolean => block.positionOf(id) >= 0;
    const parts = added.filter(isIn);
    const [only] = parts;
    if (only !== undefined && parts.length === 1 && !removed.some(isIn)) {
      const at = only.positionOf(id);
      const { payload, starts } = only;
      return new ClosedHistogram(layout, scale, count, payload, starts[at], starts[at + 1]);
    }
    const accumulator = this.scratch.for(layout);
    for (const block of parts) block.addTo(accumulator, id);
    for (const block of removed) block.addTo(accumulator, id, -1);
    return accumulator.take(scale);
  }

  /** Whether both are of one life of one series, in one unit. */
  isAlike({ series, id, bornAt, scale }: FramedHistogram): boolean {
    const isSame = series === this.series && id === this.id && bornAt === this.bornAt;
    return isSame && scale === this.scale;
  }

  protected override payload(): Uint8Array {
    const accumulator = this.scratch.for(this.layout);
    for (const block of this.frame.blocks) block.addTo(accumulator, this.id);
    return accumulator.take(this.scale).bytes;
  }
}

const NOTHING = new Uint8Array(0);

/** A series that was admitted after the frame is not in it. */
function countIn({ counts }: Frame, id: number): number {
  return id >= 0 && id < counts.length ? counts[id] : 0;
}
