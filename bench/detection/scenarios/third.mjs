// A third service, unlike the first two: hardly any requests, cron jobs of every period, traffic on workdays only, tails
// without a mean, latencies that drift for days, and a process that is replaced every few hours, now with what it
// had learned, now without.
import { generator } from "../random.mjs";

export const STEP_MS = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LEARNING_MS = 2 * DAY;
/** A Thursday: the first weekend comes before a week was seen. */
export const START_MS = Date.UTC(2026, 8, 3);

const every = (period, length) => (timeMs) => timeMs % period < length;
const isWeekend = (timeMs) => new Date(timeMs).getUTCDay() % 6 === 0;
const hourOf = (timeMs) => (timeMs % DAY) / HOUR;
const wave = (timeMs, peak, depth) =>
  1 + depth * Math.cos((2 * Math.PI * (hourOf(timeMs) - peak)) / 24);

/** `rate` in requests a second, `ms` of one request, `errors` a ratio; `isJob`: nothing is expected of it. */
function cast(random) {
  const lognormal = (median, spread) => median * Math.exp(spread * random.normal());
  const level = (spread, memory) => {
    let at = 0;
    return () => {
      at = memory * at + Math.sqrt(1 - memory * memory) * spread * random.normal();
      return Math.exp(at);
    };
  };
  const [drift, load, swarm] = [level(0.25, 0.9999), level(0.35, 0.999), level(0.6, 0.97)];
  const cron = (name, period, count, ms) => ({
    name,
    rate: (timeMs) => (every(period, STEP_MS)(timeMs) ? count / 10 : 0),
    ms: () => lognormal(ms, 0.5),
    errors: 0.002,
    isJob: true,
  });
  return [
    cron("every 2 minutes", 2 * MINUTE, 30, 40),
    cron("every 5 minutes", 5 * MINUTE, 200, 15),
    cron("every 15 minutes", 15 * MINUTE, 400, 80),
    cron("every 6 hours", 6 * HOUR, 3000, 120),
    {
      name: "workdays only",
      rate: (timeMs) => (isWeekend(timeMs) ? 0 : 6 * Math.max(0, wave(timeMs, 13, 1.6))),
      ms: () => lognormal(60, 0.5),
      errors: 0.002,
    },
    {
      name: "branch office",
      rate: (timeMs) =>
        isWeekend(timeMs) || hourOf(timeMs) < 7 || hourOf(timeMs) > 16 ? 0.002 : 0.4,
      ms: () => lognormal(150, 0.7),
      errors: 0.01,
    },
    { name: "one a minute", rate: () => 1 / 60, ms: () => lognormal(500, 1), errors: 0.03 },
    {
      name: "no mean",
      rate: (timeMs) => 8 * wave(timeMs, 20, 0.7),
      ms: () => 4 * (1 + random.pareto(0.9)),
      errors: 0.001,
    },
    {
      name: "drifting",
      rate: (timeMs) => 10 * wave(timeMs, 15, 0.5),
      ms: (_, { drifted }) => drifted * lognormal(30, 0.35),
      step: () => ({ drifted: drift() }),
      errors: 0.001,
    },
    {
      name: "gusts",
      rate: (timeMs, { gust }) => 12 * gust * wave(timeMs, 12, 0.6),
      ms: (_, { gust }) => lognormal(20, 0.4) * (1 + 0.15 * gust),
      step: () => ({ gust: load() }),
      errors: 0.003,
    },
    {
      name: "swarm",
      rate: (_, { swarming }) => 3 * swarming,
      ms: () => lognormal(10, 0.8),
      step: () => ({ swarming: swarm() }),
      errors: 0.002,
    },
    {
      name: "two tenants",
      rate: (timeMs) => 7 * wave(timeMs, 11, 0.8),
      // The large one works at night: what a request takes depends on whose it is.
      ms: (timeMs) =>
        random.uniform() < 0.3 - 0.25 * Math.cos((2 * Math.PI * (hourOf(timeMs) - 14)) / 24)
          ? lognormal(25, 0.4)
          : lognormal(140, 0.4),
      errors: 0.001,
    },
    {
      name: "validation",
      rate: (timeMs) => 5 * wave(timeMs, 14, 0.7),
      ms: () => lognormal(8, 0.3),
      // Failures come with their callers: a tenth of the minutes has a clumsy one.
      errors: (_, { clumsy }) => (clumsy ? 0.12 : 0.02),
      step: (timeMs, was) =>
        timeMs % MINUTE < STEP_MS ? { clumsy: random.uniform() < 0.1 } : { clumsy: was.clumsy },
    },
    {
      name: "large",
      rate: (timeMs) => 60 * wave(timeMs, 18, 0.6),
      ms: (timeMs) => lognormal(12, 0.5) * (1 + 0.12 * wave(timeMs, 18, 0.6)),
      errors: 0.0004,
    },
    {
      name: "nearly idle",
      rate: () => 0.0015,
      ms: () => lognormal(900, 0.8),
      errors: 0.05,
    },
  ];
}

