// A second world, written from the words of the requirement by somebody who had not seen the first: fewer
// assumptions are shared, so what does well in one by luck is found out in the other.
//
// Every operation is of another character (batches, bimodal caches, office hours, cron jobs, a steady 5 % of
// errors, Pareto tails …), and all see deploys, a change to summer time, and a clock that is set.
import { generator } from "../random.mjs";

export const STEP_MS = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Nobody knows a day before it was seen. */
const LEARNING_MS = 2 * DAY;
/** A Monday. */
export const START_MS = Date.UTC(2026, 2, 2);

const bump = (hour, peak, width) =>
  Math.exp(-((((hour - peak + 36) % 24) - 12) ** 2) / (2 * width ** 2));
const day = ({ hour }) => 0.15 + 0.85 * (0.5 - 0.5 * Math.cos(((hour - 4) / 12) * Math.PI));
const office = ({ hour, weekend }) =>
  weekend || hour < 8 || hour >= 18 ? 0.01 : hour >= 12 && hour < 13 ? 0.5 : 1;

/** `rate`: requests a second; `ms`: latency of one; `errors`: ratio; `batch`: requests that come together. */
function cast(random) {
  const lognormal = (median, sigma) => () => median * Math.exp(sigma * random.normal());
  let wander = 0;
  return [
    {
      name: "shop page",
      rate: (at) => 15 * day(at) * (at.weekend ? 1.3 : 1),
      ms: lognormal(40, 0.5),
      errors: 0.001,
    },
    {
      name: "api",
      rate: (at) => 5 * (0.1 + bump(at.hour, 11, 3) + bump(at.hour, 20, 2)),
      ms: lognormal(90, 0.8),
      errors: 0.004,
      loaded: true,
    },
    { name: "office", rate: (at) => 3 * office(at), ms: lognormal(120, 0.6), errors: 0.002 },
    {
      name: "weekday",
      rate: (at) => 4 * day(at) * (at.weekend ? 0.2 : 1),
      ms: lognormal(25, 0.4),
      errors: 0,
    },
    { name: "seldom", rate: () => 0.07, ms: lognormal(300, 0.7), errors: 0.01 },
    { name: "very seldom", rate: () => 0.006, ms: lognormal(300, 0.7), errors: 0.02 },
    {
      name: "batches",
      rate: (at) => (at.timeMs % MINUTE < STEP_MS ? 15 : 0),
      ms: lognormal(12, 0.6),
      errors: 0.001,
    },
    {
      name: "cached",
      rate: (at) => 6 * day(at),
      ms: () => (random.uniform() < 0.8 ? lognormal(2, 0.3)() : lognormal(70, 0.4)()),
      errors: 0.001,
    },
    { name: "flaky", rate: (at) => 4 * day(at), ms: lognormal(50, 0.5), errors: 0.05 },
    {
      name: "bursts",
      rate: () => {
        wander += 0.01 * -wander + 0.06 * random.normal();
        return 0.8 * Math.exp(wander);
      },
      ms: lognormal(60, 0.6),
      errors: 0.003,
      batch: 4,
    },
    {
      name: "hourly job",
      rate: (at) => (at.timeMs % HOUR < 3 * MINUTE ? 12 : 0),
      ms: lognormal(30, 0.5),
      errors: 0.002,
      job: true,
    },
    {
      name: "nightly job",
      rate: ({ hour }) => (hour >= 2 && hour < 2.6 ? 3 : 0),
      ms: lognormal(2000, 0.4),
      errors: 0.001,
      job: true,
    },
    {
      name: "shut at night",
      rate: ({ hour }) => (hour >= 1 && hour < 5 ? 0 : 4),
      ms: lognormal(35, 0.4),
      errors: 0.001,
    },
    {
      name: "growing",
      rate: (at) => 2 * day(at) * 1.03 ** ((at.timeMs - START_MS) / DAY),
      ms: lognormal(80, 0.5),
      errors: 0.001,
      loaded: true,
    },
    {
      name: "tail",
      rate: (at) => 4 * day(at),
      ms: () => 10 * (1 + random.pareto(1.5)),
      errors: 0.001,
    },
    {
      name: "health check",
      rate: () => 1,
      ms: () => 5 + Math.round(random.uniform()),
      errors: 0,
      exact: true,
    },
    {
      name: "cache flush",
      rate: (at) => 3 * day(at),
      ms: lognormal(45, 0.4),
      errors: 0.001,
      slow: (at) => (at.timeMs % HOUR < 2 * MINUTE ? 3 : 1),
    },
    {
      name: "clumsy",
      rate: (at) => 6 * day(at),
      ms: lognormal(30, 0.7),
      errors: 0.002,
      clumps: true,
    },
    {
      name: "short-lived",
      rate: (at) => {
        const age = (at.timeMs - START_MS) / DAY;
        return age > 3 && age < 5.3 ? 2 : 0;
      },
      ms: lognormal(30, 0.5),
      errors: 0.001,
      comesAndGoes: true,
    },
    { name: "metered", rate: () => 3, ms: lognormal(20, 0.15), errors: 0.0005 },
  ];
}

