// Bytes per series: idle, with values in the open interval, and busy for more than an hour.
// Needs --expose-gc.
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { ManualClock } from "./lib/manual-clock.mjs";
import { durations, MASK, wholeMicroseconds } from "./lib/values.mjs";

const SERIES = 2000;
const BUSY_SERIES = 400;
const VALUES_A_SECOND = 50;
const HOUR_S = 3600;

function usedBytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  // Array buffers are part of what is external.
  return heapUsed + external;
}

async function monitor() {
  const { createAuspex } = await library();
  const clock = new ManualClock();
  const auspex = createAuspex({
    service: "bench",
    saturation: false,
    cardinalityLimit: 2 * SERIES,
    clock,
  });
  return { auspex, clock };
}

const bytes = (value) => ({ value, low: value, high: value, repetitions: 1 });

await scenario({
  async auspex() {
    const { auspex, clock } = await monitor();
    const values = durations();
    const histogram = auspex.histogram("latency", { unit: "ms" });
    const bind = (i) => histogram.bind({ "http.route": `/shop/${i}/items/:item`, method: "GET" });
    // The first ones pay for the tables that all share.
    for (let i = 0; i < 100; i++) bind(i).record(5);
    clock.fire();
    const before = usedBytes();
    const series = [];
    for (let i = 100; i < SERIES; i++) series.push(bind(i));
    const idle = (usedBytes() - before) / series.length;
    let at = 0;
    for (const one of series) for (let i = 0; i < 100; i++) one.record(values[at++ & MASK]);
    const recording = (usedBytes() - before) / series.length;
    return {
      idle: bytes(idle),
      "over 3 octaves": bytes(recording),
      "busy, all windows": await busy(),
    };
  },

  async "hdr-histogram-js"() {
    const { build } = await import("hdr-histogram-js");
    const values = wholeMicroseconds();
    const make = () =>
      build({
        lowestDiscernibleValue: 1,
        highestTrackableValue: 3_600_000_000,
        numberOfSignificantValueDigits: 2,
        bitBucketSize: 16,
      });
    for (let i = 0; i < 100; i++) make().recordValue(5);
    const before = usedBytes();
    const series = [];
    for (let i = 0; i < SERIES; i++) series.push(make());
    const idle = (usedBytes() - before) / SERIES;
    let at = 0;
    for (const one of series) for (let i = 0; i < 100; i++) one.recordValue(values[at++ & MASK]);
    return { idle: bytes(idle), "over 3 octaves": bytes((usedBytes() - before) / SERIES) };
  },
});

/** Operations as users have them, each with 50 values in every second of an hour and some more. */
async function busy() {
  const { auspex, clock } = await monitor();
  const values = durations();
  auspex.operation("warm up").record(5);
  clock.fire();
  const before = usedBytes();
  const operations = [];
  for (let i = 0; i < BUSY_SERIES; i++) operations.push(auspex.operation("busy", { series: i }));
  let at = 0;
  for (let second = 0; second < HOUR_S + 400; second++) {
    for (const operation of operations) {
      for (let i = 0; i < VALUES_A_SECOND; i++) operation.record(values[at++ & MASK]);
    }
    clock.fire();
  }
  return bytes((usedBytes() - before) / BUSY_SERIES);
}
