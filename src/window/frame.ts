import type { Block } from "./block.js";

/** What lies between two frames: the later one is the earlier one, and `added`, less `removed`. */
export interface Change {
  readonly added: readonly Block[];
  readonly removed: readonly Block[];
}

/**
 * All that was ever recorded up to one instant, as the blocks it is made of. Immutable.
 *
 * Two frames share most of their blocks, so what came between is a few small ones to add and, where blocks
 * were merged meanwhile, some to take off: a reader that remembers its last frame pays for what is new.
 */
export class Frame {
  /** By histogram id: how many values there are. Ids that are no more may hold anything. */
  readonly counts: Float64Array;
  /** Grows from frame to frame. */
  readonly sequence: number;
  /** By the earlier frame, which this one does not keep alive. */
  readonly #changes = new WeakMap<Frame, Change>();

  /** @param before - an earlier one, which the counts are taken over from */
  constructor(
    readonly blocks: readonly Block[],
    readonly ids: number,
    before?: Frame,
  ) {
    this.sequence = before === undefined ? 0 : before.sequence + 1;
    this.counts = new Float64Array(ids);
    if (before === undefined) for (const block of blocks) block.addCounts(this.counts, 1);
    else {
      this.counts.set(before.counts.subarray(0, ids));
      const { added, removed } = this.since(before);
      for (const block of added) block.addCounts(this.counts, 1);
      for (const block of removed) block.addCounts(this.counts, -1);
    }
  }

  /** Whether another one of these blocks would be the same. */
  is(blocks: readonly Block[], ids: number): boolean {
    if (ids !== this.ids || blocks.length !== this.blocks.length) return false;
    return blocks.every((block, at) => block === this.blocks[at]);
  }

  /** Answers are kept: whoever asks does so for one series after the other. */
  since(older: Frame): Change {
    let change = this.#changes.get(older);
    if (change === undefined) {
      const ours = new Set(this.blocks);
      const theirs = new Set(older.blocks);
      const added = this.blocks.filter((block) => !theirs.has(block));
      change = { added, removed: older.blocks.filter((block) => !ours.has(block)) };
      this.#changes.set(older, change);
    }
    return change;
  }
}
