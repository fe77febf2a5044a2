// npm run soak: two Express servers under full load, one bare and one watched, in turns; 10 minutes on
// the watched one for each of two workloads: sockets that stay, and a new socket for each request. Some
// clients leave before their answer. --minutes N, --only keep-alive|churn, --json FILE.
//
// Code that runs once a second is compiled over the first hour, and lies in the same heap: the slope of the
// second half is below that of the first. `bench/soak-hours.mjs` shows how it ends.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { converse } from "./lib/children.mjs";
import { slope } from "./lib/heap.mjs";
import { makeReady } from "./lib/ready.mjs";
import { median } from "./lib/statistics.mjs";
import { machine, number, table } from "./lib/table.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    only: { type: "string", default: "" },
    json: { type: "string" },
  },
});

/** Of a block; nothing may be silent for a minute. */
const WATCHED_MS = 20_000;
const BARE_MS = 10_000;
/** Collections on demand. */
const SOAK = { flags: ["--expose-gc"] };
const LIMITS = { slopeMbPerHour: 1, addedP99Ms: 2 };

makeReady();

// Nothing is restored from an earlier run, and nothing is left behind.
const stateHome = mkdtempSync(join(tmpdir(), "soak-"));
process.env.XDG_STATE_HOME = stateHome;

async function soak(mode) {
  const load = converse("soak-load.mjs", [], SOAK);
  load.first.catch(() => {});
  const servers = {
    bare: converse("soak-server.mjs", ["bare"], SOAK),
    watched: converse("soak-server.mjs", ["watched"], SOAK),
  };
  try {
    const ports = {};
    for (const [name, server] of Object.entries(servers)) ports[name] = (await server.first).port;
    const looks = { bare: [], watched: [] };
    const sent = { bare: 0, watched: 0 };
    const began = performance.now();
    const blocks = Math.max(2, Math.ceil((Number(options.minutes) * 60_000) / WATCHED_MS));
    for (let block = 0; block < blocks; block++) {
      for (const [name, ms] of [
        ["bare", BARE_MS],
        ["watched", WATCHED_MS],
      ]) {
        await servers[name].ask("began");
        const done = await load.ask({ port: ports[name], mode, ms });
        sent[name] += done.sent;
        const busy = await servers[name].ask("ended");
        // What clients left behind is cleared away by now, and a collection finds all of it.
        await sleep(300);
        const weight = await servers[name].ask("weighed");
        looks[name].push({ ...busy, ...weight, minutes: (performance.now() - began) / 60_000 });
      }
      if (process.stderr.isTTY) {
        const { heapUsed, requests } = looks.watched.at(-1);
        process.stderr.write(
          `\r\x1b[K${mode}: ${block + 1} of ${blocks}, ${requests} requests, heap ${(heapUsed / 2 ** 20).toFixed(2)} MB`,
        );
      }
    }
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    return { mode, looks, sent: sent.watched, counted: await servers.watched.ask("counted") };
  } finally {
    load.stop();
    for (const server of Object.values(servers)) server.stop();
  }
}

function figures({ mode, looks, sent, counted }) {
  // The first third warms up: code is compiled, windows fill.
  const steady = (name) => looks[name].slice(Math.floor(looks[name].length / 3));
  const slopeOf = (points, of) => {
    return slope(points.map((look) => ({ x: look.minutes / 60, y: of(look) / 2 ** 20 })));
  };
  const heapSlope = (name, of = ({ heapUsed }) => heapUsed) => slopeOf(steady(name), of);
  const half = Math.floor(steady("watched").length / 2);
  const halves = [steady("watched").slice(0, half), steady("watched").slice(half)];
  const p99 = (name) => median(steady(name).map(({ p99Ms }) => p99Ms));
  const listeners = looks.watched.map((look) => look.listeners);
  return {
    mode,
    requests: sent,
    counted,
    inFlight: counted.inFlight,
    slopeMbPerHour: heapSlope("watched"),
    bareSlopeMbPerHour: heapSlope("bare"),
    codeMbPerHour: heapSlope("watched", ({ code }) => code),
    halvesMbPerHour: halves.map((points) => slopeOf(points, ({ heapUsed }) => heapUsed)),
    buffersMbPerHour: heapSlope("watched", ({ arrayBuffers }) => arrayBuffers),
    p99Ms: p99("watched"),
    bareP99Ms: p99("bare"),
    listeners: `${listeners[0]} → ${listeners.at(-1)}`,
    listenersGrew: listeners.at(-1) > listeners[0],
  };
}

const modes = ["keep-alive", "churn"].filter((mode) => mode.includes(options.only));
const results = [];
try {
  for (const mode of modes) results.push(figures(await soak(mode)));
} finally {
  rmSync(stateHome, { recursive: true, force: true });
}

console.log(
  `${machine()}\n${options.minutes} min under full load on the watched server, in blocks of 20 s\n`,
);
table(
  [
    "workload",
    "requests",
    "in flight",
    "heap MB/h (bare)",
    "1st · 2nd half",
    "code",
    "buffers MB/h",
    "p99 loop delay ms (bare)",
    "listeners",
    "verdict",
  ],
  results.map((each) => {
    const added = each.p99Ms - each.bareP99Ms;
    const faults = [
      each.inFlight !== 0 && "in flight",
      each.slopeMbPerHour > LIMITS.slopeMbPerHour && "heap grows",
      added > LIMITS.addedP99Ms && "loop delay",
      each.listenersGrew && "listeners",
      each.counted.requests !== each.requests && `counted ${each.counted.requests}`,
    ].filter(Boolean);
    return [
      each.mode,
      String(each.requests),
      String(each.inFlight),
      `${each.slopeMbPerHour.toFixed(2)} (${each.bareSlopeMbPerHour.toFixed(2)})`,
      each.halvesMbPerHour.map((half) => number(half)).join(" · "),
      each.codeMbPerHour.toFixed(2),
      each.buffersMbPerHour.toFixed(2),
      `${each.p99Ms.toFixed(2)} (${each.bareP99Ms.toFixed(2)})`,
      each.listeners,
      faults.length === 0 ? "ok" : faults.join(", "),
    ];
  }),
);
console.log("\ncode: machine code and bytecode within the heap, without what V8 notes about them");
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 2));
