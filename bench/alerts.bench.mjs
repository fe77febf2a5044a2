// Alerts: 500 rules over 2,000 series, a step at a time, and a storm of 1,000 alerts at once.
// Alone: node bench/alerts.bench.mjs auspex
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { ManualClock } from "./lib/manual-clock.mjs";
import { figure, quantile } from "./lib/statistics.mjs";

const SERIES = 2000;
const RULES = 500;
const STEPS = 400;
const WARM_UP = 60;
const STORM = 1000;
const INTERVAL_MS = 10_000;

/** Rules of every kind, most of them over all series; `beyond` decides how much fires. */
function rulesOf(count) {
  const kinds = [
    (i) => ({ signal: "latency", percentile: 99, above: 5000 + i }),
    (i) => ({ signal: "latency", percentile: 95, above: 4000 + i }),
    (i) => ({ signal: "errors", above: 0.5 + i / 10_000 }),
    (i) => ({ signal: "traffic", above: 100_000 + i }),
    (i) => ({ signal: "latency", above: 3000 + i, attributes: { series: [i, i + 1, i + 2] } }),
    (i) => ({ signal: "errors", above: 0.4, operation: `route ${i % 10}*` }),
    (i) => ({
      allOf: [
        { signal: "latency", above: 4500 + i },
        { signal: "errors", above: 0.01 },
      ],
    }),
  ];
  return Array.from({ length: count }, (_, i) => ({
    name: `rule ${i}`,
    when: kinds[i % kinds.length](i),
    forMs: (i % 3) * 30_000,
    annotations: { summary: "{{operation}} is at {{value}}" },
  }));
}

/** A monitor of the library's own with so many operations, and what a watcher is given beside it. */
async function host(series) {
  const { createAuspex } = await library();
  const clock = new ManualClock();
  const auspex = createAuspex({
    service: "bench",
    saturation: false,
    outbound: false,
    selfMetrics: false,
    detectResource: false,
    detectors: false,
    state: false,
    cardinalityLimit: series + 1,
    clock,
  });
  const operations = Array.from({ length: series }, (_, i) => {
    return auspex.operation(`route ${i % 50}`, { series: i, region: i % 4 });
  });
  const timers = { schedule: () => () => {}, now: () => clock.now(), wall: () => clock.wall() };
  let shared;
  const events = { alert: 0, incident: 0 };
  const none = { bind: () => none, add() {}, set() {} };
  const context = {
    service: "bench",
    incarnation: { id: "bench", startTimeMs: 0 },
    clock: timers,
    diag: { warn() {} },
    snapshot: () => (shared ??= auspex.snapshot("1m")),
    emit: ({ type }) => events[type]++,
    on: () => () => {},
    counter: () => none,
    gauge: () => none,
  };
  return {
    operations,
    clock,
    context,
    events,
    /** What the next step sees. */
    next() {
      clock.time += INTERVAL_MS;
      shared = undefined;
      context.snapshot();
    },
  };
}

/** While another process has the core, it is not ours that takes the time. */
function cpuMs(work) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const result = work();
  const took = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { ms: Math.min(took, (user + system) / 1000), result };
}

/** ms of one step. */
function whole(alerts) {
  return cpuMs(() => {
    const step = alerts.step();
    while (!step.next().done);
  }).ms;
}

/** ms of the longest slice of one step: in between, the event loop may turn. */
function longestSlice(alerts) {
  const step = alerts.step();
  let longest = 0;
  for (let done = false; !done; ) {
    const { ms, result } = cpuMs(() => step.next());
    longest = Math.max(longest, ms);
    done = result.done;
  }
  return longest;
}

const turns = async (count) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

async function evaluation() {
  const { alerts } = await library("alerts");
  const { operations, context, next } = await host(SERIES);
  const watcher = alerts({ rules: rulesOf(RULES) });
  await watcher.start(context);
  const took = [];
  const slices = [];
  for (let step = -WARM_UP; step < STEPS; step++) {
    // Twelve values a series, and four series that are slow enough for most rules.
    for (const [i, operation] of operations.entries()) {
      const ms = i % 500 === 0 ? 20_000 : 20 + (i % 70);
      for (let value = 0; value < 12; value++) operation.record(ms);
    }
    next();
    // By turns: to look at each slice costs something itself.
    const [list, measure] = step % 2 === 0 ? [took, whole] : [slices, longestSlice];
    const ms = measure(watcher);
    await turns(2);
    if (step >= 0) list.push(ms);
  }
  const active = watcher.active().length;
  await watcher.stop(100);
  return { took, slices, active };
}

async function storm() {
  const { alerts } = await library("alerts");
  const { operations, context, next, clock } = await host(STORM);
  const notices = [];
  const notifier = { name: "bench", notify: (notice) => void notices.push(notice) };
  const watcher = alerts({
    rules: [{ name: "slow", severity: "critical", when: { signal: "latency", above: 1000 } }],
    notifiers: [notifier],
  });
  await watcher.start(context);
  const record = (ms) => {
    for (const operation of operations) for (let i = 0; i < 12; i++) operation.record(ms);
  };
  const longest = [];
  const steps = async (count, ms) => {
    for (let i = 0; i < count; i++) {
      record(ms);
      // Only the values of now, so that what is over is seen to be over.
      clock.fire();
      next();
      longest.push(longestSlice(watcher));
      await turns(2);
    }
  };
  await steps(12, 20);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  await steps(180, 20_000);
  globalThis.gc?.();
  const bytes = process.memoryUsage().heapUsed - before;
  const firing = notices.filter(({ status }) => status !== "resolved").length;
  await watcher.stop(100);
  return { notices: notices.length, firing, longest, bytes, active: watcher.active().length };
}

const single = (value, repetitions = 1) => ({ value, low: value, high: value, repetitions });

await scenario({
  async auspex() {
    const { took, slices, active } = await evaluation();
    const { notices, longest, bytes, active: stormed } = await storm();
    if (process.send === undefined) console.log({ active, stormed });
    return {
      evaluation: figure(took),
      "evaluation, longest slice": single(quantile(slices, 0.99), slices.length),
      "storm, notices": single(notices),
      "storm, longest slice": single(quantile(longest, 0.99), longest.length),
      "storm, heap": single(bytes / 1024 / 1024),
    };
  },
});
