// CPU of one exported series and flush, of all threads of this process, as a share of what an ioredis
// pipeline of single commands (`HSET key field value`) takes for the same fields. A real monitor has recorded
// the batches; both sides write to one redis-server, in blocks in the order ours, theirs, theirs, ours.
// Then, on the real clock: how long after it was recorded a value can be read by another process.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import Redis from "ioredis";
import { peer } from "../scripts/peers.mjs";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { ManualClock } from "./lib/manual-clock.mjs";
import { figure, median, quantile } from "./lib/statistics.mjs";
import { durations, MASK } from "./lib/values.mjs";

const SERIES = 2000;
const FLUSHES = 14;
const EVERY_MS = 5000;
/** Flushes that are not timed: series are made known in the first, windows come and go from the third on. */
const WARM_UP = 2;
const QUADS = 8;
const START = 1_700_000_000_000;

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function redisServer() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "bench-redis-"));
  const flags = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const child = spawn(peer("redis-server"), flags, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const text of child.stdout) if (String(text).includes("Ready to accept")) break;
  child.stdout.resume();
  const stop = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, url: `redis://127.0.0.1:${port}`, stop };
}

/** The batches that a monitor hands to an exporter at one flush after the other. */
async function batchesOf(before, between, make) {
  const { createAuspex } = await library();
  const clock = new ManualClock();
  clock.time = START;
  const batches = [];
  const exporter = {
    name: "bench",
    async export(batch) {
      batches.push(batch);
      return { status: "success" };
    },
  };
  const quiet = { saturation: false, selfMetrics: false, outbound: false, overheadBudget: false };
  const entry = { exporter, intervalMs: 86_400_000 };
  const limit = { cardinalityLimit: SERIES + 1, idleSeriesMs: 86_400_000 };
  const options = { service: "bench", clock, ...quiet, ...limit, detectors: false };
  const auspex = createAuspex({ ...options, exporters: [entry] });
  const bound = Array.from({ length: SERIES }, (_, i) => make(auspex, { "http.route": `/r/${i}` }));
  const values = durations();
  let at = 0;
  const record = (times) => {
    for (const each of bound) for (let i = 0; i < times; i++) each(values[at++ & MASK] / 1000);
  };
  record(before);
  for (let flush = 0; flush < FLUSHES; flush++) {
    record(between);
    clock.time += EVERY_MS;
    await auspex.forceFlush();
  }
  await auspex.shutdown({ timeoutMs: 1 });
  return batches.slice(0, FLUSHES);
}

