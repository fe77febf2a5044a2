// What it takes to ask a fleet in Redis: 100 processes of 50 operations, 50 requests a second each, one in
// ten failed, written by the exporter itself into a redis-server of our own; the last five minutes of one
// operation, of all, and 90 days of one at an hour a step, from hours that are filed by hand. Wall time,
// by a reader that has asked before ("cold": by one that has not even connected). `held` is the CPU
// time of the longest turn of the event loop meanwhile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { peer } from "../scripts/peers.mjs";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { figure, random } from "./lib/statistics.mjs";

const PROCESSES = 100;
const OPERATIONS = 50;
const WINDOW_MS = 10_000;
const WINDOWS = 33;
const VALUES = 500;
const FAILED = 50;
const DAYS = 90;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const REPETITIONS = 9;
const SHAPES = 8;

async function redisServer() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const flags = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn(peer("redis-server"), flags, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const text of child.stdout) if (/Ready to accept/.test(text)) break;
  child.stdout.resume?.();
  return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill("SIGKILL") };
}

/** Log-normal latencies in seconds, 1 ms … 10 s, by shape; of each window all since the start. */
async function cumulative(count) {
  const { Accumulator, Layout } = await library("histogram");
  const layout = new Layout();
  return Array.from({ length: SHAPES }, (_, shape) => {
    const next = random(shape + 1);
    const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    const sum = new Accumulator(layout);
    return Array.from({ length: WINDOWS }, () => {
      for (let i = 0; i < count; i++) {
        const us = Math.min(1e7, Math.max(1000, 20_000 * Math.exp(0.8 * normal())));
        sum.addSlot(layout.slotOf(Math.round(us)), 1);
      }
      const total = sum.take(1e6);
      sum.addClosed(total);
      return total;
    });
  });
}

const NAME = "http.server.request.duration";

function metricsAt(window, process, ok, failed) {
  const points = [];
  const active = [];
  for (let operation = 0; operation < OPERATIONS; operation++) {
    const name = `GET /things/${operation}`;
    const attributes = { "http.request.method": "GET", "http.route": `/things/${operation}` };
    const signals = { instrument: NAME, name, attributes };
    const shape = (operation + process) % SHAPES;
    points.push({
      attributes: { ...attributes, "http.response.status_code": 200 },
      histogram: ok[shape][window],
      signals: { ...signals, outcome: "ok", type: "" },
    });
    points.push({
      attributes: { ...attributes, "error.type": "500" },
      histogram: failed[shape][window],
      signals: { ...signals, outcome: "error", type: "500" },
    });
    active.push({ attributes, value: 1, signals });
  }
  return [
    { name: NAME, kind: "histogram", unit: "s", description: "", points },
    {
      name: "http.server.active_requests",
      kind: "updown",
      unit: "{request}",
      description: "",
      points: active,
    },
  ];
}

