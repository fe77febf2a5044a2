import type { ClosedHistogram } from "../../histogram/closed-histogram.js";
import type { Layout } from "../../histogram/layout.js";
import type { AttributesData } from "../../snapshot/model.js";

/**
 * What one process tells another: text with everything but the histograms, and those as bytes, one after
 * the other. Both survive a structured clone; the bytes travel as base64 where messages are JSON.
 */
export interface Packed {
  /** Version of this form: see `WIRE_VERSION`. */
  readonly v: number;
  readonly head: string;
  /** Text: as base64. */
  readonly bytes: Uint8Array | string;
}

/** Grows with every change that an older reader would misread. */
export const WIRE_VERSION = 1;

/** Attributes of series are made once and frozen, so their text is as well. */
const texts = new WeakMap<object, string>();

/** Writes the text and the bytes of one part, the recording thread's whole share of the work. */
export class Packer {
  #bytes = new Uint8Array(16_384);
  #length = 0;
  readonly #layouts: { readonly layout: Layout; readonly scale: number }[] = [];

  /** Takes a histogram in. @returns its place in the text */
  histogram({ layout, scale, count, bytes, start, end }: ClosedHistogram): string {
    if (count === 0) return `[${this.#layout(layout, scale)},0,0]`;
    const length = end - start;
    if (this.#length + length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(length === bytes.length ? bytes : bytes.subarray(start, end), this.#length);
    this.#length += length;
    return `[${this.#layout(layout, scale)},${count},${length}]`;
  }

  attributes(attributes: AttributesData): string {
    let text = texts.get(attributes);
    if (text === undefined) {
      text = JSON.stringify(attributes);
      texts.set(attributes, text);
    }
    return text;
  }

  /** @param fields - further fields of the text: `"operations":[…]` */
  finish(fields: readonly string[]): Packed {
    const layouts = this.#layouts.map(({ layout, scale }) => {
      return [layout.lowest, layout.highest, layout.significantDigits, scale];
    });
    return {
      v: WIRE_VERSION,
      head: `{"layouts":${JSON.stringify(layouts)},${fields.join(",")}}`,
      bytes: this.#bytes.slice(0, this.#length),
    };
  }

  #layout(layout: Layout, scale: number): number {
    const at = this.#layouts.findIndex((each) => each.layout === layout && each.scale === scale);
    return at >= 0 ? at : this.#layouts.push({ layout, scale }) - 1;
  }
}