/** CPU in µs, of all threads of this process. */
async function cpuOf(work) {
  await nextTurn();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const { signal } = new AbortController();

/** Everything to the backend, as a process of its own. @returns µs a series and flush */
async function ours({ url }, batches, run, onFlush = async () => {}) {
  const { redis } = await library("exporters/redis");
  const exporter = redis({ url });
  let us = 0;
  for (const [flush, batch] of batches.entries()) {
    const own = { ...batch, incarnation: { ...batch.incarnation, id: `bench-${run}` } };
    const took = await cpuOf(async () => {
      const result = await exporter.export(own, signal);
      if (result.status !== "success") throw result.error;
    });
    if (flush >= WARM_UP) us += took;
    await onFlush(flush);
  }
  await exporter.shutdown();
  return us / (FLUSHES - WARM_UP) / SERIES;
}

/** What each flush wrote: fields of its window, and of the totals where they are new. */
async function written(server, batches, client) {
  const flushes = [];
  let last = "";
  const fieldsOf = async (key) => {
    const pairs = key === undefined ? [] : await client.hgetallBuffer(key);
    return Object.entries(pairs).filter(([field]) => field !== "_");
  };
  await ours(server, batches, "written", async () => {
    const keys = (await client.keys("*bench-written*")).sort();
    const raw = await fieldsOf(keys.filter((key) => key.includes(":raw:")).at(-1));
    const total = await fieldsOf(keys.find((key) => key.endsWith(":total")));
    const text = total.map(([, value]) => value.toString("latin1")).join();
    flushes.push(text === last ? raw : [...raw, ...total]);
    last = text;
  });
  await client.flushall();
  return flushes;
}

async function theirs(flushes, client) {
  let us = 0;
  for (const [flush, fields] of flushes.entries()) {
    const took = await cpuOf(async () => {
      const pipeline = client.pipeline();
      for (const [field, value] of fields) pipeline.hset("window", field, value);
      pipeline.pexpire("window", 900_000);
      await pipeline.exec();
    });
    if (flush >= WARM_UP) us += took;
  }
  return us / (FLUSHES - WARM_UP) / SERIES;
}

async function compare(server, before, between, make) {
  console.error("batches", performance.now()); const batches = await batchesOf(before, between, make); console.error("made", batches.length, performance.now());
  const client = new Redis(server.port, "127.0.0.1");
  const flushes = await written(server, batches, client);
  console.error("written", performance.now());const ratios = [];
  const us = [];
  for (let quad = -2; quad < QUADS; quad++) {
    const took = [0, 0];
    for (const which of [0, 1, 1, 0]) {
      took[which] +=
        (which === 0
          ? await ours(server, batches, `${quad}-${took[0]}`)
          : await theirs(flushes, client)) / 2;
    }
    await client.flushall();
    // The first two warm up.
    if (quad < 0) continue;
    ratios.push(took[0] / took[1]);
    us.push(took);
  }
  client.disconnect();
  const [ourUs, theirUs] = [0, 1].map((which) => median(us.map((took) => took[which])));
  return { ...figure(ratios), us: ourUs, rivalUs: theirUs };
}

const VALUES = 40;

/** One process records a value now and then and exports at 500 ms; this one polls for it. */
async function delays({ url, port }) {
  const child = fork(fileURLToPath(import.meta.url), ["records", url]);
  const client = new Redis(port, "127.0.0.1");
  const found = [];
  for (let i = 1; i <= VALUES; i++) {
    console.error(i, performance.now());// At any phase of the interval.
    await sleep(20 + ((i * 7919) % 500));
    const recorded = once(child, "message");
    child.send(i);
    const [{ atMs }] = await recorded;
    while ((await countIn(client)) < i) await sleep(2);
    found.push(Date.now() - atMs);
  }
  client.disconnect();
  child.kill("SIGKILL");
  const p95 = quantile(found, 0.95);
  return { value: p95, low: median(found), high: Math.max(...found), repetitions: VALUES };
}

/** The counter of the other process, read from its windows as the schema says. */
async function countIn(client) {
  const keys = (await client.keys("*:raw:*")).sort();
  let count = 0;
  for (const key of keys) {
    const { _, ...fields } = await client.hgetallBuffer(key);
    // LEB128 behind one byte that says what follows.
    for (const [, low, high = 0] of Object.values(fields)) count += (low & 127) + high * 128;
  }
  return count;
}

async function records(url) {
  const { createAuspex } = await library();
  const { redis } = await library("exporters/redis");
  const quiet = { saturation: false, selfMetrics: false, outbound: false, detectors: false };
  const exporters = [{ exporter: redis({ url }), intervalMs: 500 }];
  const auspex = createAuspex({ service: "bench", ...quiet, exporters });
  const counter = auspex.counter("values").bind({});
  process.on("message", () => {
    counter.add(1);
    process.send({ atMs: Date.now() });
  });
}

if (process.argv[2] === "records") await records(process.argv[3]);
else {
  await scenario({
    async auspex() {
      const server = await redisServer();
      try {
        const histogram = (auspex, attributes) => {
          const bound = auspex.histogram("bench.duration", { unit: "s" }).bind(attributes);
          return (value) => bound.record(value);
        };
        const counter = (auspex, attributes) => {
          const bound = auspex.counter("bench.count").bind(attributes);
          return () => bound.add(1);
        };
        return {
          "histograms, 5 new values": await compare(server, 100, 5, histogram),
          "histograms, 50 new values": await compare(server, 500, 50, histogram),
          counters: await compare(server, 100, 50, counter),
          readable: await delays(server),
        };
      } finally {
        server.stop();
      }
    },
  });
}
