import { Accumulator } from "./accumulator.js";
import type { ClosedHistogram } from "./closed-histogram.js";
import { Layout } from "./layout.js";

/** Adds histograms up, of one layout or of many. Accumulators are as large as their layout, so they are kept. */
export class Pool {
  readonly #accumulators = new Map<string, Accumulator>();

  /**
   * One histogram with the values of all: exactly, where layouts are alike. Values of another layout go in
   * by the middles of their slots, into one that is as fine and as wide as any of them.
   * @param histograms - at least one; the answer is in the unit of the first
   */
  sum(histograms: readonly ClosedHistogram[]): ClosedHistogram {
    const filled = histograms.filter(({ count }) => count > 0);
    const [first = histograms[0] as ClosedHistogram] = filled;
    if (filled.length < 2) return first;
    const { scale } = first;
    const accumulator = this.#accumulatorFor(layoutOf(filled, scale));
    for (const each of filled) add(accumulator, each, scale);
    return accumulator.take(scale);
  }

  #accumulatorFor(layout: Layout): Accumulator {
    const { lowest, highest, significantDigits } = layout;
    const key = `${lowest} ${highest} ${significantDigits}`;
    let accumulator = this.#accumulators.get(key);
    if (accumulator === undefined) {
      accumulator = new Accumulator(layout);
      this.#accumulators.set(key, accumulator);
    }
    return accumulator;
  }
}

function layoutOf(histograms: readonly ClosedHistogram[], scale: number): Layout {
  const { layout: first } = histograms[0] as ClosedHistogram;
  const isOne = histograms.every((each) => each.scale === scale && each.layout.equals(first));
  if (isOne) return first;
  let { lowest, highest, significantDigits } = first;
  for (const { layout, scale: own } of histograms) {
    const ratio = scale / own;
    lowest = Math.min(lowest, Math.max(1, Math.floor(layout.lowest * ratio)));
    highest = Math.max(highest, Math.ceil(layout.highest * ratio));
    significantDigits = Math.max(significantDigits, layout.significantDigits);
  }
  return new Layout({
    lowest,
    highest: Math.min(highest, Number.MAX_SAFE_INTEGER),
    significantDigits,
  });
}

function add(pool: Accumulator, histogram: ClosedHistogram, scale: number): void {
  const { layout } = pool;
  if (histogram.scale === scale && histogram.layout.equals(layout)) {
    pool.addClosed(histogram);
    return;
  }
  histogram.forEachSlot((slot, count) => {
    const units = Math.round((histogram.layout.medianOf(slot) / histogram.scale) * scale);
    pool.addSlot(layout.slotOf(Math.min(units, layout.highest)), count);
  });
}