/** What can be done to an operation. Each gives what it changes at `x`, the share of its time that is over. */
const INCIDENTS = {
  "latency regression": (r) => {
    const by = r.pick([1.8, 2.5, 4]);
    return () => ({ slow: by });
  },
  "latency of some": (r) => {
    const by = r.pick([4, 10]);
    return () => ({ some: 0.35, slowOfSome: by });
  },
  "latency ramp": (r) => {
    const by = r.pick([2.5, 4]);
    return (x) => ({ slow: 1 + (by - 1) * Math.min(1, x * 2) });
  },
  "error burst": (r) => {
    const ratio = r.pick([0.15, 0.3, 0.6, 1]);
    return () => ({ fail: ratio });
  },
  "partial outage": (r) => {
    const ratio = r.pick([0.25, 0.4]);
    return () => ({ fail: ratio, failMs: 5000, rate: 0.9 });
  },
  "traffic drop": (r) => {
    const left = r.pick([0, 0, 0.1, 0.3]);
    return () => ({ rate: left });
  },
  "retry storm": (r) => {
    const by = r.pick([2.5, 5]);
    return () => ({ rate: by, fail: 0.4, slow: 2 });
  },
};
const NEAR_MISSES = {
  "slow seconds": (r) => [r.pick([10, 20, 40]) / 60, () => ({ slow: 4 })],
  "few failures": (r) => [r.pick([10, 20]) / 60, () => ({ fail: 0.3 })],
  rush: (r) => {
    const by = r.pick([1.8, 3]);
    return [r.between(5, 30), () => ({ rate: by })];
  },
  fewer: (r) => [r.between(10, 90), () => ({ rate: 0.8 })],
  "a little slower": (r) => [r.between(10, 120), () => ({ slow: 1.12 })],
  "a few more failures": (r) => [r.between(10, 60), () => ({ fail: 0.004 })],
  pause: (r) => [r.pick([20, 40]) / 60, () => ({ rate: 0 })],
};

/** Saturations, each from its world's own hour; `level` without incident. */
function gauges(random) {
  let busy = 0;
  return [
    { name: "pool", level: (at) => 0.2 + 0.35 * day(at) + 0.03 * random.normal() },
    {
      name: "tight pool",
      level: () => {
        busy += -0.1 * busy + 0.012 * random.normal();
        return 0.87 + busy;
      },
    },
    { name: "disk", level: (at) => 0.5 + 0.35 * ((at.timeMs % (8 * HOUR)) / (8 * HOUR)) },
    {
      name: "heap",
      level: (at) =>
        0.4 + 0.25 * ((at.timeMs % (20 * MINUTE)) / (20 * MINUTE)) + 0.01 * random.normal(),
    },
    { name: "rss", level: (at) => 0.45 + 0.02 * random.normal() + 0.05 * day(at) },
    { name: "slow disk", level: (at) => 0.4 + 0.001 * ((at.timeMs - START_MS) / HOUR) },
    { name: "queue", level: () => (random.uniform() < 0.02 ? random.between(0.2, 0.7) : 0.01) },
    {
      name: "backup",
      level: ({ hour }) => (hour >= 3 && hour < 3.4 ? 0.92 : 0.3) + 0.02 * random.normal(),
    },
  ];
}
const FULL = {
  saturation: (r, name) => {
    const to = name === "tight pool" ? 0.99 : r.pick([0.96, 0.99]);
    return {
      minutes: r.between(8, 40),
      of: (was, x) => Math.max(was, was + (to - was) * Math.min(1, x * 8)),
    };
  },
  "memory leak": (r) => {
    const perHour = r.pick([0.015, 0.03, 0.05, 0.1]);
    const hours = Math.min(24, 0.45 / perHour);
    return {
      minutes: hours * 60,
      of: (was, x) => Math.min(0.99, was + perHour * hours * x),
      perHour,
    };
  },
};

