// The whole way to the notifier: weeks of a service in fast-forward, with `alerts({ notifiers })` and an SLO
// as they are without any setting. What was done to the service is compared with what people were told.
//
//   node bench/notices/run.mjs [--seeds 11,12,13,14] [--days 14] [--operations 12] [--world variety] [--verbose]
//
// The worlds are those of bench/detection/scenarios; seeds below 10 were used to choose settings.
import { parseArgs } from "node:util";
import { levelsOf, OPTIONS, populate, QUIET, worldOf } from "../detection/scenarios/life.mjs";
import { library } from "../lib/library.mjs";
import { makeReady } from "../lib/ready.mjs";
import { judge, summary } from "./judge.mjs";

const { values } = parseArgs({ options: OPTIONS });
const { START_MS, STEP_MS, make } = await worldOf(values, ["world", "variety"]);

makeReady();
const { createAuspex } = await library();
const { alerts } = await library("alerts");
const { slo } = await library("slo");
const { ManualClock } = await library("testing");

/** Lives one world through. @returns its tally */
async function run(seed) {
  const world = make(seed);
  const clock = new ManualClock();
  clock.epoch = START_MS - clock.now();
  const told = [];
  let now = START_MS;
  const notifier = {
    name: "recorder",
    notify: (notice) => void told.push({ timeMs: now, notice }),
  };
  const auspex = createAuspex({
    ...QUIET,
    clock,
    intervalMs: STEP_MS,
    state: false,
    slos: [slo({ name: "availability", sli: "availability", objective: 0.99 })],
    alerts: alerts({ notifiers: [notifier] }),
  });
  const anomalies = [];
  auspex.on("anomaly", ({ state, operation, signal }) => {
    if (state === "begun") anomalies.push({ timeMs: now, operation, signal });
  });
  const levels = levelsOf(world);
  const operations = populate(auspex, world, levels);
  const failure = new TypeError("injected");
  const record = (name, ms, failed) =>
    operations.get(name).record(ms, failed ? failure : undefined);
  for (let timeMs = START_MS; timeMs < world.untilMs; timeMs += STEP_MS) {
    if (timeMs === world.clockSet?.at) clock.epoch += world.clockSet.by;
    world.step(timeMs, record, (name, level) => {
      levels[name] = level;
    });
    // What the step has recorded is seen at its end.
    now = timeMs + STEP_MS;
    clock.advance(STEP_MS);
    // Slices of a step, and then the sending.
    await new Promise(setImmediate);
  }
  await auspex.shutdown({ timeoutMs: 10 });
  return judge(world, told, anomalies);
}

const tallies = [];
for (const seed of values.seeds.split(",")) {
  const began = performance.now();
  const tally = await run(Number(seed));
  tallies.push(tally);
  if (values.verbose) explain(tally);
  const one = summary([tally]);
  console.log(
    `seed ${seed}: ${one.noticed} of ${one.incidents} incidents told of, ${one.perIncident.toFixed(2)} notices each, ${one.forNothing} for nothing (${one.onMisses} on near-misses) [${((performance.now() - began) / 1000).toFixed(0)} s]`,
  );
}

const all = summary(tallies);
console.log(
  "\n| incident | told of | notices each | median time to notice | p95 |\n| --- | --- | --- | --- | --- |",
);
for (const [kind, incidents] of [...byKind(tallies)].sort()) {
  const { noticed, times } = summary([{ incidents, forNothing: [], right: 0, resolved: 0 }]);
  const notices = incidents.reduce((sum, each) => sum + each.notices.length, 0);
  console.log(
    `| ${kind} | ${noticed} of ${incidents.length} | ${(notices / Math.max(1, noticed)).toFixed(2)} | ${seconds(times, 0.5)} | ${seconds(times, 0.95)} |`,
  );
}
console.log(
  `\n${all.incidents} incidents, ${all.nearMisses} near-misses, seeds ${values.seeds}, ${values.days} days`,
);
console.log(
  `notices per incident told of ${all.perIncident.toFixed(2)} (target ≤ 1.2), ${all.noticed} of ${all.incidents} told of; ends told of besides: ${all.resolved}`,
);
console.log(
  `notices on near-misses ${all.onMisses} of ${all.nearMisses} (target 0); for nothing altogether ${all.forNothing}, ${((all.forNothing * 7) / all.days).toFixed(1)} a week`,
);
console.log(
  `from visible to the first notice: median ${seconds(all.times, 0.5)}, p95 ${seconds(all.times, 0.95)}`,
);
console.log(
  `of those that were told as critical (${all.criticalTimes.length}): median ${seconds(all.criticalTimes, 0.5)} (target ≤ 120 s), p95 ${seconds(all.criticalTimes, 0.95)}, within 2 min ${percent(all.criticalTimes.filter((ms) => ms <= 120_000).length / Math.max(1, all.criticalTimes.length))}`,
);
console.log(
  `of it from the detector's word to the notice: median ${seconds(all.ownTimes, 0.5)}, p95 ${seconds(all.ownTimes, 0.95)}`,
);

function byKind(of) {
  const kinds = new Map();
  for (const incident of of.flatMap(({ incidents }) => incidents)) {
    const { kind } = incident.event;
    kinds.set(kind, [...(kinds.get(kind) ?? []), incident]);
  }
  return kinds;
}

function explain({ incidents, forNothing }) {
  for (const { event, notices } of incidents) {
    if (notices.length === 1) continue;
    console.log(`  ${event.kind} of ${event.victim}, ${at(event.at)}: ${notices.length} notices`);
    for (const { timeMs, notice } of notices) console.log(`    ${line(timeMs, notice)}`);
  }
  for (const { timeMs, notice, miss } of forNothing) {
    console.log(`  for nothing: ${line(timeMs, notice)} [${miss?.kind ?? "nothing near"}]`);
  }
}

function line(timeMs, { cause, severity, title, alerts: of }) {
  const names = [...new Set(of.map(({ rule, operation }) => `${rule}/${operation}`))];
  return `${at(timeMs)} ${cause} ${severity}: ${title} (${names.join(", ")})`;
}

function at(timeMs) {
  return new Date(timeMs).toISOString().slice(5, 19);
}

function seconds(times, quantile) {
  if (times.length === 0) return "–";
  const sorted = times.toSorted((one, other) => one - other);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))];
  return `${Math.round(found / 1000)} s`;
}

function percent(ratio) {
  return `${(100 * ratio).toFixed(0)} %`;
}
