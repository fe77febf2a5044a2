import type { Block } from "./block.js";

/**
 * What lies between two frames: the later one is the earlier one, and `added`, less `removed`. True of every
 * series that lived all the while: blocks that others took the place of are in neither list, and a merge
 * leaves out what has expired.
 */
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
      const { added, removed } = differenceOf(this.blocks, before.blocks);
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
      change = withoutReplaced(differenceOf(this.blocks, older.blocks));
      this.#changes.set(older, change);
    }
    return change;
  }
}

function differenceOf(ours: readonly Block[], theirs: readonly Block[]): Change {
  const now = new Set(ours);
  const before = new Set(theirs);
  return {
    added: ours.filter((block) => !before.has(block)),
    removed: theirs.filter((block) => !now.has(block)),
  };
}

/** Blocks hold all of their time, so those that cover the same time hold the same, however it is cut. */
function withoutReplaced({ added, removed }: Change): Change {
  if (added.length === 0 || removed.length === 0) return { added, removed };
  const now = inOrder(added);
  const before = inOrder(removed);
  const left = { added: [] as Block[], removed: [] as Block[] };
  let ours = 0;
  let theirs = 0;
  while (ours < now.length && theirs < before.length) {
    const { start } = now[ours];
    if (start < before[theirs].start) left.added.push(now[ours++]);
    else if (start > before[theirs].start) left.removed.push(before[theirs++]);
    else {
      const same = sameTime(now, ours, before, theirs);
      if (same === undefined) {
        left.added.push(now[ours++]);
        left.removed.push(before[theirs++]);
      } else [ours, theirs] = same;
    }
  }
  left.added.push(...now.slice(ours));
  left.removed.push(...before.slice(theirs));
  return left;
}

function inOrder(blocks: readonly Block[]): Block[] {
  return [...blocks].sort((one, other) => one.start - other.start);
}

/**
 * Blocks of either list that follow one another, until both have covered the same time.
 * @returns where the lists go on behind them; undefined when they never do
 */
function sameTime(
  ours: readonly Block[],
  from: number,
  theirs: readonly Block[],
  since: number,
): [number, number] | undefined {
  let at = from;
  let other = since;
  while (ours[at].end !== theirs[other].end) {
    const isShort = ours[at].end < theirs[other].end;
    const list = isShort ? ours : theirs;
    const last = isShort ? at++ : other++;
    if (list[last + 1]?.start !== list[last].end) return undefined;
  }
  return [at + 1, other + 1];
}
