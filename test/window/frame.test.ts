import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Block, BlockWriter } from "../../src/window/block.js";
import { Frame } from "../../src/window/frame.js";

const NONE = new Float64Array(0);

/** A block of series 0 with as many values as it lasts ms. */
function block(start: number, end: number): Block {
  const writer = new BlockWriter();
  writer.begin(0);
  writer.out.put(1, end - start);
  writer.out.finish();
  writer.end(end - start);
  return writer.finish({ start, end, startWall: start, endWall: end }, 1, NONE, NONE);
}

const spans = (blocks: readonly Block[]) => blocks.map(({ start, end }) => [start, end]);

const between = (now: readonly Block[], before: readonly Block[]) => {
  const earlier = new Frame(before, 1);
  const { added, removed } = new Frame(now, 1, earlier).since(earlier);
  return [spans(added), spans(removed)];
};

const lasting = (blocks: readonly Block[]) => {
  return blocks.reduce((sum, { start, end }) => sum + end - start, 0);
};

describe("what lies between two frames", () => {
  it("is what came, however the time before is cut meanwhile", () => {
    const [kept, whole, last] = [block(0, 10), block(10, 40), block(40, 50)];
    const older = new Frame([block(30, 40), block(20, 30), block(10, 20), kept], 1);
    const newer = new Frame([last, whole, kept], 1, older);
    expect(newer.since(older)).toEqual({ added: [last], removed: [] });
    expect(newer.counts[0]).toBe(50);
  });

  it("is blocks that came and blocks that went where they cover other times", () => {
    const older = new Frame([block(10, 15), block(0, 10)], 1);
    const newer = new Frame([block(10, 20), block(0, 10)], 1, older);
    const { added, removed } = newer.since(older);
    expect(spans(added)).toEqual([[10, 20]]);
    expect(spans(removed)).toEqual([[10, 15]]);
    expect(newer.counts[0]).toBe(20);
  });

  it("has nothing of blocks that were only merged meanwhile, in whatever order they lie", () => {
    const [first, second, third, last] = [block(0, 1), block(1, 2), block(2, 3), block(3, 4)];
    expect(between([first, second], [first])).toEqual([[[1, 2]], []]);
    expect(between([block(0, 3), last], [third, first, second])).toEqual([[[3, 4]], []]);
    expect(between([block(0, 4)], [third, first, second, last])).toEqual([[], []]);
  });

  it("takes off what a new block holds beside what is new, and takes none with a gap for a whole one", () => {
    const [first, second, third] = [block(0, 1), block(1, 2), block(2, 3)];
    const each = [first, second, third];
    expect(between([block(0, 4)], each)).toEqual([[[0, 4]], spans(each)]);
    expect(between([block(0, 3)], [first, third])).toEqual([[[0, 3]], spans([first, third])]);
    expect(between([block(0, 3)], [second, third])).toEqual([[[0, 3]], spans([second, third])]);
  });

  it("adds up to the later one, whatever was merged and given up", () => {
    const cuts = fc.uniqueArray(fc.nat(30), { minLength: 2, maxLength: 12 });
    const blocksOf = (at: readonly number[], gone: number): Block[] => {
      const sorted = [...at].sort((a, b) => a - b);
      const blocks = sorted.slice(1).map((end, i) => block(sorted[i] as number, end));
      return blocks.slice(gone).toReversed();
    };
    const cutting = fc.tuple(cuts, fc.nat(3));
    fc.assert(
      fc.property(cutting, cutting, ([before, gone], [now, lost]) => {
        const older = new Frame(blocksOf(before, gone), 1);
        const newer = new Frame(blocksOf(now, lost), 1, older);
        const { added, removed } = newer.since(older);
        const sum = lasting(older.blocks) + lasting(added) - lasting(removed);
        expect(sum).toBe(lasting(newer.blocks));
        expect(newer.counts[0]).toBe(lasting(newer.blocks));
      }),
    );
  });
});
