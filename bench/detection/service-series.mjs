// Series such as services have, made from a seed: request rates, crash counts, latencies, error ratios
// and saturations, each with incidents at known rows. Several kinds hold what must stay silent too:
// seasons, single outliers of a heavy tail, a restart, a nightly job.
import { generator } from "./random.mjs";

const MINUTE = 60_000;
const START = Date.UTC(2026, 2, 2);
const DAY = 86_400_000;
/** Incidents leave this share of the series between them and its ends. */
const CLEAR = 0.06;

/** 1 at the mean; about 0.4 at night and 1.5 in the afternoon, less at weekends. */
function season(timeMs, phase) {
  const day = 1 + 0.55 * Math.sin(2 * Math.PI * (timeMs / DAY + phase));
  const weekday = new Date(timeMs).getUTCDay();
  return day * (weekday === 0 || weekday === 6 ? 0.75 : 1);
}

/** A slowly wandering log level, as load has that no clock explains. */
function wander(random, spread, memory) {
  let level = 0;
  const step = spread * Math.sqrt(1 - memory * memory);
  return () => (level = level * memory + step * random.normal());
}

/**
 * Each kind: rows, step in minutes, incidents, and `make(random)` returning the value of a row, told how
 * strong the incident is that the row lies in (0 outside, else its sign and size).
 */
const KINDS = {
  "request-rate-5m": {
    rows: 5000,
    step: 5,
    incidents: 3,
    lasting: [4, 40],
    sizes: [-0.75, -0.6, 1.2, 2],
    make(random) {
      const mean = 50 * 10 ** random.between(0, 2);
      const phase = random.between(0, 1);
      const noise = wander(random, 0.06, 0.9);
      return (time, size) =>
        random.poisson(mean * season(time, phase) * Math.exp(noise()) * (1 + size));
    },
  },
  "request-rate-1m": {
    rows: 6000,
    step: 1,
    incidents: 3,
    lasting: [5, 60],
    sizes: [-0.8, -0.6, 1.5, 3],
    make(random) {
      const mean = 20 * 10 ** random.between(0, 1.5);
      const phase = random.between(0, 1);
      const noise = wander(random, 0.08, 0.95);
      return (time, size) =>
        random.poisson(mean * season(time, phase) * Math.exp(noise()) * (1 + size));
    },
  },
  "request-rate-10s": {
    rows: 6000,
    step: 1 / 6,
    incidents: 2,
    lasting: [6, 60],
    sizes: [-0.85, -0.7, 1.5, 3],
    make(random) {
      const mean = 30 * 10 ** random.between(0, 1.2);
      const noise = wander(random, 0.15, 0.998);
      return (_, size) => random.poisson(mean * Math.exp(noise()) * (1 + size));
    },
  },
  "request-rate-1h": {
    rows: 1500,
    step: 60,
    incidents: 3,
    lasting: [2, 10],
    sizes: [-0.7, -0.5, 1, 2],
    make(random) {
      const mean = 1000 * 10 ** random.between(0, 2);
      const phase = random.between(0, 1);
      const noise = wander(random, 0.05, 0.8);
      return (time, size) =>
        random.poisson(mean * season(time, phase) * Math.exp(noise()) * (1 + size));
    },
  },
  "crash-count-1h": {
    rows: 1800,
    step: 60,
    incidents: 3,
    lasting: [2, 12],
    sizes: [6, 10, 20],
    make(random) {
      const mean = random.between(0.15, 3);
      const phase = random.between(0, 1);
      return (time, size) => random.poisson(mean * season(time, phase) * (1 + size));
    },
  },
  "crash-count-5m": {
    rows: 6000,
    step: 5,
    incidents: 2,
    lasting: [3, 24],
    sizes: [30, 60],
    make(random) {
      const rate = random.between(0.01, 0.2);
      // Crashes come in small families: one bug, several users.
      return (_, size) => {
        const families = random.poisson(rate * (1 + size));
        let crashes = 0;
        for (let i = 0; i < families; i++) crashes += 1 + random.poisson(0.7);
        return crashes;
      };
    },
  },
  "latency-p95-1m": {
    rows: 6000,
    step: 1,
    incidents: 3,
    lasting: [5, 60],
    sizes: [1, 2, 4],
    make(random) {
      const median = 10 ** random.between(0.5, 2.5);
      const noise = wander(random, 0.1, 0.9);
      return (_, size) => {
        const outlier = random.uniform() < 0.003 ? 1 + random.pareto(2) : 1;
        return median * Math.exp(noise() + 0.12 * random.normal()) * outlier * (1 + size);
      };
    },
  },
  "latency-p99-5m": {
    rows: 5000,
    step: 5,
    incidents: 2,
    lasting: [4, 30],
    sizes: [2, 4],
    make(random) {
      const median = 10 ** random.between(1, 3);
      const phase = random.between(0, 1);
      const noise = wander(random, 0.12, 0.8);
      return (time, size) =>
        median *
        (0.7 + 0.3 * season(time, phase)) *
        Math.exp(noise() + 0.25 * random.exponential()) *
        (1 + size);
    },
  },
  "error-ratio-1m": {
    rows: 6000,
    step: 1,
    incidents: 2,
    lasting: [5, 40],
    sizes: [8, 20],
    make(random) {
      const requests = 10 ** random.between(2, 3.5);
      const ratio = 10 ** random.between(-3, -2);
      const phase = random.between(0, 1);
      return (time, size) => {
        const count = Math.max(1, random.poisson(requests * season(time, phase)));
        return Math.min(1, random.poisson(count * ratio * (1 + size)) / count);
      };
    },
  },
  "cpu-5m": {
    rows: 4000,
    step: 5,
    incidents: 2,
    lasting: [6, 60],
    sizes: [0.8, 1.5],
    make(random) {
      const base = random.between(5, 40);
      const phase = random.between(0, 1);
      const noise = wander(random, 0.08, 0.9);
      return (time, size) => {
        const job = (time / MINUTE) % (24 * 60) === 180 ? 25 : 0;
        const load =
          base * (0.6 + 0.4 * season(time, phase)) * Math.exp(noise()) * (1 + size) + job;
        return Math.min(100, load + random.normal());
      };
    },
  },
  "queue-depth-1m": {
    rows: 5000,
    step: 1,
    incidents: 2,
    lasting: [10, 60],
    sizes: [5, 15],
    make(random) {
      const arrivals = random.between(2, 8);
      let depth = 0;
      return (_, size) => {
        depth = Math.max(
          0,
          depth + random.poisson(arrivals * (1 + size / 20)) - random.poisson(arrivals * 1.25),
        );
        return depth;
      };
    },
  },
  "level-shift-5m": {
    rows: 5000,
    step: 5,
    incidents: 2,
    lasting: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    sizes: [-0.4, 0.6, 1],
    make(random) {
      const mean = 100 * 10 ** random.between(0, 1.5);
      const phase = random.between(0, 1);
      const noise = wander(random, 0.05, 0.9);
      return (time, size) =>
        mean * (0.75 + 0.25 * season(time, phase)) * Math.exp(noise()) * (1 + size);
    },
  },
  "growing-rate-1h": {
    rows: 1600,
    step: 60,
    incidents: 3,
    lasting: [2, 10],
    sizes: [-0.6, 0.8, 1.5],
    make(random) {
      const mean = 200 * 10 ** random.between(0, 2);
      const phase = random.between(0, 1);
      const growth = random.between(0.5, 1.6);
      const noise = wander(random, 0.06, 0.9);
      return (time, size) => {
        const grown = Math.exp((growth * (time - START)) / (60 * DAY));
        return random.poisson(mean * grown * season(time, phase) * Math.exp(noise()) * (1 + size));
      };
    },
  },
  "drifting-1m": {
    rows: 6000,
    step: 1,
    incidents: 3,
    lasting: [5, 40],
    sizes: [-0.5, 0.6, 1],
    make(random) {
      const mean = 10 ** random.between(1, 3);
      const drift = wander(random, 0.5, 0.9995);
      return (_, size) => mean * Math.exp(drift() + 0.05 * random.normal()) * (1 + size);
    },
  },
  "stuck-1m": {
    rows: 5000,
    step: 1,
    incidents: 2,
    lasting: [60, 240],
    sizes: [1],
    make(random) {
      const mean = 10 ** random.between(1, 3);
      const noise = wander(random, 0.2, 0.95);
      let last = mean;
      return (_, size) => {
        if (size === 0) last = mean * Math.exp(noise() + 0.1 * random.normal());
        return last;
      };
    },
  },
  "steady-1m": {
    rows: 5000,
    step: 1,
    incidents: 0,
    lasting: [1, 1],
    sizes: [0],
    make(random) {
      const mean = 10 ** random.between(0, 3);
      const phase = random.between(0, 1);
      return (time) => random.poisson(mean * season(time, phase));
    },
  },
};

