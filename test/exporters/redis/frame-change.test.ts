import { describe, expect, it } from "vitest";
import { FrameChanges } from "../../../src/exporters/redis/frame-change.js";
import { Block } from "../../../src/window/block.js";
import { Frame } from "../../../src/window/frame.js";

const NONE = new Float64Array(0);

function block(start: number, end: number): Block {
  const empty = new Uint32Array(1);
  return new Block(
    start,
    end,
    start,
    end,
    new Int32Array(0),
    empty,
    NONE,
    new Uint8Array(0),
    NONE,
    NONE,
  );
}

function spans(blocks: readonly Block[]): readonly string[] {
  return blocks.map(({ start, end }) => `${start}-${end}`);
}

function between(now: readonly Block[], before: readonly Block[]): readonly (readonly string[])[] {
  const earlier = new Frame(before, 0);
  const { added, removed } = new FrameChanges().between(new Frame(now, 0, earlier), earlier);
  return [spans(added), spans(removed)];
}

describe("what lies between two frames", () => {
  const [first, second, third, last] = [block(0, 1), block(1, 2), block(2, 3), block(3, 4)];

  it("is what was recorded between them", () => {
    expect(between([first, second], [first])).toEqual([["1-2"], []]);
  });

  it("has nothing of blocks that were only merged meanwhile, in whatever order they lie", () => {
    expect(between([block(0, 3), last], [third, first, second])).toEqual([["3-4"], []]);
    expect(between([block(0, 4)], [third, first, second, last])).toEqual([[], []]);
  });

  it("takes off what a new block holds beside what is new", () => {
    expect(between([block(0, 4)], [first, second, third])).toEqual([
      ["0-4"],
      ["0-1", "1-2", "2-3"],
    ]);
  });

  it("does not take blocks with a gap between them for a whole one", () => {
    expect(between([block(0, 3)], [first, third])).toEqual([["0-3"], ["0-1", "2-3"]]);
    expect(between([block(0, 3)], [second, third])).toEqual([["0-3"], ["1-2", "2-3"]]);
  });
});
