import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { difference } from "../../../src/exporters/redis/difference.js";
import { encodeHistogram } from "../../../src/exporters/redis/schema.js";
import { Scratch } from "../../../src/exporters/redis/scratch.js";
import { Accumulator, type ClosedHistogram, Layout } from "../../../src/histogram/index.js";

const layout = new Layout();
const scratch = new Scratch();

/** Few distinct slots, so that they collide; counts beyond one byte, and beyond two. */
const entries = fc.array(
  fc.tuple(
    fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3327 })),
    fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 3_000_000 })),
  ),
  { maxLength: 60 },
);

function closed(...parts: readonly (readonly [number, number])[][]): ClosedHistogram {
  const accumulator = new Accumulator(layout);
  for (const [slot, count] of parts.flat()) accumulator.addSlot(slot, count);
  return accumulator.take(1e6);
}

function taken(now: ClosedHistogram, before: ClosedHistogram): Buffer | undefined {
  return difference(now, before, scratch) ? scratch.copy() : undefined;
}

describe("the difference of two readings of a histogram", () => {
  it("is what was recorded between them", () => {
    fc.assert(
      fc.property(entries, entries, (earlier, later) => {
        expect(taken(closed(earlier, later), closed(earlier))).toEqual(
          encodeHistogram(closed(later)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("is told from that of two histograms that are not", () => {
    fc.assert(
      fc.property(entries, entries, (one, other) => {
        const [now, before] = [closed(one), closed(other)];
        const accumulator = new Accumulator(layout);
        accumulator.addClosed(now);
        accumulator.addClosed(before, -1);
        const isEarlier = other.every(([slot]) => countOf(before, slot) <= countOf(now, slot));
        if (!isEarlier) expect(taken(now, before)).toBeUndefined();
        else expect(taken(now, before)).toEqual(encodeHistogram(accumulator.take(1e6)));
      }),
      { numRuns: 2000 },
    );
  });
});

function countOf(histogram: ClosedHistogram, wanted: number): number {
  let found = 0;
  histogram.forEachSlot((slot, count) => {
    if (slot === wanted) found = count;
  });
  return found;
}
