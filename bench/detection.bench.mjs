// What it costs to watch 200 operations: the steps of the default detectors, every ten seconds, as a share
// of one core. Each operation has fifty requests a second, and everything is as ever.
import { setTimeout as sleep } from "node:timers/promises";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { ManualClock } from "./lib/manual-clock.mjs";
import { figure } from "./lib/statistics.mjs";
import { durations, MASK } from "./lib/values.mjs";

const OPERATIONS = 200;
const REQUESTS = 500;
const STEP_MS = 10_000;
const WARM_UP = 70;
const STEPS = 60;
const values = durations();

/** Buffers that were let go are counted until V8 has swept them, beside the program. */
async function heap() {
  globalThis.gc();
  await sleep(100);
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** One monitor's timer work in each step, in ms, and what the process holds in the end. */
async function steps(detectors) {
  const { createAuspex } = await library();
  const clock = new ManualClock();
  const auspex = createAuspex({
    service: "bench",
    saturation: false,
    outbound: false,
    state: false,
    intervalMs: STEP_MS,
    detectors,
    clock,
  });
  const operations = Array.from({ length: OPERATIONS }, (_, i) => auspex.operation(`work ${i}`));
  const took = [];
  let at = 0;
  for (let step = -WARM_UP; step < STEPS; step++) {
    for (const operation of operations) {
      for (let i = 0; i < REQUESTS; i++) operation.record(values[at++ & MASK]);
    }
    const began = performance.now();
    clock.fire();
    if (step >= 0) took.push(performance.now() - began);
    await undefined;
  }
  // What was shared in this turn of the event loop is let go.
  await new Promise(setImmediate);
  const bytes = await heap();
  await auspex.shutdown();
  return { took, bytes };
}

await scenario({
  async auspex() {
    // What a first run leaves behind, compiled code say, is nobody's.
    await steps(true);
    const without = await steps(false);
    const watched = await steps(true);
    const middle = figure(without.took).value;
    const share = figure(watched.took.map((ms) => Math.max(0, ms - middle) / STEP_MS));
    const bytes = (watched.bytes - without.bytes) / OPERATIONS;
    return { share, bytes: { value: bytes, low: bytes, high: bytes, repetitions: 1 } };
  },
});