const INCIDENTS = {
  slower: (r) => {
    const by = r.pick([2, 3, 6]);
    return () => ({ slow: by });
  },
  "slow for some": (r) => {
    const share = r.pick([0.2, 0.4]);
    return () => ({ some: share, slowOfSome: 8 });
  },
  "slower and slower": (r) => {
    const by = r.pick([3, 5]);
    return (x) => ({ slow: 1 + (by - 1) * x });
  },
  failures: (r) => {
    const ratio = r.pick([0.25, 0.5, 1]);
    return () => ({ fail: ratio });
  },
  silence: () => () => ({ rate: 0 }),
  "a fifth is left": () => () => ({ rate: 0.2 }),
  "retry storm": (r) => {
    const by = r.pick([2, 4]);
    return () => ({ rate: by, fail: 0.5, slow: 1.8 });
  },
};

/** Minutes, and what they do. */
const NEAR_MISSES = {
  hiccup: (r) => [r.between(0.2, 0.8), () => ({ slow: 5 })],
  "cold start": (r) => [r.between(0.5, 1), () => ({ slow: 2.5, fail: 0.01 })],
  "a bad caller": () => [0.3, () => ({ fail: 0.4 })],
  campaign: (r) => {
    const by = r.between(1.5, 5);
    return [r.between(10, 120), () => ({ rate: by })];
  },
  lull: (r) => [r.between(10, 60), () => ({ rate: 0.7 })],
  "a little slower": (r) => [r.between(20, 240), () => ({ slow: 1.15 })],
};

function gauges(random) {
  let wander = 0;
  return [
    { name: "cpu", level: (timeMs) => 0.3 + 0.25 * wave(timeMs, 14, 1) + 0.06 * random.normal() },
    {
      name: "connections",
      level: () => {
        wander = 0.995 * wander + 0.01 * random.normal();
        return 0.45 + wander;
      },
    },
    {
      name: "batch memory",
      level: (timeMs) => (every(15 * MINUTE, 2 * MINUTE)(timeMs) ? 0.85 : 0.25),
    },
    // Caches fill after each start, and then it is full as ever.
    { name: "resident", level: (_, ageMs) => 0.35 + 0.3 * (1 - Math.exp(-ageMs / HOUR)) },
    { name: "log disk", level: (timeMs) => 0.3 + 0.5 * ((timeMs % DAY) / DAY) },
  ];
}

const FULL = {
  cpu: (r) => [r.between(10, 40), (was, x) => Math.max(was, 0.97 + 0.02 * x)],
  connections: (r) => [r.between(10, 40), (was, x) => Math.max(was, Math.min(1, was + 3 * x))],
  resident: (r) => {
    const hours = r.between(5, 10);
    return [60 * hours, (was, x) => Math.min(0.99, was + 0.34 * x)];
  },
};

