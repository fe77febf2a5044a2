// Sampling saturation: what one sample costs, by probe, and the share of a core at one sample a second.
// Alone: node bench/saturation.bench.mjs auspex
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { scenario } from "./lib/children.mjs";
import { figure, quantile } from "./lib/statistics.mjs";

const SECONDS = 300;
const REAL_SECONDS = 20;
/** Between two samples a busy process uses all of its caches for something else. */
const CACHE = new Float64Array(2 ** 22);

function coolCaches() {
  for (let at = 0; at < CACHE.length; at += 8) CACHE[at] += at;
}

/** The probes are no public part of the library: this bundles them from the sources. */
async function internals() {
  const folder = mkdtempSync(join(tmpdir(), "saturation-"));
  const room = fileURLToPath(new URL("../src/integrations/runtime/", import.meta.url));
  const outfile = join(folder, "index.mjs");
  await build({
    entryPoints: [join(room, "index.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
  });
  const module = await import(pathToFileURL(outfile).href);
  rmSync(folder, { recursive: true });
  return module;
}

/** µs that each probe takes of each second. */
async function byProbe(probes) {
  const took = new Map(probes.map(({ name }) => [name, []]));
  const seconds = [];
  for (let second = -30; second < SECONDS; second++) {
    coolCaches();
    let sum = 0;
    for (const probe of probes) {
      const cpu = process.cpuUsage();
      const began = performance.now();
      probe.sample(1000);
      const wallUs = (performance.now() - began) * 1000;
      const { user, system } = process.cpuUsage(cpu);
      // While another process has the core, it is not the probe that takes it; a CPU clock that
      // stands still between its ticks proves nothing.
      const us = user + system > 0 ? Math.min(wallUs, user + system) : wallUs;
      if (second >= 0) took.get(probe.name).push(us);
      sum += us;
    }
    if (second >= 0) seconds.push(sum);
    // Answers of asynchronous sources, collections told late.
    await sleep(2);
  }
  return { took, seconds };
}

/** Share of a core of an idle process, all threads, over real seconds. */
async function cpuShare(run) {
  const timer = setInterval(run, 1000);
  await sleep(3000);
  const cpu = process.cpuUsage();
  await sleep(REAL_SECONDS * 1000);
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(timer);
  return (user + system) / 1e6 / REAL_SECONDS;
}

const mean = (numbers) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const single = (value) => ({ value, low: value, high: value, repetitions: SECONDS });

await scenario({
  async auspex() {
    const { runtimeProbes } = await internals();
    const bare = await cpuShare(() => {});
    const real = runtimeProbes();
    const watched = await cpuShare(() => {
      for (const probe of real) probe.sample(1000);
    });
    for (const probe of real) probe.stop();
    const probes = runtimeProbes();
    const { took, seconds } = await byProbe(probes);
    for (const probe of probes) probe.stop();
    const result = {
      // Of a second, slow probes at their own steps.
      sampling: { ...single(mean(seconds) / 1e6), us: mean(seconds) },
      "real time, idle": { ...single(watched - bare), watched, bare },
      longest: { ...single(quantile(seconds, 0.99)), high: Math.max(...seconds) },
    };
    for (const [name, us] of took) {
      const done = us.filter((each) => each > 1.5);
      result[`${name}, a sample`] = done.length > 0 ? figure(done) : single(0);
      result[`${name}, of a second`] = single(mean(us));
    }
    if (process.send === undefined) {
      console.table(
        Object.fromEntries(
          probes.map(({ name }) => [
            name,
            {
              "µs a sample": Number(result[`${name}, a sample`].value.toFixed(1)),
              "µs a second": Number(result[`${name}, of a second`].value.toFixed(1)),
              "% of a core": Number((result[`${name}, of a second`].value / 1e4).toFixed(5)),
              series: probes.find((probe) => probe.name === name).readings.length,
            },
          ]),
        ),
      );
    }
    return result;
  },
});
