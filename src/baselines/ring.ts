import { floatsOf, textOfFloats } from "./floats.js";

const FIRST_CAPACITY = 64;

/**
 * The last so many steps of a series, several figures a step; NaN where nothing is known. It grows as it
 * fills, to `capacity` steps of four bytes a figure.
 */
export class Ring {
  #data: Float32Array;
  /** Number of the newest step; every step has a number, counted from the epoch. */
  #newest = Number.NaN;
  /** Steps from the oldest known to the newest. */
  #length = 0;

  constructor(
    readonly fields: number,
    private readonly capacity: number,
  ) {
    this.#data = new Float32Array(fields * Math.min(FIRST_CAPACITY, capacity));
  }

  get bytes(): number {
    return this.#data.byteLength;
  }

  /** Sets the figures of a step, which is the newest from then on; an older one is left out. */
  put(step: number, figures: readonly number[]): void {
    if (step <= this.#newest) return;
    const skipped = Number.isNaN(this.#newest) ? 1 : step - this.#newest;
    this.#length = Math.min(this.capacity, this.#length + skipped);
    this.#fit();
    const empty = Math.min(skipped - 1, this.#size - 1);
    for (let back = 1; back <= empty; back++) this.#write(step - back, undefined);
    this.#newest = step;
    this.#write(step, figures);
  }

  clear(): void {
    this.#newest = Number.NaN;
    this.#length = 0;
  }

  /** Calls back for each step that is known, oldest first. */
  forEach(field: number, tell: (step: number, figure: number) => void): void {
    for (let step = this.#newest - this.#length + 1; step <= this.#newest; step++) {
      const figure = this.#data[this.#at(step) + field] as number;
      if (!Number.isNaN(figure)) tell(step, figure);
    }
  }

  save(): unknown {
    if (this.#length === 0) return null;
    const flat = new Float32Array(this.#length * this.fields);
    for (let i = 0; i < this.#length; i++) {
      const from = this.#at(this.#newest - this.#length + 1 + i);
      flat.set(this.#data.subarray(from, from + this.fields), i * this.fields);
    }
    return [this.#newest, textOfFloats(flat)];
  }

  /** @returns false for what it cannot read, which leaves it as it was */
  restore(state: unknown): boolean {
    if (state === null) return true;
    if (!Array.isArray(state) || state.length !== 2) return false;
    const [newest, text] = state as unknown[];
    const flat = floatsOf(text);
    if (flat === undefined || !Number.isSafeInteger(newest)) return false;
    const length = flat.length / this.fields;
    if (!Number.isInteger(length) || length < 1 || length > this.capacity) return false;
    this.#length = length;
    this.#newest = Number.NaN;
    this.#fit();
    this.#newest = newest as number;
    for (let i = 0; i < length; i++) {
      const from = i * this.fields;
      this.#write(this.#newest - length + 1 + i, [...flat.subarray(from, from + this.fields)]);
    }
    return true;
  }

  get #size(): number {
    return this.#data.length / this.fields;
  }

  #at(step: number): number {
    const size = this.#size;
    return (((step % size) + size) % size) * this.fields;
  }

  #write(step: number, figures: readonly number[] | undefined): void {
    const at = this.#at(step);
    for (let field = 0; field < this.fields; field++) {
      this.#data[at + field] = figures?.[field] ?? Number.NaN;
    }
  }

  /** Makes room for `length` steps, those known moved along. */
  #fit(): void {
    if (this.#length <= this.#size) return;
    const size = Math.min(this.capacity, Math.max(this.#length, 2 * this.#size));
    const old = this.#data;
    const oldSize = this.#size;
    this.#data = new Float32Array(size * this.fields);
    if (Number.isNaN(this.#newest)) return;
    for (let step = this.#newest - oldSize + 1; step <= this.#newest; step++) {
      const from = (((step % oldSize) + oldSize) % oldSize) * this.fields;
      this.#data.set(old.subarray(from, from + this.fields), this.#at(step));
    }
  }
}
