// CPU of one exported series and flush, of all threads of this process, as a share of what an ioredis
// pipeline of single commands (`HSET key field value`) takes for the same data. A real monitor records, second
// by second; all contenders write to one redis-server, flush by flush, in turns. There are two rivals: a program
// that packs its windows by itself, and one that is handed all fields ready-made, so that it only sends.
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
const EVERY_MS = 5000;
/** Flushes in which totals are written once. */
const PERIOD = 6;
const PERIODS = 12;
const FLUSHES = PERIODS * PERIOD;
/** Periods that are not counted: series are made known, and code is compiled. */
const WARM_UP = 3;
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

/** A monitor that hands over what its readers got at each flush: cumulative values, and what was added. */
async function monitorOf(make) {
  const { createAuspex } = await library();
  const clock = new ManualClock();
  clock.time = START;
  const last = {};
  const reader = (name) => ({
    exporter: {
      name,
      async export(batch) {
        last[name] = batch;
        return { status: "success" };
      },
    },
    temporality: name,
    intervalMs: 86_400_000,
  });
  const quiet = { saturation: false, selfMetrics: false, outbound: false, overheadBudget: false };
  const limit = { cardinalityLimit: SERIES + 1, idleSeriesMs: 86_400_000 };
  const exporters = [reader("cumulative"), reader("delta")];
  const auspex = createAuspex({
    service: "bench",
    clock,
    ...quiet,
    ...limit,
    detectors: false,
    exporters,
  });
  const bound = Array.from({ length: SERIES }, (_, i) => make(auspex, { "http.route": `/r/${i}` }));
  const values = durations();
  let at = 0;
  return {
    record(times) {
      for (const each of bound) for (let i = 0; i < times; i++) each(values[at++ & MASK] / 1000);
    },
    /** A second goes by. */
    pass() {
      let isOver = false;
      clock.schedule(1000, () => {
        isOver = true;
      });
      while (!isOver) clock.fire();
    },
    async flush() {
      await auspex.forceFlush();
      return { ...last };
    },
    stop: () => auspex.shutdown({ timeoutMs: 1 }),
  };
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

/** What is in Redis after a flush and was not before: fields of its window, and of the totals. */
function reader(client) {
  let last = "";
  const fieldsOf = async (key) => {
    const pairs = key === undefined ? [] : await client.hgetallBuffer(key);
    return Object.entries(pairs).filter(([field]) => field !== "_");
  };
  return async () => {
    const keys = (await client.keys("auspex:*")).sort();
    const raw = await fieldsOf(keys.filter((key) => key.includes(":raw:")).at(-1));
    const total = await fieldsOf(keys.find((key) => key.endsWith(":total")));
    const text = total.map(([, value]) => value.toString("latin1")).join();
    const isNew = text !== last;
    last = text;
    return { fields: isNew ? [...raw, ...total] : raw, totals: isNew ? total : [] };
  };
}

/** Single commands for fields that somebody else has put together. */
async function handed(client, fields) {
  const pipeline = client.pipeline();
  for (const [field, value] of fields) pipeline.hset("handed", field, value);
  pipeline.pexpire("handed", 900_000);
  await pipeline.exec();
}

/**
 * What a program does that writes the same windows by itself: it adds up what came with each flush of a window,
 * packs it, and sends single commands. Totals it is handed.
 */
function byHand(client, names, Accumulator) {
  const held = new Map();
  let sum;
  let windowAt;
  const inWindow = ({ attributes, histogram, value }) => {
    const last = held.get(attributes);
    if (histogram === undefined) {
      const all = (last ?? 0) + value;
      held.set(attributes, all);
      return all;
    }
    let all = histogram;
    if (last !== undefined) {
      sum ??= new Accumulator(histogram.layout);
      sum.addClosed(last);
      sum.addClosed(histogram);
      all = sum.take(histogram.scale);
    }
    held.set(attributes, all);
    return Buffer.from(all.bytes.buffer, all.bytes.byteOffset + all.start, all.end - all.start);
  };
  return async (batch, totals) => {
    const at = Math.floor((batch.from + batch.to) / 2 / 10_000);
    if (at !== windowAt) held.clear();
    windowAt = at;
    const pipeline = client.pipeline();
    for (const { points } of batch.metrics) {
      for (const point of points) {
        pipeline.hset("by hand", names.get(point.attributes), inWindow(point));
      }
    }
    for (const [field, value] of totals) pipeline.hset("totals", field, value);
    pipeline.pexpire("by hand", 900_000);
    await pipeline.exec();
  };
}

async function compare(server, before, between, make) {
  const { redis } = await library("exporters/redis");
  const { Accumulator } = await library("histogram");
  const client = new Redis(server.port, "127.0.0.1");
  // Roll-ups are made by one process of a fleet, and it is not this one.
  const lease = { _: "auspex/1", owner: "another", token: 1, until: 9e15 };
  await client.hset("auspex:1:{bench}:lease:rollups", lease);
  const exporter = redis({ url: server.url });
  const monitor = await monitorOf(make);
  const read = reader(client);
  const names = new Map();
  const send = byHand(client, names, Accumulator);
  monitor.record(before);
  const periods = [];
  let last;
  for (let flush = 0; flush <= FLUSHES; flush++) {
    for (let second = 0; second < EVERY_MS / 1000; second++) {
      monitor.record((between * 1000) / EVERY_MS);
      monitor.pass();
    }
    const { cumulative, delta } = await monitor.flush();
    if (flush === 0) {
      for (const { points } of delta.metrics) {
        for (const { attributes } of points) names.set(attributes, `series-${1000 + names.size}`);
      }
    }
    const us = [0, 0, 0];
    const contenders = [
      async () => {
        const result = await exporter.export(cumulative, signal);
        if (result.status !== "success") throw result.error;
      },
      // Of the flush before: what ours will have written is not known yet.
      ...(last === undefined
        ? []
        : [() => handed(client, last.fields), () => send(last.delta, last.totals)]),
    ];
    for (let i = 0; i < contenders.length; i++) {
      const which = (i + flush) % contenders.length;
      us[which] = await cpuOf(contenders[which]);
    }
    last = { delta, ...(await read()) };
    const period = Math.floor((flush - 1) / PERIOD);
    if (flush === 0) continue;
    periods[period] ??= [0, 0, 0];
    us.forEach((each, which) => {
      periods[period][which] += each / PERIOD / SERIES;
    });
  }
  client.disconnect();
  await exporter.shutdown();
  await monitor.stop();
  await flushAll(server);
  const timed = periods.slice(WARM_UP);
  const [ours, ready, rival] = [0, 1, 2].map((which) => median(timed.map((us) => us[which])));
  return {
    "by hand": { ...figure(timed.map(([own, , other]) => own / other)), us: ours, rivalUs: rival },
    handed: { ...figure(timed.map(([own, other]) => own / other)), us: ours, rivalUs: ready },
  };
}

async function flushAll({ port }) {
  const client = new Redis(port, "127.0.0.1");
  await client.flushall();
  client.disconnect();
}

const VALUES = 40;

/** One process records a value now and then and exports at 500 ms; this one polls for it. */
async function delays({ url, port }) {
  const child = fork(fileURLToPath(import.meta.url), ["records", url]);
  const client = new Redis(port, "127.0.0.1");
  const found = [];
  for (let i = 1; i <= VALUES; i++) {
    // At any phase of the interval.
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
        const variants = {
          "histograms, 5 new values": await compare(server, 100, 5, histogram),
          "histograms, 50 new values": await compare(server, 500, 50, histogram),
          counters: await compare(server, 100, 50, counter),
        };
        const figures = { readable: await delays(server) };
        for (const [name, each] of Object.entries(variants)) {
          figures[name] = each["by hand"];
          figures[`${name}, handed ready-made`] = each.handed;
        }
        return figures;
      } finally {
        server.stop();
      }
    },
  });
}
