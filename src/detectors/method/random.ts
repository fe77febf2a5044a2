/**
 * Numbers that look random, the same ones for the same seed; its whole state is one number.
 * @see Tommy Ettinger, Mulberry32
 */
export class Random {
  state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 0 ≤ x < 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** 0, 1 … below − 1. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }
}