/** Five minutes and a half of all processes, up to now, rolled up. @returns the instant it ends at */
async function write(url) {
  const { redis } = await library("exporters/redis");
  const { batchWith } = await library("testing");
  const [ok, failed] = [await cumulative(VALUES - FAILED), await cumulative(FAILED)];
  const exporters = Array.from({ length: PROCESSES }, () => redis({ url, timeoutMs: 10_000 }));
  const end = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS + 5000;
  const exportAt = async (to, window, firstMs) => {
    const results = await Promise.all(
      exporters.map((exporter, process) => {
        const batch = batchWith(metricsAt(window, process, ok, failed), {
          to,
          resource: { attributes: { "service.name": "shop", "host.name": `host-${process}` } },
          incarnation: { id: `${process}-bench`, startTimeMs: firstMs },
        });
        return exporter.export(batch, new AbortController().signal);
      }),
    );
    const fault = results.find(({ status }) => status !== "success");
    if (fault !== undefined) throw fault.error;
  };
  const first = end - (WINDOWS - 1) * WINDOW_MS;
  for (let window = 0; window < WINDOWS; window++) {
    await exportAt(first + window * WINDOW_MS, window, first - WINDOW_MS);
  }
  const { default: Redis } = await import("ioredis");
  const client = new Redis(url);
  // The exporters roll up when they have exported; what is new then is only that they are there.
  for (let now = Date.now(); ; now = Date.now()) {
    await exportAt(now, WINDOWS - 1, first - WINDOW_MS);
    const reached = await client.hget(
      "auspex:1:{shop}:rollups",
      "reached|10000,60000,3600000|10000",
    );
    if (Number(reached) >= end - 15_000) break;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await fileHours(client, end);
  client.disconnect();
  for (const exporter of exporters) void exporter.shutdown();
  return end;
}

/** Ninety days of hours: each is what ten seconds of the whole fleet were, which fills as many slots. */
async function fileHours(client, end) {
  const chunk = Math.floor((end - 120_000) / 60_000) * 60_000;
  const fields = await client.hgetallBuffer(`auspex:1:{shop}:metrics:http:10000:${chunk}`);
  const steps = Object.entries(fields).filter(([field]) => field.endsWith("|0"));
  if (steps.length < 2 * OPERATIONS) throw new Error("nothing was rolled up");
  const now = Math.floor(end / HOUR_MS) * HOUR_MS;
  for (let day = Math.floor(now / DAY_MS) * DAY_MS; day > now - DAYS * DAY_MS; day -= DAY_MS) {
    const filed = ["_", "auspex/1"];
    for (let hour = 0; hour < 24; hour++) {
      for (const [field, value] of steps) {
        filed.push(field.replace("|0", `|${hour.toString(36)}`), value);
      }
    }
    await client.hset(`auspex:1:{shop}:metrics:http:3600000:${day}`, ...filed);
  }
  await client.hset("auspex:1:{shop}:rollups", "reached|10000,60000,3600000|3600000", now);
}

/** CPU time of this thread so far, as the kernel tells it (Linux). */
function cpuMs() {
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
}

/** CPU time of the longest turn of the event loop while something is asked. */
async function longestTurn(ask) {
  let longest = 0;
  let isOver = false;
  let before = cpuMs();
  const turn = () => {
    const now = cpuMs();
    longest = Math.max(longest, now - before);
    before = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  await ask();
  isOver = true;
  await nextTurn();
  return longest;
}

async function timed(ask, repetitions = REPETITIONS) {
  const took = [];
  const held = [];
  for (let i = -1; i < repetitions; i++) {
    const began = performance.now();
    await ask();
    const ms = performance.now() - began;
    if (i >= 0) took.push(ms);
  }
  for (let i = 0; i < 3; i++) held.push(await longestTurn(ask));
  return { ...figure(took), held: Math.min(...held) };
}

await scenario({
  async auspex() {
    const server = await redisServer();
    const { redisFleet } = await library("fleet");
    const { ManualClock } = await library("testing");
    try {
      const end = await write(server.url);
      const clock = new ManualClock();
      clock.epoch = end + 2000 - clock.now();
      const options = { url: server.url, clock };
      const operation = "GET /things/7";
      const one = async (fleet) => {
        const { operations, reason } = await fleet.snapshot("5m", { operation });
        const [found] = operations;
        const least = 30 * PROCESSES * VALUES;
        if (!(found?.traffic.count >= least)) throw new Error(`${reason}: ${found?.traffic.count}`);
      };
      const warm = redisFleet(options);
      const result = { "one operation, 5 min": await timed(() => one(warm)) };
      result["one operation, 5 min, cold"] = await timed(async () => {
        const fleet = redisFleet(options);
        await one(fleet);
        fleet.close();
      });
      result["all operations, 5 min"] = await timed(async () => {
        const { operations } = await warm.snapshot("5m");
        if (operations.length !== OPERATIONS) throw new Error(`${operations.length} operations`);
      });
      result["all operations, 10 s"] = await timed(() => warm.snapshot("10s"));
      result["all operations, total"] = await timed(() => warm.snapshot("total"), 3);
      const percentiles = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];
      const from = end - DAYS * DAY_MS;
      result["90 days of one operation"] = await timed(async () => {
        const query = { from, to: end, stepMs: HOUR_MS, operation, percentiles };
        const { series } = await warm.range(query);
        const points = series[0]?.points.length;
        if (!(points >= (DAYS - 1) * 24)) throw new Error(`${points} points`);
      });
      warm.close();
      return result;
    } finally {
      server.stop();
    }
  },
});
