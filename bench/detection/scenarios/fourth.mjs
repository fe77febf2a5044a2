// A fourth service, of operations that are drawn, not cast: each has a rate, a day, a distribution, a noise and
// faults of its own, and the incidents are of modest size. Load and pace wander as first-order autoregressive
// processes; every deploy leaves a level behind; capacity is added in steps, so that pace and pools are saw-teeth.
import { generator } from "../random.mjs";

export const STEP_MS = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Wednesday. */
export const START_MS = Date.UTC(2026, 4, 6);

const hourOf = (timeMs) => (timeMs % DAY) / HOUR;
const weekdayOf = (timeMs) => new Date(timeMs).getUTCDay();
const peak = (hour, at, width) => Math.exp(-(((((hour - at + 36) % 24) - 12) / width) ** 2));

/** Shares of the busiest hour. */
const DAYS = {
  flat: () => 0.8,
  "two peaks": (hour) => 0.15 + 0.7 * peak(hour, 9, 2.5) + 0.85 * peak(hour, 20, 3),
  "office hours": (hour) => 0.06 + 0.94 / (1 + Math.exp(4 * (Math.abs(hour - 12.5) - 4.5))),
  evening: (hour) => 0.1 + 0.9 * peak(hour, 21, 4),
  "slow rise": (hour) => 0.3 + (0.7 * ((hour + 19) % 24)) / 24,
};

/** First-order autoregressive, about 0. */
function wandering(random, spread, memory) {
  let level = 0;
  return () => {
    level = memory * level + Math.sqrt(1 - memory * memory) * spread * random.normal();
    return level;
  };
}

/** Latencies of one request, about `median`. */
const SHAPES = {
  lognormal: (random, median) => {
    const spread = random.between(0.35, 1.1);
    return () => median * Math.exp(spread * random.normal());
  },
  cached: (random, median) => {
    const hits = random.between(0.5, 0.92);
    const [near, far] = [random.between(0.2, 0.4), random.between(0.3, 0.6)];
    return () =>
      random.uniform() < hits
        ? median * Math.exp(near * random.normal())
        : 12 * median * Math.exp(far * random.normal());
  },
  "timing out": (random, median) => {
    const share = random.between(0.001, 0.006);
    const spread = random.between(0.3, 0.7);
    return () =>
      random.uniform() < share ? 3000 : Math.min(3000, median * Math.exp(spread * random.normal()));
  },
  gamma: (random, median) => {
    const stages = random.pick([2, 4]);
    return () => {
      let sum = 0;
      for (let stage = 0; stage < stages; stage++) sum += random.exponential();
      return (median * sum) / (stages - 0.33);
    };
  },
};

function draw(random, index) {
  const rate = 10 ** random.between(-2, 1.6);
  const median = 10 ** random.between(0.5, 2.4);
  const shape = random.pick(Object.keys(SHAPES));
  return {
    name: `${shape} ${index}`,
    rate,
    day: random.pick(Object.values(DAYS)),
    weekend: random.pick([1, 0.7, 0.3]),
    growth: random.pick([0, 0, 0.02]),
    ms: SHAPES[shape](random, median),
    median,
    load: wandering(random, random.between(0.05, 0.22), random.pick([0.9, 0.98, 0.996])),
    pace: wandering(random, random.between(0.02, 0.08), random.pick([0.9, 0.99])),
    errors: 10 ** random.between(-3, -1.7),
    faults: wandering(random, random.between(0, 0.5), 0.97),
    // A pause of the collector: some of the requests of a step wait for it.
    pauses: random.pick([0, 1 / 60, 1 / 15]),
    pauseMs: random.between(40, 200),
    scaling: random.pick([0, 0.15, 0.3]),
    scalingMs: random.between(15, 50) * MINUTE,
    batch: random.pick([undefined, undefined, undefined, "nightly", "weekly"]),
    batchAt: random.between(0, 5) * HOUR,
  };
}

