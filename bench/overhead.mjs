// npm run bench:overhead: what watching costs of the CPU time of a request, on real servers under real load.
//
// Three servers, each a process: bare, its bare twin, and watched. A fourth process sends the load, to
// one after the other and back again (bare, watched, twin, twin, watched, bare), in another order each
// round, so that all three come first as often and have served as much. Counted is the CPU time of the
// whole process (user and system, all threads) ÷ requests; watched is held against the mean of the two
// bare ones, and these against each other are the A/A control. The servers are started anew for each
// generation, because no two processes are compiled alike: the spread over generations makes the bound.
// Generations are made row by row, in turns, until the time is spent; a hello world, whose request is
// short, takes two where the others take one. A quiet machine resolves 2 % within the default time; one
// that does not says "inconclusive".
// --minutes N (all rows together), --rounds N, --json FILE, --only TEXT.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { converse } from "./lib/children.mjs";
import { makeReady } from "./lib/ready.mjs";
import { median } from "./lib/statistics.mjs";
import { machine, table } from "./lib/table.mjs";
import { spin } from "./lib/twin.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "11" },
    rounds: { type: "string", default: "4" },
    json: { type: "string" },
    only: { type: "string", default: "" },
  },
});

const LIMIT = 0.02;
const BLOCK_MS = 150;
const WARM_UP = { express: 40_000, fastify: 20_000 };
const FRAMEWORKS = ["express", "fastify"];
/** Generations a turn. */
const WORKS = { "hello world": 2, "200 µs of CPU": 1, "1 ms of waiting": 1 };
/** Fewer prove nothing. */
const MIN_GENERATIONS = 5;

/** Quantiles of the normal distribution: one-sided 95 %, and 99.5 %. */
const Z95 = 1.645;
const Z995 = 2.576;

makeReady();

/** How much work takes so long on this machine: one number for all servers. */
function spinsFor(ms) {
  const pieces = 100;
  for (let i = 0; i < 200; i++) spin(pieces);
  const took = Array.from({ length: 50 }, () => {
    const began = performance.now();
    spin(pieces);
    return performance.now() - began;
  });
  return Math.max(1, Math.round((pieces * ms) / median(took)));
}

const KINDS = { bare: "bare", watched: "watched", twin: "bare" };
const NAMES = Object.keys(KINDS);
const ORDERS = [0, 1, 2].flatMap((first) => {
  const [a, b, c] = [0, 1, 2].map((i) => NAMES[(first + i) % 3]);
  return [
    [a, b, c],
    [a, c, b],
  ];
});

async function generation(framework, work, spins, number) {
  const load = converse("load.mjs");
  load.first.catch(() => {});
  const servers = {};
  try {
    for (const name of ORDERS[number % ORDERS.length]) {
      servers[name] = converse("twin.mjs", [framework, work, String(spins), KINDS[name]]);
    }
    const ports = {};
    for (const [name, server] of Object.entries(servers)) ports[name] = (await server.first).port;

    const send = (name, count) => load.ask({ port: ports[name], count });
    const cpuUs = async (name) => {
      const { cpu } = await servers[name].ask("cpu");
      return cpu.user + cpu.system;
    };
    const perRequest = async (name, count) => {
      // A server that stood idle finds its caches cold; that is not what is asked.
      await send(name, Math.ceil(count / 8));
      const before = await cpuUs(name);
      await send(name, count);
      return ((await cpuUs(name)) - before) / count;
    };

    // Work of 200 µs is warm after fewer requests; all of them would take longer than the measurement.
    const warmUp = WARM_UP[framework] / (work === "hello world" ? 1 : 4);
    let took = 0;
    for (let done = 0; done < warmUp; done += 2000) {
      const began = performance.now();
      for (const name of NAMES) await send(name, 2000);
      took = (performance.now() - began) / NAMES.length;
    }
    const count = Math.max(100, Math.round((2000 * BLOCK_MS) / took));

    const shares = { watched: [], twin: [] };
    const bares = [];
    for (let round = 0; round < Number(options.rounds); round++) {
      const order = ORDERS[(number + round) % ORDERS.length];
      const us = { bare: 0, watched: 0, twin: 0 };
      for (const name of [...order, ...order.toReversed()]) {
        us[name] += (await perRequest(name, count)) / 2;
      }
      const bare = (us.bare + us.twin) / 2;
      shares.watched.push((us.watched - bare) / bare);
      shares.twin.push((us.twin - us.bare) / bare);
      bares.push(bare);
    }
    return { bareUs: median(bares), watched: median(shares.watched), twin: median(shares.twin) };
  } finally {
    load.stop();
    for (const server of Object.values(servers)) server.stop();
  }
}