export function makeWorld({ seed, days }) {
  const random = generator(`variety ${seed}`);
  const operations = cast(random);
  const levels = gauges(random);
  const untilMs = START_MS + days * DAY;
  const summerMs = START_MS + 6 * DAY + HOUR;
  const when = (timeMs) => {
    const local = timeMs + (timeMs >= summerMs ? HOUR : 0);
    const date = new Date(local);
    return { timeMs, hour: (local % DAY) / HOUR, weekend: date.getUTCDay() % 6 === 0 };
  };
  const events = [];
  const put = (event) => events.push(event);
  for (const operation of operations) {
    if (operation.comesAndGoes) continue;
    let at = START_MS + LEARNING_MS + random.between(0, 12) * HOUR;
    while (at < untilMs - 3 * HOUR) {
      if (random.uniform() < 0.5) {
        const kind = random.pick(Object.keys(INCIDENTS));
        const minutes = random.pick([5, 10, 20, 45]);
        const until = at + minutes * MINUTE;
        const make = INCIDENTS[kind](random);
        // Nobody could see it in fewer requests; and a job has no traffic to miss.
        const rate =
          operation.name === "bursts"
            ? 0.8
            : operation.rate(when(at)) * (operation.name === "batches" ? 1 / 6 : 1);
        const isSeen =
          rate * minutes * 60 >= (kind === "traffic drop" ? 100 : 60) &&
          !operation.job &&
          operation.rate(when(until)) > 0;
        if (isSeen)
          put({ kind, isIncident: true, victim: operation.name, at, until, effect: make });
        if (isSeen && random.uniform() < 0.2) {
          at = until + 40 * MINUTE;
          continue;
        }
      } else {
        const kind = random.pick(Object.keys(NEAR_MISSES));
        const [minutes, effect] = NEAR_MISSES[kind](random);
        if (!operation.job)
          put({
            kind,
            isIncident: false,
            victim: operation.name,
            at,
            until: at + minutes * MINUTE,
            effect,
          });
      }
      at += random.between(5, 20) * HOUR;
    }
  }
  for (const { name } of levels) {
    let at = START_MS + 2 * DAY + random.between(0, 24) * HOUR;
    while (at < untilMs - 30 * HOUR) {
      const isLeak = ["rss", "heap"].includes(name);
      if (name === "backup" || name === "slow disk" || name === "disk") break;
      const kind = isLeak ? "memory leak" : "saturation";
      const { minutes, of, perHour } = FULL[kind](random, name);
      put({
        kind,
        isIncident: true,
        saturation: name,
        victim: name,
        at,
        until: at + minutes * MINUTE,
        of,
        perHour,
      });
      at += minutes * MINUTE + random.between(14, 40) * HOUR;
    }
  }
  for (let noon = START_MS + 11 * HOUR + 20 * MINUTE; noon < untilMs; noon += DAY) {
    if (when(noon).weekend) continue;
    const [slow, ms] = [random.between(1.5, 3), random.pick([20, 40, 60]) * 1000];
    put({
      kind: "deploy",
      isIncident: false,
      names: new Set(operations.map(({ name }) => name)),
      at: noon,
      until: noon + ms,
      effect: () => ({ slow, fail: 0.01 }),
    });
  }
  put({
    kind: "clock set",
    isIncident: false,
    at: START_MS + 4 * DAY + 15 * HOUR,
    until: START_MS + 4 * DAY + 15 * HOUR,
  });

  const step = (timeMs, record, setLevel) => {
    const at = when(timeMs);
    const open = events.filter((event) => timeMs >= event.at && timeMs < event.until);
    for (const operation of operations) {
      let [rateX, slow, fail, some, slowOfSome, failMs] = [
        1,
        operation.slow?.(at) ?? 1,
        0,
        0,
        1,
        0,
      ];
      for (const event of open) {
        if (
          event.effect === undefined ||
          (event.victim !== operation.name && !event.names?.has(operation.name))
        )
          continue;
        const effect = event.effect((timeMs - event.at) / (event.until - event.at));
        rateX *= effect.rate ?? 1;
        slow *= effect.slow ?? 1;
        fail = Math.max(fail, effect.fail ?? 0);
        some = effect.some ?? some;
        slowOfSome = effect.slowOfSome ?? slowOfSome;
        failMs = effect.failMs ?? failMs;
      }
      const rate = operation.rate(at);
      if (operation.loaded) slow *= 1 + 0.25 * Math.min(1.2, rate / 5);
      const mean = (rate * rateX * STEP_MS) / 1000;
      const { batch = 1 } = operation;
      const count = operation.exact ? Math.round(mean) : random.poisson(mean / batch) * batch;
      let ratio = operation.errors;
      if (operation.clumps) ratio = random.uniform() < 0.02 ? 0.06 : 0.001;
      ratio = Math.max(fail, ratio + fail * (1 - ratio));
      for (let i = 0; i < count; i++) {
        const failed = random.uniform() < ratio;
        let ms = operation.ms() * slow;
        if (some > 0 && random.uniform() < some) ms *= slowOfSome;
        record(operation.name, failed && failMs > 0 ? failMs : ms, failed);
      }
    }
    for (const gauge of levels) {
      let level = gauge.level(at);
      for (const event of open) {
        if (event.saturation === gauge.name)
          level = event.of(level, (timeMs - event.at) / (event.until - event.at));
      }
      setLevel(gauge.name, Math.max(0, Math.min(1, level)));
    }
  };
  return {
    operations: operations.map((each) => ({ ...each, rate: Number.NaN })),
    saturations: levels.map(({ name }) => name),
    events,
    fromMs: START_MS + LEARNING_MS,
    untilMs,
    /** When the wall clock is set, and by how much. */
    clockSet: { at: START_MS + 4 * DAY + 15 * HOUR, by: 40 * 1000 },
    step,
  };
}
