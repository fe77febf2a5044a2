// How good forecasts are, by rolling origin: the past is cut, what came is compared with what was foreseen.
//
//   node bench/detection/forecasts.mjs [folder] [--choose] [--only traffic] [--json]
//
// Without a folder: made-up series of seven weeks of hours, five of them known at the first cut, with seasons
// of a day and a week, correlated noise, growth, bursts, level shifts and gaps. Settings were chosen by the
// seeds of --choose; what is reported are others. With a folder in the shape of the Numenta Anomaly
// Benchmark (data/<category>/<name>.csv): its series, 60 % known at the first cut, a day ahead.
//
// MASE: mean absolute error over that of repeating the last week (or day, or value) within what was known.
// relative: the same over that of repeating it at the very same instants. 80 % and 95 %: the share of values
// that was within the interval of that name.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { library } from "../lib/library.mjs";
import { random } from "../lib/statistics.mjs";
import { machine, table } from "../lib/table.mjs";

const { values: asked, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    choose: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEKS = 7;
const KNOWN_WEEKS = 5;
const TARGET = 0.8;
/** A Monday. */
const START = Date.UTC(2026, 0, 5);
const SEEDS = asked.choose ? { first: 1, count: 10 } : { first: 101, count: 20 };

const { backTest } = await library("baselines");

function normal(next) {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Noise in which each value resembles the one before it. */
function correlated(next, rho, deviation) {
  const gauss = normal(next);
  let value = 0;
  return () => (value = rho * value + Math.sqrt(1 - rho * rho) * deviation * gauss());
}

/** Two humps a day, of their own place and width; weekends lower, and later in the day. */
function weekShape(next, hasWeekend = true) {
  const first = 9 + 9 * next();
  const second = first + 3 + 4 * next();
  const width = 2 + 3 * next();
  const night = 0.15 + 0.5 * next();
  const weekend = hasWeekend ? 0.35 + 0.6 * next() : 1;
  const later = hasWeekend ? 2 * next() : 0;
  const hump = (hour, at, wide) => {
    const away = Math.abs(hour - at) % 24;
    return Math.exp(-0.5 * (Math.min(away, 24 - away) / wide) ** 2);
  };
  return (hours) => {
    const hour = hours % 24;
    const isWeekend = Math.floor(hours / 24) % 7 >= 5;
    const late = isWeekend ? later : 0;
    const humps =
      0.7 * hump(hour, first + late, width) + 0.6 * hump(hour, second + late, 1.3 * width);
    return (night + (1 - night) * humps) * (isWeekend ? weekend : 1);
  };
}

/** By kind, the value of each hour. */
const KINDS = {
  traffic(next) {
    const shape = weekShape(next);
    const base = 10 ** (1 + 2 * next());
    const growth = (0.04 * (next() - 0.2)) / 168;
    const noise = correlated(next, 0.5 + 0.4 * next(), 0.03 + 0.07 * next());
    let burst = 1;
    return (hour) => {
      burst = burst < 1.05 && next() < 0.004 ? 1.5 + 2 * next() : 1 + (burst - 1) * 0.4;
      return base * (1 + growth * hour) * shape(hour) * Math.exp(noise()) * burst;
    };
  },
  latency(next) {
    const shape = weekShape(next);
    const base = 20 + 300 * next();
    const load = 0.2 + 0.8 * next();
    const noise = correlated(next, 0.6 + 0.3 * next(), 0.06 + 0.06 * next());
    const deploy = WEEKS * 168 * (0.2 + 0.5 * next());
    const factor = next() < 0.5 ? 0.8 + 0.5 * next() : 1;
    let burst = 1;
    return (hour) => {
      burst = next() < 0.006 ? 2 + 3 * next() : 1 + (burst - 1) * 0.3;
      const level = hour > deploy ? base * factor : base;
      return level * (1 + load * shape(hour)) * Math.exp(noise()) * burst;
    };
  },
  saturation(next) {
    const shape = weekShape(next);
    const base = 0.05 + 0.15 * next();
    const load = 0.2 + 0.3 * next();
    const growth = (0.05 * next()) / 168;
    const noise = correlated(next, 0.5 + 0.4 * next(), 0.02 + 0.02 * next());
    return (hour) => {
      const odd = next() < 0.005 ? 5 : 1;
      const value = base + load * (1 + growth * hour) * shape(hour) + odd * noise();
      return Math.min(1, Math.max(0, value));
    };
  },
  daily(next) {
    const shape = weekShape(next, false);
    const base = 5 + 50 * next();
    const noise = correlated(next, 0.3 + 0.5 * next(), 0.1 + 0.1 * next());
    return (hour) => base * shape(hour) * Math.exp(noise());
  },
  "a disk that fills": (next) => {
    const noise = correlated(next, 0.8, 0.006);
    const perHour = (0.02 + 0.1 * next()) / 168;
    let level = 0.2 + 0.3 * next();
    return () => Math.min(1, (level += perHour * (0.5 + next())) + noise());
  },
  "no season": (next) => {
    const gauss = normal(next);
    const mean = 50 + 50 * next();
    let value = mean;
    return () => {
      value += 0.02 * (mean - value) + 1.5 * gauss();
      return Math.max(0, value + 2 * gauss());
    };
  },
};

function synthetic(kind, seed) {
  const next = random(seed * 7919 + kind.length * 104_729);
  const valueAt = KINDS[kind](next);
  const series = [];
  let gap = 0;
  for (let hour = 0; hour < WEEKS * 168; hour++) {
    const value = valueAt(hour);
    if (gap === 0 && next() < 0.001) gap = Math.ceil(12 * next());
    if (gap > 0) gap--;
    else series.push({ timeMs: START + hour * HOUR_MS, value });
  }
  return series;
}

/** The Benchmark's timestamps carry no zone: read as UTC. */
function readSeries(file) {
  const rows = readFileSync(file, "utf8").trimEnd().split("\n").slice(1);
  return rows.map((row) => {
    const comma = row.indexOf(",");
    const timeMs = Date.parse(`${row.slice(0, 19).replace(" ", "T")}Z`);
    return { timeMs, value: Number(row.slice(comma + 1)) };
  });
}

function* fromFolder(folder) {
  for (const category of readdirSync(join(folder, "data")).sort()) {
    for (const file of readdirSync(join(folder, "data", category)).sort()) {
      if (!file.endsWith(".csv")) continue;
      yield {
        kind: basename(file, ".csv"),
        series: [readSeries(join(folder, "data", category, file))],
      };
    }
  }
}

function* madeUp() {
  for (const kind of Object.keys(KINDS)) {
    const seeds = Array.from({ length: SEEDS.count }, (_, i) => SEEDS.first + i);
    yield { kind, series: seeds.map((seed) => synthetic(kind, seed)) };
  }
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Means over the series of one kind. */
function judge(series, horizonMs, options) {
  const found = { mase: [], relative: [], within80: [], within95: [] };
  for (const each of series) {
    const [narrow, wide] = [0.8, 0.95].map((level) =>
      backTest(each, { horizonMs, level, origins: 4, ...options }),
    );
    if (narrow.origins === 0) continue;
    found.mase.push(narrow.mase);
    found.relative.push(narrow.relative);
    found.within80.push(narrow.coverage);
    found.within95.push(wide.coverage);
  }
  return Object.fromEntries(Object.entries(found).map(([name, list]) => [name, mean(list)]));
}

const [folder] = positionals;
const horizons = folder === undefined ? [DAY_MS, 7 * DAY_MS] : [DAY_MS];
const options = folder === undefined ? { from: KNOWN_WEEKS / WEEKS } : { from: 0.6 };
const results = [];
for (const { kind, series } of folder === undefined ? madeUp() : fromFolder(folder)) {
  if (!kind.includes(asked.only)) continue;
  for (const horizonMs of horizons) {
    results.push({ kind, days: horizonMs / DAY_MS, ...judge(series, horizonMs, options) });
  }
}
const judged = results.filter(({ mase }) => !Number.isNaN(mase));
for (const days of horizons.map((horizonMs) => horizonMs / DAY_MS)) {
  const same = judged.filter((result) => result.days === days);
  const all = { kind: "all", days };
  for (const name of ["mase", "relative", "within80", "within95"]) {
    all[name] = mean(same.map((result) => result[name]));
  }
  results.push(all);
}

if (asked.json) console.log(JSON.stringify(results, null, 2));
else {
  const source =
    folder === undefined
      ? `${SEEDS.count} series of each kind, seeds ${SEEDS.first} to ${SEEDS.first + SEEDS.count - 1}`
      : folder;
  console.log(`${machine()}\n${source}, 4 origins each\n`);
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  table(
    ["series", "days ahead", "MASE", "relative", "in 80 %", "in 95 %", `MASE ≤ ${TARGET}`],
    results.map(({ kind, days, mase, relative, within80, within95 }) => [
      kind,
      String(days),
      mase.toFixed(3),
      relative.toFixed(3),
      percent(within80),
      percent(within95),
      Number.isNaN(mase) ? "too short" : mase <= TARGET ? "ok" : "over",
    ]),
  );
}
