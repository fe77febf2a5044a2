import { SlotSum } from "./slot-sum.js";

/** Where one payload is put together, in place and again and again; it lies in `[start, end)`. */
export class Scratch {
  /** For whoever puts one together; empty between uses. */
  readonly sum = new SlotSum();
  bytes = new Uint8Array(4096);
  start = 0;
  end = 0;

  /** Makes room for a payload of that many bytes; what was in it is gone. */
  reserve(length: number): void {
    if (this.bytes.length < length) this.bytes = new Uint8Array(length * 2);
  }

  /** Puts a payload in that was made elsewhere. */
  set(payload: Uint8Array): void {
    this.reserve(payload.length);
    this.bytes.set(payload);
    this.start = 0;
    this.end = payload.length;
  }

  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(this.start, this.end));
  }
}