/**
 * The shift that the generations agree on, and how far off it may be: the median of all means of two
 * (Hodges and Lehmann 1963), bounded by Wilcoxon's signed ranks. A generation in which something else
 * had the machine is one rank, not a tail; fewer than five cannot be bounded at all.
 */
function estimate(shares) {
  const n = shares.length;
  const means = shares.flatMap((a, i) => shares.slice(i).map((b) => (a + b) / 2));
  means.sort((a, b) => a - b);
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
  const bounds = (z) => {
    const out = Math.floor((n * (n + 1)) / 4 - z * spread);
    return out < 0
      ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
      : [means[out], means[means.length - 1 - out]];
  };
  const [low, high] = bounds(Z95);
  const [least, most] = bounds(Z995);
  return { median: median(means), low, high, isOff: least > 0 || most < 0 };
}

/** The control decides whether the measurement is worth anything before the figure is looked at. */
function judge(watched, control) {
  // At 99 %, and by a quarter of the limit: of six controls at 90 % every other run had one off by chance.
  if (control.isOff && Math.abs(control.median) > LIMIT / 4)
    return "inconclusive: the control is off";
  if ((control.high - control.low) / 2 > LIMIT) return "inconclusive: the control is too wide";
  if (watched.high <= LIMIT) return "ok";
  return watched.low > LIMIT ? "over" : "inconclusive";
}

const percent = (share) => `${(share * 100).toFixed(2)} %`;
const spins = spinsFor(0.2);
const rows = FRAMEWORKS.flatMap((framework) => {
  return Object.entries(WORKS).map(([work, perTurn]) => {
    return { name: `${framework}, ${work}`, framework, work, perTurn, runs: [] };
  });
}).filter(({ name }) => name.includes(options.only));

const began = performance.now();
const endsAt = began + Number(options.minutes) * 60_000;
let longestMs = 0;
/** No generation begins that may end too late, unless a row has too few to say anything. */
const isDue = ({ runs }) => {
  return runs.length < MIN_GENERATIONS || performance.now() + longestMs < endsAt;
};
while (rows.some((row) => isDue(row))) {
  for (const row of rows) {
    for (let i = 0; i < row.perTurn && isDue(row); i++) {
      const { name, framework, work, runs } = row;
      if (process.stderr.isTTY) {
        process.stderr.write(`\r\x1b[K${name}, generation ${runs.length + 1} …`);
      }
      const started = performance.now();
      runs.push(await generation(framework, work, spins, runs.length));
      longestMs = Math.max(longestMs, performance.now() - started);
    }
  }
}
const results = rows.map(({ name, runs }) => {
  const watched = estimate(runs.map((run) => run.watched));
  const control = estimate(runs.map((run) => run.twin));
  const bareUs = median(runs.map((run) => run.bareUs));
  return { name, bareUs, watched, control, said: judge(watched, control), runs };
});
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");

console.log(machine());
console.log(
  "Denominator: CPU time of the bare server process per request, user and system, all threads.\n",
);
table(
  ["server", "bare, µs CPU", "watched adds", "95 % bound", "A/A control", "of", "verdict (≤ 2 %)"],
  results.map(({ name, bareUs, watched, control, said, runs }) => [
    name,
    bareUs.toFixed(1),
    percent(watched.median),
    `≤ ${percent(watched.high)}`,
    `${percent(control.low)} … ${percent(control.high)}`,
    String(runs.length),
    said,
  ]),
);
console.log(
  `\n"of": generations of ${options.rounds} rounds each; bounds are one-sided (Wilcoxon's ranks over generations). Took ${((performance.now() - began) / 1000).toFixed(0)} s.`,
);
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
}
if (results.some(({ said }) => said === "over")) process.exitCode = 1;