export function makeWorld({ seed, days }) {
  const random = generator(`third ${seed}`);
  const operations = cast(random);
  const levels = gauges(random);
  const untilMs = START_MS + days * DAY;
  const fromMs = START_MS + LEARNING_MS;
  const events = [];
  const put = (event) => {
    events.push(event);
  };
  for (const { name, rate, isJob } of operations) {
    for (let at = fromMs + random.between(0, 12) * HOUR; at < untilMs - 3 * HOUR; ) {
      const isIncident = random.uniform() < 0.5;
      const kinds = isIncident ? INCIDENTS : NEAR_MISSES;
      const kind = random.pick(Object.keys(kinds));
      const made = kinds[kind](random);
      const [minutes, effect] = isIncident ? [random.pick([10, 20, 40]), made] : made;
      const until = at + minutes * MINUTE;
      const usual = Math.min(
        rate(at, { gust: 1, swarming: 1 }),
        rate(until, { gust: 1, swarming: 1 }),
      );
      // Nobody could see it in fewer requests; and of a job nothing is expected.
      if (!isJob && (!isIncident || usual * minutes * 60 >= 100)) {
        put({ kind, isIncident, victim: name, at, until, effect });
      }
      at = until + random.between(6, 22) * HOUR;
    }
  }
  /** When the process is replaced. */
  const restarts = [];
  for (let at = START_MS + 5 * HOUR; at < untilMs; at += random.between(3, 14) * HOUR) {
    restarts.push({ at: Math.floor(at / STEP_MS) * STEP_MS, withState: random.uniform() < 0.95 });
  }
  for (const [name, make] of Object.entries(FULL)) {
    for (let at = fromMs + random.between(0, 20) * HOUR; at < untilMs - 12 * HOUR; ) {
      const [minutes, of] = make(random);
      const until = at + minutes * MINUTE;
      const isInterrupted = restarts.some((each) => each.at > at - HOUR && each.at < until);
      if (!isInterrupted) {
        const kind = name === "resident" ? "memory leak" : "saturation";
        put({ kind, isIncident: true, victim: name, saturation: name, at, until, of });
      }
      at = until + random.between(10, 40) * HOUR;
    }
  }
  const states = operations.map(() => ({}));
  const step = (timeMs, record, setLevel) => {
    const open = events.filter(({ at, until }) => timeMs >= at && timeMs < until);
    const begun = restarts.findLast(({ at }) => at <= timeMs)?.at ?? START_MS - DAY;
    operations.forEach((operation, place) => {
      const { name } = operation;
      states[place] = operation.step?.(timeMs, states[place]) ?? states[place];
      const load = { rate: 1, slow: 1, fail: 0, some: 0, slowOfSome: 1 };
      for (const { victim, effect, at, until } of open) {
        if (victim === name) Object.assign(load, effect?.((timeMs - at) / (until - at)));
      }
      const usual =
        typeof operation.errors === "number"
          ? operation.errors
          : operation.errors(timeMs, states[place]);
      const ratio = Math.max(load.fail, usual);
      const count = random.poisson(10 * load.rate * operation.rate(timeMs, states[place]));
      for (let i = 0; i < count; i++) {
        const times = load.slow * (random.uniform() < load.some ? load.slowOfSome : 1);
        record(
          name,
          Math.min(3e6, times * operation.ms(timeMs, states[place])),
          random.uniform() < ratio,
        );
      }
    });
    for (const { name, level } of levels) {
      let full = level(timeMs, timeMs - begun);
      for (const { saturation, of, at, until } of open) {
        if (saturation === name) full = of(full, (timeMs - at) / (until - at));
      }
      setLevel(name, Math.max(0, Math.min(1, full)));
    }
  };
  return {
    operations: operations.map((each) => ({ ...each, rate: Number.NaN })),
    saturations: levels.map(({ name }) => name),
    events,
    restarts,
    fromMs,
    untilMs,
    step,
  };
}