/** What is left of usual traffic; `most`: so many requests are needed for it to be seen by anybody. */
const INCIDENTS = {
  slower: (r) => {
    const by = r.between(1.6, 3);
    return { least: 150, effect: () => ({ slow: by }) };
  },
  "slow for some": (r) => {
    const [share, by] = [r.between(0.12, 0.3), r.between(4, 8)];
    return { least: 300, effect: () => ({ some: share, slowOfSome: by }) };
  },
  failures: (r) => {
    const ratio = r.pick([0.03, 0.05, 0.1, 0.3]);
    return { least: 15 / ratio, effect: () => ({ fail: ratio }) };
  },
  "half is gone": (r) => {
    const left = r.pick([0.5, 0.4, 0.25, 0]);
    return { least: left === 0.5 ? 600 : 200, effect: () => ({ rate: left }) };
  },
  "retry storm": (r) => {
    const ratio = r.between(0.08, 0.3);
    return { least: 200, effect: () => ({ rate: 2, fail: ratio, slow: 1.4 }) };
  },
};

/** Minutes, and what they do. */
const NEAR_MISSES = {
  marketing: (r) => {
    const by = r.between(2, 5);
    return [r.between(10, 60), () => ({ rate: by, slow: 1.08 })];
  },
  "one slow request": () => [1 / 6, () => ({ stray: 30_000 })],
  "one failure": () => [1 / 6, () => ({ failures: 1 })],
  "long pause": (r) => [r.pick([10, 20]) / 60, () => ({ slow: 6 })],
  "cold cache": (r) => {
    const by = r.between(1.3, 2);
    return [1, (x) => ({ slow: 1 + (by - 1) * (1 - x) })];
  },
  "fewer callers": (r) => [r.between(10, 40), () => ({ rate: 0.8 })],
};

function gauges(random) {
  const [noise, queue] = [wandering(random, 0.03, 0.95), wandering(random, 0.04, 0.99)];
  return [
    // Filled by growing load, halved when capacity is added.
    {
      name: "workers",
      level: (timeMs) => 0.35 + 0.28 * ((timeMs % (35 * MINUTE)) / (35 * MINUTE)) + noise(),
    },
    { name: "pool", level: (timeMs) => 0.15 + 0.4 * DAYS["two peaks"](hourOf(timeMs)) + queue() },
    {
      name: "heap",
      level: (timeMs) => 0.35 + 0.15 * ((timeMs % (4 * MINUTE)) / (4 * MINUTE)) + 0.3 * noise(),
    },
    {
      name: "cache",
      // Full by design, a few minutes after each deploy.
      level: (_, sinceDeploy) => 0.82 * (1 - Math.exp(-sinceDeploy / (20 * MINUTE))),
    },
  ];
}

const FULL = {
  workers: (r) => [r.between(12, 40), (was) => Math.max(was, 0.9 + r.between(0, 0.08))],
  pool: (r) => [r.between(12, 40), (was, x) => Math.max(was, Math.min(0.95, was + 4 * x))],
  heap: (r) => {
    const hours = r.between(4, 9);
    return [60 * hours, (was, x) => Math.min(0.98, was + 0.5 * x)];
  },
};

