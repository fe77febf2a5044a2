// The cold side of histograms: p50, p95 and p99 of one closed second, and the merge of two of them.
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { race, sink } from "./lib/timing.mjs";
import { wholeMicroseconds } from "./lib/values.mjs";

/** Values of a second: 50 is a series like two thousand others, 5,000 a route under load. */
const BUSY = { "50 values": 50, "5,000 values": 5000 };

/** µs beside the multiple of 2clk. */
async function timed(work) {
  const figure = await race(work, { rounds: 200 });
  return { ...figure, us: figure.ns / 1000 };
}

async function hdr(useWebAssembly) {
  const { build, initWebAssembly } = await import("hdr-histogram-js");
  if (useWebAssembly) await initWebAssembly();
  const values = wholeMicroseconds();
  const make = (from, count) => {
    const histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: 3_600_000_000,
      numberOfSignificantValueDigits: 2,
      useWebAssembly,
    });
    for (let i = 0; i < count; i++) histogram.recordValue(values[from + i]);
    return histogram;
  };
  const result = {};
  for (const [name, count] of Object.entries(BUSY)) {
    const one = make(0, count);
    const other = make(count, count);
    result[`percentiles of ${name}`] = await timed((times) => {
      for (let i = 0; i < times; i++) {
        sink.number +=
          one.getValueAtPercentile(50) +
          one.getValueAtPercentile(95) +
          one.getValueAtPercentile(99);
      }
    });
    result[`merge of ${name}`] = await timed((times) => {
      for (let i = 0; i < times; i++) one.add(other);
    });
  }
  return result;
}

await scenario({
  async auspex() {
    const { Accumulator, Layout } = await library("histogram");
    const values = wholeMicroseconds();
    const layout = new Layout();
    const accumulator = new Accumulator(layout);
    const make = (from, count) => {
      for (let i = 0; i < count; i++) accumulator.addSlot(layout.slotOf(values[from + i]), 1);
      return accumulator.take(1000);
    };
    const result = {};
    for (const [name, count] of Object.entries(BUSY)) {
      const one = make(0, count);
      const other = make(count, count);
      result[`percentiles of ${name}`] = await timed((times) => {
        for (let i = 0; i < times; i++) {
          const { p50, p95, p99 } = one.summary();
          sink.number += p50 + p95 + p99;
        }
      });
      // A merge adds a closed interval to a sum: windows read the sum once, after the last one.
      const sum = new Accumulator(layout);
      result[`merge of ${name}`] = await timed((times) => {
        for (let i = 0; i < times; i++) sum.addClosed(other);
      });
      result[`merge of ${name}, to closed form`] = await timed((times) => {
        for (let i = 0; i < times; i++) {
          sum.addClosed(one);
          sum.addClosed(other);
          sink.object = sum.take(1000);
        }
      });
    }
    return result;
  },

  "hdr-histogram-js": () => hdr(false),
  "hdr-histogram-js WASM": () => hdr(true),
});
