// The Prometheus page of 10,000 histogram series (170,000 lines, 11 MB): CPU of one page beside that of
// prom-client with the same series, in one process by turns, and how long a page holds the loop.
import { setImmediate as nextTurn } from "node:timers/promises";
import promClient from "prom-client";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { figure } from "./lib/statistics.mjs";
import { sink } from "./lib/timing.mjs";
import { durations, MASK } from "./lib/values.mjs";

const INSTRUMENTS = 5;
const SERIES = 2000;
const VALUES = 20;
const WARM_UP = 8;
const ROUNDS = 40;
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Calls `record(instrument, labels, seconds)` for every value of every series. */
function fill(record) {
  const values = durations();
  let at = 0;
  for (let instrument = 0; instrument < INSTRUMENTS; instrument++) {
    for (let series = 0; series < SERIES; series++) {
      const labels = { method: "GET", route: `/r/${series}` };
      for (let i = 0; i < VALUES; i++) record(instrument, labels, values[at++ & MASK] / 1000);
    }
  }
}

async function ourPage() {
  const { createAuspex } = await library();
  const cardinalityLimit = SERIES + 1;
  const auspex = createAuspex({ service: "bench", saturation: false, cardinalityLimit });
  const histograms = Array.from({ length: INSTRUMENTS }, (_, i) => {
    return auspex.histogram(`latency.${i}`, { unit: "s" });
  });
  fill((instrument, labels, seconds) => histograms[instrument].record(seconds, labels));
  return () => auspex.text();
}

async function theirPage() {
  const registry = new promClient.Registry();
  const histograms = Array.from({ length: INSTRUMENTS }, (_, i) => {
    return new promClient.Histogram({
      name: `latency_${i}_seconds`,
      help: "Latency.",
      labelNames: ["method", "route"],
      buckets: BUCKETS,
      registers: [registry],
    });
  });
  fill((instrument, labels, seconds) => histograms[instrument].observe(labels, seconds));
  return () => registry.metrics();
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** CPU ms of one page, and the longest turn of the loop meanwhile. */
async function measure(page) {
  let held = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const cpu = cpuMs();
      const began = performance.now();
      await nextTurn();
      // While another process has the core, it is not the page that holds the loop.
      held = Math.max(held, Math.min(performance.now() - began, cpuMs() - cpu));
    }
  })();
  const before = cpuMs();
  sink.number += (await page()).length;
  const cpu = cpuMs() - before;
  isOver = true;
  await watching;
  return { cpu, held };
}

/** @param pages - by turns; each collects the garbage of its own */
async function rounds(pages) {
  for (let i = 0; i < WARM_UP; i++) for (const page of pages) await page();
  const results = pages.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, page] of pages.entries()) {
      globalThis.gc?.();
      results[at].push(await measure(page));
    }
  }
  return results;
}

const figures = (results) => ({
  cpu: figure(results.map(({ cpu }) => cpu)),
  held: figure(results.map(({ held }) => held)),
});

await scenario({
  async auspex() {
    const [ours, theirs] = await rounds([await ourPage(), await theirPage()]);
    const ratio = figure(ours.map(({ cpu }, round) => cpu / theirs[round].cpu));
    return { ...figures(ours), ratio };
  },

  async "prom-client"() {
    const [theirs] = await rounds([await theirPage()]);
    return figures(theirs);
  },
});