export function makeWorld({ seed, days, operations: count }) {
  const random = generator(`fourth ${seed}`);
  const operations = Array.from({ length: count }, (_, index) => draw(random, index));
  const levels = gauges(random);
  const untilMs = START_MS + days * DAY;
  const fromMs = START_MS + 2 * DAY;
  const usualOf = ({ rate, day, weekend, growth }, timeMs) =>
    rate *
    day(hourOf(timeMs)) *
    (weekdayOf(timeMs) % 6 === 0 ? weekend : 1) *
    (1 + growth) ** ((timeMs - START_MS) / DAY);
  const events = [];
  for (const operation of operations) {
    for (let at = fromMs + random.between(0, 16) * HOUR; at < untilMs - 2 * HOUR; ) {
      const isIncident = random.uniform() < 0.5;
      const kind = random.pick(Object.keys(isIncident ? INCIDENTS : NEAR_MISSES));
      const { least = 0, effect } = isIncident ? INCIDENTS[kind](random) : {};
      const miss = isIncident ? [random.pick([12, 20, 40])] : NEAR_MISSES[kind](random);
      const [minutes] = miss;
      const until = at + minutes * MINUTE;
      const due = Math.min(usualOf(operation, at), usualOf(operation, until)) * minutes * 60;
      if (due >= least) {
        const { name } = operation;
        events.push({ kind, isIncident, victim: name, at, until, effect: effect ?? miss[1] });
      }
      at = until + random.between(8, 30) * HOUR;
    }
  }
  const deploys = [];
  for (let at = START_MS + 14 * HOUR; at < untilMs; at += random.pick([1, 1, 2]) * DAY) {
    const from = at + random.between(-3, 3) * HOUR;
    const deploy = { at: from, levels: operations.map(() => Math.exp(0.05 * random.normal())) };
    deploys.push(deploy);
    const until = from + random.pick([10, 20]) * 1000;
    const names = new Set(operations.map(({ name }) => name));
    const effect = () => ({ slow: 2.5, rate: 0.7, fail: 0.01 });
    events.push({ kind: "deploy", isIncident: false, names, at: from, until, effect });
  }
  for (const [name, make] of Object.entries(FULL)) {
    for (let at = fromMs + random.between(0, 24) * HOUR; at < untilMs - 10 * HOUR; ) {
      const [minutes, of] = make(random);
      const kind = name === "heap" ? "memory leak" : "saturation";
      const until = at + minutes * MINUTE;
      events.push({ kind, isIncident: true, victim: name, saturation: name, at, until, of });
      at = until + random.between(15, 50) * HOUR;
    }
  }
  const step = (timeMs, record, setLevel) => {
    const open = events.filter(({ at, until }) => timeMs >= at && timeMs < until);
    const done = deploys.filter(({ at }) => at <= timeMs);
    operations.forEach((operation, place) => {
      const { name } = operation;
      const load = { rate: 1, slow: 1, fail: 0, some: 0, slowOfSome: 1, stray: 0, failures: 0 };
      for (const { victim, names, effect, at, until } of open) {
        if (victim !== name && !names?.has(name)) continue;
        Object.assign(load, effect((timeMs - at) / (until - at)));
      }
      const pace = paceOf(operation, timeMs) * Math.exp(operation.pace());
      const level = done.reduce((product, { levels: of }) => product * of[place], pace);
      const batch = isBatch(operation, timeMs) ? 3 : 1;
      const usual = usualOf(operation, timeMs) * Math.exp(operation.load()) * batch;
      const ratio = Math.min(1, operation.errors * Math.exp(operation.faults()) + load.fail);
      const isPaused = random.uniform() < operation.pauses;
      const requests = random.poisson(10 * load.rate * usual);
      for (let i = 0; i < requests; i++) {
        const times = load.slow * (random.uniform() < load.some ? load.slowOfSome : 1);
        const waits = isPaused && random.uniform() < 0.1 ? operation.pauseMs * random.uniform() : 0;
        record(name, times * level * operation.ms() + waits, random.uniform() < ratio);
      }
      if (load.stray > 0) record(name, load.stray, false);
      for (let i = 0; i < load.failures; i++) record(name, operation.median, true);
    });
    for (const { name, level } of levels) {
      let full = level(timeMs, timeMs - (done.at(-1)?.at ?? START_MS));
      for (const { saturation, of, at, until } of open) {
        if (saturation === name) full = of(full, (timeMs - at) / (until - at));
      }
      setLevel(name, Math.max(0, Math.min(1, full)));
    }
  };
  const saturations = levels.map(({ name }) => name);
  return { operations, saturations, events, fromMs, untilMs, step };
}

/** Load builds up until capacity is added. */
function paceOf({ scaling, scalingMs, batch, batchAt }, timeMs) {
  const sawtooth = 1 + scaling * ((timeMs % scalingMs) / scalingMs);
  return isBatch({ batch, batchAt }, timeMs) ? 1.15 * sawtooth : sawtooth;
}

function isBatch({ batch, batchAt }, timeMs) {
  if (batch === undefined) return false;
  const since = (timeMs % DAY) - batchAt;
  const isDay = batch === "nightly" || weekdayOf(timeMs) === 0;
  return isDay && since >= 0 && since < HOUR;
}
