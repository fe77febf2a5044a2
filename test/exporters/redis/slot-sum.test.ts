import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SlotSum } from "../../../src/exporters/redis/slot-sum.js";
import { Accumulator, type ClosedHistogram, Layout } from "../../../src/histogram/index.js";

const layout = new Layout();
const sum = new SlotSum();
sum.reserve(layout.slots);

/** Few distinct slots, so that they collide; counts beyond one byte, and beyond two. */
const entries = fc.array(
  fc.tuple(
    fc.oneof(
      fc.integer({ min: 0, max: 70 }),
      fc.integer({ min: 0, max: layout.slots - 1 }),
      fc.constant(layout.slots - 1),
    ),
    fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 3_000_000 })),
  ),
  { maxLength: 60 },
);

function closed(...parts: readonly (readonly [number, number])[][]): ClosedHistogram {
  const accumulator = new Accumulator(layout);
  for (const [slot, count] of parts.flat()) accumulator.addSlot(slot, count);
  return accumulator.take(1);
}

function add({ bytes, start, end }: ClosedHistogram, sign?: 1 | -1): void {
  sum.add(bytes, start, end, sign);
}

function drained(): Buffer {
  const out = new Uint8Array(9 + sum.room);
  const end = sum.drain(out, 9);
  expect(end).toBeLessThanOrEqual(out.length);
  return Buffer.from(out.subarray(9, end));
}

describe("a sum of sparse histograms", () => {
  it("is byte for byte that of an accumulator", () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 5 }), (parts) => {
        for (const part of parts) add(closed(part));
        const all = closed(...parts);
        expect(drained()).toEqual(Buffer.from(all.bytes));
        expect(sum.drained).toBe(all.count);
      }),
      { numRuns: 1000 },
    );
  });

  it("is what is left when some of it is taken off, in whatever order", () => {
    fc.assert(
      fc.property(entries, entries, fc.boolean(), (kept, taken, isFirst) => {
        if (isFirst) add(closed(taken), -1);
        add(closed(kept, taken));
        if (!isFirst) add(closed(taken), -1);
        expect(drained()).toEqual(Buffer.from(closed(kept).bytes));
        expect(sum.drained).toBe(closed(kept).count);
      }),
      { numRuns: 1000 },
    );
  });

  it("tells by its count that more was taken off than was there, and starts anew all the same", () => {
    add(closed([[5, 3]]));
    add(closed([[7, 1]]), -1);
    drained();
    expect(sum.drained).toBe(3);
    expect(drained().length).toBe(0);
  });
});
