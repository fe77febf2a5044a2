import type { ClosedHistogram } from "../../histogram/closed-histogram.js";
import { MAX_ENTRY, SparseReader, writeCount, writeEmpty } from "../../histogram/sparse.js";
import { HEADER_BYTES, writeHead } from "./payload.js";
import type { Scratch } from "./scratch.js";

/**
 * Puts the payload of `now − before` together, where `before` is an earlier reading of the same histogram.
 *
 * The two are read in step. Most of their bytes are the same, and those cost a comparison each; adding
 * and subtracting in a dense array takes twice as long and allocates.
 * @returns false when `before` is no earlier reading; the payload is then of no use
 */
export function difference(
  now: ClosedHistogram,
  before: ClosedHistogram,
  scratch: Scratch,
): boolean {
  const { bytes: ours, end: aEnd } = now;
  const { bytes: theirs, end: bEnd } = before;
  scratch.reserve(aEnd - now.start + MAX_ENTRY + HEADER_BYTES);
  const out = scratch.bytes;
  const a = new SparseReader(ours);
  const b = new SparseReader(theirs);
  let aAt = now.start;
  let bAt = before.start;
  /** The slot that the next number of each is about. */
  let aSlot = 0;
  let bSlot = 0;
  let length = HEADER_BYTES;
  /** The slot after the last one written. */
  let next = 0;
  let left = now.count - before.count;
  while (aAt < aEnd) {
    if (aSlot === bSlot) {
      // Numbers of one byte in both: the same, or a count that has grown.
      const ahead = bAt - aAt;
      const end = Math.min(aEnd, bEnd - ahead);
      while (aAt < end) {
        const z = ours[aAt];
        const y = theirs[aAt + ahead];
        if (z === y) {
          if (z > 127) break;
          aSlot += 1 + ((z >>> 1) & -(z & 1));
        } else {
          const either = z | y;
          if ((either & 129) !== 0 || y > z) break;
          const empty = aSlot - next;
          if (empty > 64) length = writeEmpty(out, length, empty);
          else if (empty > 0) out[length++] = empty === 1 ? 0 : (empty << 1) - 1;
          out[length++] = z - y;
          left -= (z - y) >>> 1;
          next = ++aSlot;
        }
        aAt++;
      }
      bAt = aAt + ahead;
      bSlot = aSlot;
      if (aAt >= aEnd) break;
    }
    a.position = aAt;
    b.position = bAt;
    const z = a.number();
    if (z % 2 === 1) {
      aSlot += (z + 1) / 2;
      // Slots that are empty now were empty before.
      while (bSlot < aSlot && b.position < bEnd) {
        const y = b.number();
        if (y % 2 === 1) bSlot += (y + 1) / 2;
        else if (y === 0) bSlot++;
        else return false;
      }
    } else {
      let count = z / 2;
      if (bSlot === aSlot && bAt < bEnd) {
        const y = b.number();
        if (y % 2 === 1) bSlot += (y + 1) / 2;
        else {
          count -= y / 2;
          bSlot++;
        }
      }
      if (count < 0) return false;
      if (count > 0) {
        length = writeCount(out, writeEmpty(out, length, aSlot - next), count);
        next = aSlot + 1;
        left -= count;
      }
      aSlot++;
    }
    aAt = a.position;
    bAt = b.position;
  }
  scratch.start = writeHead(out, now.count - before.count);
  scratch.end = length;
  return left === 0;
}