/** Where incidents begin: apart from each other, none in the first quarter. */
function onsets(random, rows, incidents) {
  const first = Math.ceil(rows * 0.25);
  const room = (rows * (1 - CLEAR) - first) / Math.max(1, incidents);
  return Array.from({ length: incidents }, (_, i) =>
    Math.floor(first + room * i + random.between(0, room * (1 - CLEAR * 4))),
  );
}

function makeOne(name, kind, random) {
  const starts = onsets(random, kind.rows, kind.incidents);
  const incidents = starts.map((start) => ({
    start,
    end: Math.min(
      kind.rows,
      start + Math.round(random.between(...kind.lasting.map((n) => Math.min(n, kind.rows)))),
    ),
    size: random.pick(kind.sizes),
  }));
  const value = kind.make(random);
  const times = new Float64Array(kind.rows);
  const values = new Float64Array(kind.rows);
  for (let row = 0; row < kind.rows; row++) {
    times[row] = START + row * kind.step * MINUTE;
    const now = incidents.findLast(({ start, end }) => row >= start && row < end);
    values[row] = value(times[row], now?.size ?? 0);
  }
  // As the benchmark draws them: a tenth of the series in all, the onset in the middle.
  const half = Math.floor((0.1 * kind.rows) / Math.max(1, kind.incidents) / 2);
  const windows = starts.map((start) => [start - half, Math.min(kind.rows - 1, start + half)]);
  return { name, category: name.split("/")[0], times, values, windows };
}

/** @returns series in the form of `readCorpus`: `each` of every kind, the same for the same seed */
export function makeServices(seed, each = 4) {
  return Object.entries(KINDS).flatMap(([kind, shape]) =>
    Array.from({ length: each }, (_, i) =>
      makeOne(`${kind}/${i}`, shape, generator(`${seed}/${kind}/${i}`)),
    ),
  );
}
