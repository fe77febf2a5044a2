import type { AttributesData, Exemplar } from "../../snapshot/batch.js";
import { isIntValue, isTraced } from "./model.js";
import { ProtobufWriter } from "./protobuf-writer.js";
import { unixNanos } from "./unix-nanos.js";

/** Tags: field number × 8 + wire type (0 varint, 1 eight bytes, 2 with a length). */
export const tag = (field: number, wire: 0 | 1 | 2): number => field * 8 + wire;

/** Bytes that do not change from batch to batch. */
export class Pieces {
  readonly #attributes = new Map<number, WeakMap<AttributesData, Uint8Array>>();
  readonly #bounds = new WeakMap<readonly number[], Uint8Array>();

  /** A series keeps its attributes object for life, so its bytes are made once. */
  attributes(attributes: AttributesData, field: number): Uint8Array {
    let known = this.#attributes.get(field);
    if (known === undefined) {
      known = new WeakMap();
      this.#attributes.set(field, known);
    }
    let bytes = known.get(attributes);
    if (bytes === undefined) {
      const out = new ProtobufWriter(256);
      writeAttributes(out, field, attributes);
      bytes = Uint8Array.from(out.finish());
      known.set(attributes, bytes);
    }
    return bytes;
  }

  bounds(bounds: readonly number[]): Uint8Array {
    let bytes = this.#bounds.get(bounds);
    if (bytes === undefined) {
      const out = new ProtobufWriter(bounds.length * 8 + 16);
      if (bounds.length > 0) {
        out.byte(tag(7, 2));
        out.varint(bounds.length * 8);
        for (const bound of bounds) out.double(bound);
      }
      bytes = Uint8Array.from(out.finish());
      this.#bounds.set(bounds, bytes);
    }
    return bytes;
  }
}

/** Smallest and largest value; there are none where there is no value. */
export function writeExtremes(
  out: ProtobufWriter,
  field: number,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  out.byte(tag(field, 1));
  out.double(min);
  out.byte(tag(field + 1, 1));
  out.double(max);
}

export function writeText(out: ProtobufWriter, field: number, text: string): void {
  out.byte(tag(field, 2));
  out.text(text);
}

export function writeAttributes(
  out: ProtobufWriter,
  field: number,
  attributes: AttributesData,
): void {
  for (const key of Object.keys(attributes)) {
    out.byte(tag(field, 2));
    const pair = out.open();
    writeText(out, 1, key);
    out.byte(tag(2, 2));
    const value = out.open();
    writeValue(out, attributes[key]);
    out.close(value);
    out.close(pair);
  }
}

function writeValue(out: ProtobufWriter, value: AttributesData[string]): void {
  if (typeof value === "string") writeText(out, 1, value);
  else if (typeof value === "boolean") {
    out.byte(tag(2, 0));
    out.byte(value ? 1 : 0);
  } else if (isIntValue(value)) {
    out.byte(tag(3, 0));
    out.int64(value);
  } else {
    out.byte(tag(4, 1));
    out.double(value);
  }
}

export function writeExemplars(
  out: ProtobufWriter,
  field: number,
  exemplars: readonly Exemplar[] = [],
): void {
  for (const exemplar of exemplars) {
    out.byte(tag(field, 2));
    const message = out.open();
    out.byte(tag(2, 1));
    out.fixed64Of(unixNanos(exemplar.timeMs));
    out.byte(tag(3, 1));
    out.double(exemplar.value);
    if (isTraced(exemplar)) {
      writeBytes(out, 4, exemplar.spanId);
      writeBytes(out, 5, exemplar.traceId);
    }
    out.close(message);
  }
}

function writeBytes(out: ProtobufWriter, field: number, hex: string): void {
  out.byte(tag(field, 2));
  out.byte(hex.length / 2);
  out.raw(Buffer.from(hex, "hex"));
}
