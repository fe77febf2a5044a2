// The interchange form: a closed histogram as deflated, base64 HdrHistogram V2, beside hdr-histogram-js
// on the same values, in turns within one process. The bytes before deflating are the same.
import { inflateSync } from "node:zlib";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { figure } from "./lib/statistics.mjs";
import { sink } from "./lib/timing.mjs";
import { wholeMicroseconds } from "./lib/values.mjs";

const QUADS = 150;
const TIMES = 40;
const COUNTS = { "50 values": 50, "5,000 values": 5000 };

function took(work) {
  const began = performance.now();
  for (let i = 0; i < TIMES; i++) sink.object = work();
  return performance.now() - began;
}

const payloadOf = (text) => inflateSync(Buffer.from(text, "base64").subarray(8));

await scenario({
  async auspex() {
    const { Accumulator, encodeV2Base64, Layout } = await library("histogram");
    const { build } = await import("hdr-histogram-js");
    const values = wholeMicroseconds();
    const result = {};
    for (const [name, count] of Object.entries(COUNTS)) {
      const layout = new Layout();
      const accumulator = new Accumulator(layout);
      const theirs = build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: 3_600_000_000,
        numberOfSignificantValueDigits: 2,
      });
      for (let i = 0; i < count; i++) {
        accumulator.addSlot(layout.slotOf(values[i]), 1);
        theirs.recordValue(values[i]);
      }
      const ours = accumulator.take(1);
      const { encodeIntoCompressedBase64 } = await import("hdr-histogram-js");
      const encode = () => encodeV2Base64(ours);
      const encodeTheirs = () => encodeIntoCompressedBase64(theirs);
      if (!payloadOf(encode()).equals(payloadOf(encodeTheirs()))) throw new Error("other bytes");
      const ratios = [];
      for (let quad = -20; quad < QUADS; quad++) {
        const [first, second] = quad % 2 === 0 ? [encode, encodeTheirs] : [encodeTheirs, encode];
        const times = [took(first), took(second), took(second), took(first)];
        const [a, b] = [times[0] + times[3], times[1] + times[2]];
        if (quad >= 0) ratios.push(quad % 2 === 0 ? a / b : b / a);
      }
      result[`encode of ${name}`] = figure(ratios);
    }
    return result;
  },
});
