import type { FramedHistogram } from "../../snapshot/framed-histogram.js";

type Frame = FramedHistogram["frame"];
export type Block = Frame["blocks"][number];

/** What lies between two frames: the later one is the earlier one, and `added`, less `removed`. */
export interface FrameChange {
  readonly added: readonly Block[];
  readonly removed: readonly Block[];
}

/**
 * What lies between frames, without blocks that were only merged meanwhile: when ten of a second have become
 * one, the one is those ten. So what is left is about as small as what was recorded.
 */
export class FrameChanges {
  #last: { readonly now: Frame; readonly before: Frame; readonly change: FrameChange } | undefined;
  readonly #known = new WeakMap<object, FrameChange>();

  between(now: Frame, before: Frame): FrameChange {
    const last = this.#last;
    if (last?.now === now && last.before === before) return last.change;
    const whole = now.since(before);
    let change = this.#known.get(whole);
    if (change === undefined) {
      change = netOf(whole);
      this.#known.set(whole, change);
    }
    this.#last = { now, before, change };
    return change;
  }
}

function netOf({ added, removed }: FrameChange): FrameChange {
  const left = new Set(removed);
  const isNew = (block: Block): boolean => {
    const parts = removed.filter(({ start, end }) => start >= block.start && end <= block.end);
    if (!isTiled(block, parts)) return true;
    for (const part of parts) left.delete(part);
    return false;
  };
  const fresh = added.filter(isNew);
  return { added: fresh, removed: [...left] };
}

/** Whether the parts, one after the other, are all of the block. */
function isTiled(block: Block, parts: readonly Block[]): boolean {
  const inOrder = parts.toSorted((one, other) => one.start - other.start);
  let end = block.start;
  for (const part of inOrder) {
    if (part.start !== end) return false;
    end = part.end;
  }
  return end === block.end && inOrder.length > 0;
}
