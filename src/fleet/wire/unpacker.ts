import { AttributeTally, cleanAttributes } from "../../attributes/attributes.js";
import { ClosedHistogram } from "../../histogram/closed-histogram.js";
import { Layout } from "../../histogram/layout.js";
import { SparseReader } from "../../histogram/sparse.js";
import type { AttributesData } from "../../snapshot/model.js";
import type { MissingReason } from "../model.js";
import { type Packed, WIRE_VERSION } from "./packer.js";

/** Most of one part: text in UTF-16 units, histograms in bytes. A series is about 150 and 100 of them. */
export const MAX_PART = 32 * 1024 * 1024;
/** Most layouts of one part. */
const MAX_LAYOUTS = 1000;

/** A part that cannot be used, and why. */
export class WireFault extends Error {
  override readonly name = "WireFault";

  constructor(
    readonly reason: MissingReason,
    what: string,
  ) {
    super(`a part of a fleet is ${reason}: ${what}`);
  }
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a part that somebody sent, with everything checked. @throws WireFault */
export class Unpacker {
  readonly head: Json;
  readonly #bytes: Uint8Array;
  readonly #layouts: readonly { readonly layout: Layout; readonly scale: number }[];
  #at = 0;

  constructor({ v, head, bytes }: Packed) {
    if (v !== WIRE_VERSION) throw new WireFault("version", `its version is ${String(v)}`);
    if (typeof head !== "string") throw malformed("it has no text");
    const raw: unknown = typeof bytes === "string" ? decoded(bytes) : bytes;
    if (!(raw instanceof Uint8Array)) throw malformed("it has no bytes");
    if (head.length > MAX_PART || raw.length > MAX_PART) throw new WireFault("too_large", "");
    this.#bytes = raw;
    this.head = parsed(head);
    this.#layouts = list(this.head.layouts, "layouts").slice(0, MAX_LAYOUTS).map(layoutOf);
  }

  /** The next histogram of the bytes: texts name them in the order they lie in. */
  histogram(given: unknown): ClosedHistogram {
    const [which, count, length] = list(given, "histogram");
    const known = this.#layouts[whole(which, "layout")];
    if (known === undefined) throw malformed("a histogram has no layout");
    const start = this.#at;
    const end = start + whole(length, "length");
    const { layout, scale } = known;
    const values = whole(count, "count");
    if (end > this.#bytes.length || countIn(this.#bytes, start, end, layout.slots) !== values) {
      throw malformed("a histogram is not whole");
    }
    this.#at = end;
    return new ClosedHistogram(layout, scale, values, this.#bytes, start, end);
  }
}

/** Counts a payload's values. @returns −1 for what is no whole payload of a layout with `slots` */
function countIn(bytes: Uint8Array, start: number, end: number, slots: number): number {
  const reader = new SparseReader(bytes);
  reader.position = start;
  let slot = 0;
  let total = 0;
  while (reader.position < end) {
    const z = reader.number();
    if (!Number.isSafeInteger(z)) return -1;
    if (z % 2 === 1) slot += (z + 1) / 2;
    else {
      slot++;
      total += z / 2;
    }
    if (slot > slots) return -1;
  }
  return reader.position === end ? total : -1;
}

export function attributesOf(given: unknown): AttributesData {
  if (!isRecord(given)) throw malformed("attributes are no object");
  return cleanAttributes(given, new AttributeTally());
}

export function list(given: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(given)) throw malformed(`${what} is no list`);
  return given;
}

export function record(given: unknown, what: string): Json {
  if (!isRecord(given)) throw malformed(`${what} is no object`);
  return given;
}

export function text(given: unknown, what: string): string {
  if (typeof given !== "string") throw malformed(`${what} is no text`);
  return given;
}

export function finite(given: unknown, what: string): number {
  if (typeof given !== "number" || !Number.isFinite(given)) throw malformed(`${what} is no number`);
  return given;
}

export function whole(given: unknown, what: string): number {
  if (!Number.isSafeInteger(given) || (given as number) < 0) {
    throw malformed(`${what} is no whole number`);
  }
  return given as number;
}

export function malformed(what: string): WireFault {
  return new WireFault("malformed", what);
}

export function isRecord(given: unknown): given is Json {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function layoutOf(given: unknown): { layout: Layout; scale: number } {
  const [lowest, highest, significantDigits, scale] = list(given, "layout").map((each) =>
    finite(each, "layout"),
  );
  if (!((scale as number) > 0)) throw malformed("a scale is not above 0");
  try {
    return { layout: new Layout({ lowest, highest, significantDigits }), scale: scale as number };
  } catch {
    throw malformed("a layout is none");
  }
}

function decoded(base64: string): Uint8Array {
  if (base64.length > (MAX_PART / 3) * 4 + 4) throw new WireFault("too_large", "");
  return Buffer.from(base64, "base64");
}

function parsed(head: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(head);
  } catch {
    throw malformed("its text is no JSON");
  }
  return record(value, "its text");
}
