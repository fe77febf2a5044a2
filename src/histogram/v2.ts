import { ClosedHistogram } from "./closed-histogram.js";
import { Layout } from "./layout.js";
import { SparseReader, SparseWriter } from "./sparse.js";

const COOKIE = 0x1c849313;
const COMPRESSED_COOKIE = 0x1c849314;
const HEADER_BYTES = 40;
const MAX_INFLATED_BYTES = 4 << 20;

/** Loaded at its first use: nearly a millisecond of a cold start that seldom needs it. */
const zlib = () => process.getBuiltinModule("node:zlib");

/**
 * Encodes a histogram as HdrHistogram V2 (not compressed): a 40-byte header before the closed form.
 *
 * The same bytes as hdr-histogram-js 3.0.1, its two unused header fields included.
 * @see HdrHistogram, AbstractHistogram.encodeIntoByteBuffer
 */
export function encodeV2(view: ClosedHistogram): Uint8Array {
  const { layout } = view;
  // An empty histogram is one empty slot to HdrHistogram.
  const payload = view.count === 0 ? Uint8Array.of(0) : view.bytes.subarray(view.start, view.end);
  const out = new Uint8Array(HEADER_BYTES + payload.length);
  const header = new DataView(out.buffer);
  header.setInt32(0, COOKIE);
  header.setInt32(4, payload.length);
  header.setInt32(8, 1);
  header.setInt32(12, layout.significantDigits);
  header.setBigInt64(16, BigInt(layout.lowest));
  header.setBigInt64(24, BigInt(layout.highest));
  header.setBigInt64(32, 1n);
  out.set(payload, HEADER_BYTES);
  return out;
}

/** Encodes a histogram as deflated, base64 HdrHistogram V2: the interchange form other HDR tools read. */
export function encodeV2Base64(view: ClosedHistogram): string {
  const deflated = zlib().deflateSync(encodeV2(view));
  const out = Buffer.alloc(8 + deflated.length);
  out.writeInt32BE(COMPRESSED_COOKIE, 0);
  out.writeInt32BE(deflated.length, 4);
  deflated.copy(out, 8);
  return out.toString("base64");
}

/**
 * Decodes HdrHistogram V2.
 *
 * @param scale - layout units per recorded unit of the result: 1000 reads a µs histogram in ms
 * @throws RangeError when the bytes are no whole, well-formed V2 histogram
 */
export function decodeV2(bytes: Uint8Array, scale = 1): ClosedHistogram {
  if (bytes.length < HEADER_BYTES) throw new RangeError("HdrHistogram V2: shorter than its header");
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getInt32(0) !== COOKIE) throw new RangeError("HdrHistogram V2: no V2 cookie");
  const length = header.getInt32(4);
  if (length < 0 || HEADER_BYTES + length > bytes.length) {
    throw new RangeError("HdrHistogram V2: payload is cut short");
  }
  const layout = new Layout({
    significantDigits: header.getInt32(12),
    lowest: Number(header.getBigInt64(16)),
    highest: Number(header.getBigInt64(24)),
  });
  return canonical(layout, scale, bytes.subarray(HEADER_BYTES, HEADER_BYTES + length));
}

/** Decodes deflated, base64 HdrHistogram V2. At most 4 MiB are inflated. @throws RangeError */
export function decodeV2Base64(text: string, scale = 1): ClosedHistogram {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length < 8 || bytes.readInt32BE(0) !== COMPRESSED_COOKIE) {
    throw new RangeError("HdrHistogram V2: no compressed V2 cookie");
  }
  const length = bytes.readInt32BE(4);
  if (length < 0 || 8 + length > bytes.length) {
    throw new RangeError("HdrHistogram V2: compressed contents are cut short");
  }
  let inflated: Uint8Array;
  try {
    inflated = zlib().inflateSync(bytes.subarray(8, 8 + length), {
      maxOutputLength: MAX_INFLATED_BYTES,
    });
  } catch (error) {
    throw new RangeError("HdrHistogram V2: contents do not inflate", { cause: error });
  }
  return decodeV2(inflated, scale);
}

/** Reads a foreign payload with every bound checked, into the one form this library writes. */
function canonical(layout: Layout, scale: number, payload: Uint8Array): ClosedHistogram {
  const reader = new SparseReader(payload);
  const out = new SparseWriter(payload.length + 16);
  let slot = 0;
  let total = 0;
  while (reader.position < payload.length) {
    const z = reader.number();
    if (reader.position > payload.length || !Number.isSafeInteger(z)) {
      throw new RangeError("HdrHistogram V2: a count is cut short");
    }
    const count = z % 2 === 0 ? z / 2 : 0;
    const span = z % 2 === 0 ? 1 : (z + 1) / 2;
    if (slot + span > layout.slots) {
      throw new RangeError("HdrHistogram V2: more slots than its range has");
    }
    if (count > 0) out.put(slot, count);
    total += count;
    slot += span;
  }
  out.finish();
  return new ClosedHistogram(layout, scale, total, out.bytes.slice(0, out.length));
}
