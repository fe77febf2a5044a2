// Weeks of a service in fast-forward, through the whole library: requests are recorded on a manual clock,
// and what the default detectors tell is compared with what was done to the service.
//
//   node bench/detection/scenarios/run.mjs [--seeds 11,12,13] [--days 14] [--operations 12] [--world world|variety|third|fourth] [--verbose]
//   … --detectors zScore,ewma   a row for each of these instead, on p95, error ratio and traffic of each minute
//
// Seeds 1 … 9 were used to choose settings; the default ones are for reporting.
import { parseArgs } from "node:util";
import { library } from "../../lib/library.mjs";
import { makeReady } from "../../lib/ready.mjs";
import { judge, summary } from "./judge.mjs";
import { levelsOf, OPTIONS, populate, QUIET, worldOf } from "./life.mjs";

const { values } = parseArgs({
  options: { ...OPTIONS, detectors: { type: "string", default: "" } },
});

/** `world`; `variety`: written by somebody else, operations of odd characters; `third`: jobs, tails, restarts; `fourth`: modest faults. */
const WORLDS = ["world", "variety", "third", "fourth"];
const { START_MS, STEP_MS, make } = await worldOf(values, WORLDS);

makeReady();
const { createAuspex } = await library();
const { ManualClock } = await library("testing");

const names = values.detectors.split(",").filter(Boolean);
const methods = names.length === 0 ? {} : await library("detectors");
/** What each is given; one that is made for counts looks at its own figure only. */
const FIGURES = {
  errorRatio: ["errorRatio"],
  trafficRate: ["traffic"],
  distributionShift: ["p95"],
};
const further = names.flatMap((name) =>
  (FIGURES[name] ?? ["p95", "errorRatio", "traffic"]).map((figure) => ({
    name: `${name} ${figure}`,
    detector: methods[name],
    figure,
    window: "1m",
  })),
);
const NONE = { latency: false, traffic: false, errors: false, saturation: false };

/** Lives one world through. @returns its tally */
async function run(seed) {
  const world = make(seed);
  const clock = new ManualClock();
  clock.epoch = START_MS - clock.now();
  const saved = new Map();
  const state = {
    name: "memory",
    load: async (key) => saved.get(key),
    save: async (key, text) => void saved.set(key, text),
  };
  const anomalies = [];
  let clockOff = 0;
  const levels = levelsOf(world);
  const begin = () => {
    const auspex = createAuspex({
      ...QUIET,
      clock,
      intervalMs: STEP_MS,
      state: world.restarts === undefined ? false : state,
      detectors: names.length === 0 ? true : { signals: NONE, further },
    });
    auspex.on("anomaly", (event) => {
      // By the world's clock: the monitor's may have been set.
      const timeMs = event.timeMs - clockOff;
      if (event.state === "begun") anomalies.push({ ...event, timeMs });
    });
    return { auspex, operations: populate(auspex, world, levels) };
  };
  let running = begin();
  const failure = new TypeError("injected");
  const record = (name, ms, failed) =>
    running.operations.get(name).record(ms, failed ? failure : undefined);
  let day = 0;
  for (let timeMs = START_MS; timeMs < world.untilMs; timeMs += STEP_MS) {
    if (timeMs === world.clockSet?.at) {
      clockOff = world.clockSet.by;
      clock.epoch += clockOff;
    }
    const restart = world.restarts?.find(({ at }) => at === timeMs);
    if (restart !== undefined) {
      await running.auspex.shutdown({ timeoutMs: 10 });
      if (!restart.withState) saved.clear();
      running = begin();
      await new Promise(setImmediate);
    }
    world.step(timeMs, record, (name, level) => {
      levels[name] = level;
    });
    clock.advance(STEP_MS);
    await undefined;
    if (process.stderr.isTTY && (timeMs - START_MS) / 86_400_000 > day) {
      process.stderr.write(`\rseed ${seed}: day ${++day} of ${values.days} `);
    }
  }
  await running.auspex.shutdown({ timeoutMs: 10 });
  if (names.length > 0) return tallyEach(world, anomalies);
  const tally = judge(world, anomalies);
  if (values.verbose) {
    for (const { kind, victim, at, until } of tally.missed) {
      console.log(
        `  missed: ${kind} of ${victim}, ${new Date(at).toISOString()}, ${Math.round((until - at) / 60_000)} min, rate ${world.operations.find(({ name }) => name === victim)?.rate.toFixed(2)}`,
      );
    }
    for (const { timeMs, operation, signal, reason } of tally.falseAlarms) {
      const near = world.events.find(
        ({ at, until }) => timeMs >= at - 3_600_000 && timeMs <= until + 3_600_000,
      );
      console.log(
        `  for nothing: ${signal} of ${operation}, ${new Date(timeMs).toISOString()}: ${reason} [${near?.kind ?? "nothing near"}]`,
      );
    }
  }
  return tally;
}

