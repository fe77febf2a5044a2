import { setImmediate as nextTurn } from "node:timers/promises";
import { figure, median } from "./statistics.mjs";

const BLOCK_MS = 1;
const CLOCK_PAIRS = 4000;

/** Results go here, so that the compiler cannot leave out what made them. */
export const sink = { number: 0, object: undefined };

/** ns of two `performance.now()` calls: what any measurement of a duration costs at least. */
function clockPairNs() {
  let sum = 0;
  const began = performance.now();
  for (let i = 0; i < CLOCK_PAIRS; i++) {
    const start = performance.now();
    sum += performance.now() - start;
  }
  const took = performance.now() - began;
  sink.number += sum;
  return (took * 1e6) / CLOCK_PAIRS;
}

async function timed(work, times) {
  const began = performance.now();
  const pending = work(times);
  // A block of synchronous work must not pay for a promise.
  if (pending !== undefined) await pending;
  return performance.now() - began;
}

/** Runs the contenders by turns, so that none is compiled for itself alone. */
async function warm(contenders, times, chunk) {
  for (let done = 0; done < times; done += chunk) {
    for (const work of contenders) await timed(work, chunk);
    await nextTurn();
  }
}

/** How often `work` must run for a block of about `blockMs`. */
async function blockSize(work, { blockMs = BLOCK_MS, multiple = 1 }) {
  let times = multiple;
  while ((await timed(work, times)) < blockMs) {
    times *= 2;
    await nextTurn();
  }
  return times;
}

/**
 * Times `work(n)`, n repetitions in one call, in short blocks between blocks of clock pairs.
 *
 * @returns per repetition: as multiple of 2clk (`value`, quartiles), and `ns`
 */
export async function race(work, { rounds = 400, warmUp = 20_000, blockMs } = {}) {
  for (let i = 0; i < 50; i++) clockPairNs();
  await warm([work], warmUp, 100);
  const times = await blockSize(work, { blockMs });
  const ratios = [];
  const clocks = [];
  const ns = [];
  for (let round = 0; round < rounds; round++) {
    // Timers and collections belong between blocks, and a loop that never turns has neither.
    await nextTurn();
    const before = clockPairNs();
    const took = ((await timed(work, times)) * 1e6) / times;
    const clock = (before + clockPairNs()) / 2;
    ratios.push(took / clock);
    clocks.push(clock);
    ns.push(took);
  }
  return { ...figure(ratios), ns: median(ns), clockNs: median(clocks) };
}

/**
 * Times what `work` costs beyond `bare`, in blocks in the order bare, work, work, bare: what drifts
 * in a straight line cancels out.
 *
 * @returns the difference per repetition: as multiple of 2clk, and `ns`; and `bareNs`
 */
export async function added(
  bare,
  work,
  { quads = 300, warmUp = 20_000, blockMs, multiple = 10 } = {},
) {
  for (let i = 0; i < 50; i++) clockPairNs();
  await warm([bare, work], warmUp, 10 * multiple);
  const times = await blockSize(bare, { blockMs, multiple });
  const clocks = [];
  const bares = [];
  const differences = [];
  for (let quad = 0; quad < quads; quad++) {
    // Where the process lets us, collections fall between blocks: what they cost goes by the bytes
    // allocated, and those have a bench of their own.
    globalThis.gc?.({ type: "minor" });
    const took = [0, 0];
    const order = quad % 2 === 0 ? [0, 1, 1, 0] : [1, 0, 0, 1];
    clocks.push(clockPairNs());
    for (const which of order) {
      await nextTurn();
      took[which] += ((await timed(which === 0 ? bare : work, times)) * 1e6) / times / 2;
    }
    clocks.push(clockPairNs());
    bares.push(took[0]);
    differences.push(took[1] - took[0]);
  }
  const clockNs = median(clocks);
  const { value, low, high, repetitions } = figure(differences);
  return {
    value: value / clockNs,
    low: low / clockNs,
    high: high / clockNs,
    repetitions,
    ns: value,
    bareNs: median(bares),
    clockNs,
  };
}
