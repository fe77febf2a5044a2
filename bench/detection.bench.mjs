// What it costs to watch 200 operations: the steps of the default detectors, every ten seconds, as a share
// of one core. Each operation has fifty requests a second, and everything is as ever.
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

function heap() {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** One monitor's timer work in each step, in ms, and what it holds in the end. */
async function steps(detectors) {
  // What the run before has let go is collected when its last callbacks are over.
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise(setImmediate);
  }
  const before = heap();
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
  const values = durations();
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
  const bytes = heap() - before;
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
