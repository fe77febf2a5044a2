import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Accumulator } from "../../src/histogram/accumulator.js";
import { Layout } from "../../src/histogram/layout.js";
import { Recorder, ValueTally } from "../../src/histogram/recorder.js";
import { Slabs } from "../../src/histogram/slabs.js";
import { SparseWriter } from "../../src/histogram/sparse.js";

function harvested(recorder: Recorder): { count: number; slots: [number, number][] } {
  const out = new SparseWriter();
  const count = recorder.harvest(out);
  const accumulator = new Accumulator(recorder.layout);
  accumulator.add(out.bytes, 0, out.length, count);
  const slots: [number, number][] = [];
  accumulator.take(1).forEachSlot((slot, times) => slots.push([slot, times]));
  return { count, slots };
}

describe("recorders that share slabs", () => {
  // Large pages and many recorders: slabs fill up, and a recorder that needs one more page must move.
  it.each([1, 2, 3, 4])(
    "keep their counts apart, with %i digits, however slabs fill up",
    (digits) => {
      fc.assert(
        fc.property(
          fc.array(
            fc.tuple(fc.nat({ max: 59 }), fc.integer({ min: 0, max: 31 }), fc.nat({ max: 1000 })),
            { maxLength: 600 },
          ),
          (records) => {
            const layout = new Layout({ significantDigits: digits });
            const slabs = new Slabs<Recorder>(layout);
            const tally = new ValueTally();
            const shared = { layout, scale: 1, tally, slabs, admit: (self: Recorder) => self };
            const recorders = Array.from({ length: 60 }, () => new Recorder(shared));
            for (const interval of [records, records.slice(0, 50)]) {
              const expected = recorders.map(() => new Map<number, number>());
              for (const [which, octave, offset] of interval) {
                const value = Math.min(layout.highest, 2 ** octave + offset);
                recorders[which].record(value);
                const slot = layout.slotOf(value);
                expected[which].set(slot, (expected[which].get(slot) ?? 0) + 1);
              }
              recorders.forEach((recorder, which) => {
                const { count, slots } = harvested(recorder);
                expect(slots).toEqual([...expected[which]].sort(([a], [b]) => a - b));
                expect(count).toBe([...expected[which].values()].reduce((a, b) => a + b, 0));
              });
              slabs.holders = [];
              slabs.giveBack();
            }
          },
        ),
        { numRuns: digits === 4 ? 10 : 40 },
      );
    },
  );

  it("take little more room in turns than one after the other", () => {
    const layout = new Layout({ significantDigits: 2 });
    const bytesOf = (order: (record: (which: number, value: number) => void) => void): number => {
      const slabs = new Slabs<Recorder>(layout);
      const tally = new ValueTally();
      const shared = { layout, scale: 1, tally, slabs, admit: (self: Recorder) => self };
      const recorders = Array.from({ length: 1000 }, () => new Recorder(shared));
      order((which, value) => recorders[which]?.record(value));
      return slabs.bytes;
    };
    const octaves = [300, 1000, 3000, 9000, 20_000];
    const inTurns = bytesOf((record) => {
      for (const value of octaves) for (let i = 0; i < 1000; i++) record(i, value);
    });
    const inSequence = bytesOf((record) => {
      for (let i = 0; i < 1000; i++) for (const value of octaves) record(i, value);
    });
    expect(inTurns).toBeLessThan(4 * inSequence);
  });

  it("hold no counts between intervals, and give slabs back that stand unused", () => {
    const layout = new Layout();
    const slabs = new Slabs<Recorder>(layout);
    const shared = {
      layout,
      scale: 1,
      tally: new ValueTally(),
      slabs,
      admit: (self: Recorder) => self,
    };
    const recorders = Array.from({ length: 1000 }, () => new Recorder(shared));
    const close = () => {
      for (const recorder of slabs.holders) recorder.harvest(new SparseWriter());
      slabs.holders = [];
      slabs.giveBack();
    };
    for (const recorder of recorders)
      for (const value of [10, 1000, 100_000]) recorder.record(value);
    const busy = slabs.bytes;
    expect(busy).toBeGreaterThan(1000 * 3 * 512);
    expect(busy).toBeLessThan(1000 * 3 * 1024);
    close();
    for (let i = 0; i < 20; i++) {
      recorders[0].record(1);
      close();
    }
    expect(slabs.bytes).toBeLessThanOrEqual(2 * 65_536 * 4);
  });

  it("ask for admission once an interval, and pass values on when it is refused", () => {
    const layout = new Layout();
    const slabs = new Slabs<Recorder>(layout);
    const tally = new ValueTally();
    const taker = new Recorder({ layout, scale: 1, tally, slabs, admit: (self) => self });
    let asked = 0;
    const refused = new Recorder({
      layout,
      scale: 1,
      tally,
      slabs,
      admit: () => {
        asked++;
        return taker;
      },
    });
    for (let i = 0; i < 5; i++) refused.record(i * 1000);
    expect(asked).toBe(5);
    expect(harvested(taker).count).toBe(5);
  });
});

describe("a layout", () => {
  it.each([
    [{}, 3328],
    [{ significantDigits: 3 }, 23_552],
  ])("of %j has the slots that HdrHistogram has", (options, slots) => {
    expect(new Layout(options).slots).toBe(slots);
  });

  it.each([
    [{ significantDigits: 0 }, "significantDigits is 0"],
    [{ significantDigits: 2.5 }, "significantDigits is 2.5"],
    [{ lowest: 0 }, "lowest is 0"],
    [{ lowest: 10, highest: 19 }, "highest is 19"],
    [{ highest: Number.POSITIVE_INFINITY }, "highest is Infinity"],
    [{ lowest: 1 << 20, significantDigits: 4, highest: 2 ** 40 }, "more than 30 bits"],
  ])("refuses %j and says why", (options, message) => {
    expect(() => new Layout(options)).toThrow(message);
  });
});