/** Of operations alone: nothing of these looks at saturations. */
function tallyEach(world, anomalies) {
  const events = world.events.filter(({ saturation }) => saturation === undefined);
  return names.map((name) =>
    judge(
      { ...world, events },
      anomalies.filter(({ detector }) => detector.split(" ")[0] === name),
    ),
  );
}

if (names.length > 0) {
  const worlds = [];
  for (const seed of values.seeds.split(",")) worlds.push(await run(Number(seed)));
  console.log(
    "| detector | precision | recall | false alarms per operation and month | median time to detect |\n| --- | --- | --- | --- | --- |",
  );
  names.forEach((name, at) => {
    const { precision, recall, perOperationMonth, medianMs } = summary(
      worlds.map((tallies) => tallies[at]),
    );
    console.log(
      `| ${name} | ${percent(precision)} | ${percent(recall)} | ${perOperationMonth.toFixed(1)} | ${Math.round(medianMs / 1000)} s |`,
    );
  });
  process.exit();
}

const tallies = [];
for (const seed of values.seeds.split(",")) {
  const began = performance.now();
  const tally = await run(Number(seed));
  tallies.push(tally);
  const { precision, recall, medianMs } = summary([tally]);
  console.log(
    `seed ${seed}: precision ${percent(precision)}, recall ${percent(recall)}, median time to detect ${Math.round(medianMs / 1000)} s, ${tally.falseAlarms.length} false (${tally.onMisses} on near-misses) [${((performance.now() - began) / 1000).toFixed(0)} s]`,
  );
}
const all = summary(tallies);
const byKind = new Map();
for (const { toDetect, missed } of tallies) {
  for (const { kind, ms } of toDetect) byKind.set(kind, [...(byKind.get(kind) ?? []), ms]);
  for (const { kind } of missed)
    byKind.set(kind, [...(byKind.get(kind) ?? []), Number.POSITIVE_INFINITY]);
}
console.log("\n| incident | found | median time to detect |\n| --- | --- | --- |");
for (const [kind, times] of [...byKind].sort()) {
  const found = times.filter(Number.isFinite).sort((a, b) => a - b);
  const median =
    found.length === 0 ? "–" : `${Math.round(found[Math.floor(found.length / 2)] / 1000)} s`;
  console.log(`| ${kind} | ${found.length} of ${times.length} | ${median} |`);
}
console.log(
  `\n${all.incidents} incidents, ${all.nearMisses} near-misses, seeds ${values.seeds}, ${values.days} days, ${tallies[0].operations} operations`,
);
console.log(
  `precision ${percent(all.precision)} (target ≥ 95 %), recall ${percent(all.recall)} (≥ 95 %)`,
);
console.log(
  `median time to detect ${Math.round(all.medianMs / 1000)} s (≤ 120 s), 9 of 10 within ${Math.round(all.p90Ms / 1000)} s`,
);
console.log(
  `false alarms per operation and month ${all.perOperationMonth.toFixed(2)} (≤ 1), on near-misses ${all.onMisses} of ${all.nearMisses}`,
);

function percent(ratio) {
  return `${(100 * ratio).toFixed(1)} %`;
}
