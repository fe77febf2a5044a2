// A service that lives through weeks in minutes: operations with seasons, noise, bursts, deploys and slow
// growth, and a plan of what goes wrong. Everything follows from the seed.
import { generator } from "../random.mjs";

export const STEP_MS = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
export const START_MS = Date.UTC(2026, 0, 5);

/** Latencies recorded in one step for one operation at most; more requests are as many of these again. */
const MOST_SAMPLES = 60;

function season(timeMs, { phase, depth, weekend }) {
  const hours = (timeMs / HOUR + phase) % 24;
  const daily = 1 + depth * Math.sin((2 * Math.PI * (hours - 9)) / 24);
  // The week ends in the course of a Friday night, and begins in that of a Sunday's.
  const days = ((timeMs / DAY + 3) % 7) - 5;
  const off = Math.max(0, Math.min(1, 4 * days, 4 * (2 - days)));
  return daily * (1 - off + off * weekend);
}

/** A level that wanders slowly, as load does. */
function wandering(random, spread, memory) {
  let level = 0;
  return () => {
    level = memory * level + Math.sqrt(1 - memory * memory) * spread * random.normal();
    return level;
  };
}

function makeOperation(random, index) {
  const names = [
    "GET /search",
    "POST /cart",
    "checkout",
    "GET /item/:id",
    "login",
    "report",
    "webhook",
    "sync",
  ];
  return {
    name: `${names[index % names.length]} ${index}`,
    // From one request in twelve seconds to a hundred a second.
    rate: 0.08 * 10 ** random.between(0, 3.1),
    shape: {
      phase: random.between(0, 4),
      depth: random.between(0.2, 0.8),
      weekend: random.between(0.4, 1),
    },
    medianMs: 3 * 10 ** random.between(0, 2),
    spread: random.between(0.3, 0.8),
    tail: random.between(0.002, 0.02),
    errorRatio: random.pick([0, 0.0005, 0.002, 0.01]),
    growthPerWeek: random.between(0, 0.08),
    traffic: wandering(random, 0.08, 0.995),
    pace: wandering(random, 0.06, 0.99),
  };
}

/**
 * What happens when: incidents, which must be told of, and near-misses, which must not.
 * `at` and `until` are epoch ms; `apply` changes the load of the operations it names.
 */
function plan(random, operations, { fromMs, untilMs, incidents, nearMisses }) {
  const events = [];
  const kinds = Object.keys(INCIDENTS);
  const misses = Object.keys(NEAR_MISSES);
  const total = incidents + nearMisses;
  const room = (untilMs - fromMs) / total;
  const order = Array.from({ length: total }, (_, i) => i < incidents);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  let nextKind = Math.floor(random.uniform() * kinds.length);
  let nextMiss = Math.floor(random.uniform() * misses.length);
  order.forEach((isIncident, place) => {
    const kind = isIncident ? kinds[nextKind++ % kinds.length] : misses[nextMiss++ % misses.length];
    const make = isIncident ? INCIDENTS[kind] : NEAR_MISSES[kind];
    const at = fromMs + room * (place + random.between(0.05, 0.35));
    const victim = random.pick(
      isIncident && kind !== "saturation" && kind !== "memory leak" ? busy(operations) : operations,
    );
    const event = make(random, victim, operations);
    events.push({
      kind,
      isIncident,
      at,
      until: at + event.lastsMs,
      room,
      victim: victim.name,
      ...event,
    });
  });
  return events;
}

/** Somebody has to be there for a fault to be felt: operations with a request every few seconds. */
function busy(operations) {
  const found = operations.filter(({ rate }) => rate > 0.5);
  return found.length > 0 ? found : operations;
}

const INCIDENTS = {
  "latency regression": (random, victim) => {
    const times = random.between(1.7, 4);
    return {
      lastsMs: random.between(15, 60) * MINUTE,
      signals: ["latency"],
      apply: on(victim, (load) => (load.slower *= times)),
    };
  },
  "slow tail": (random, victim) => {
    const share = random.between(0.08, 0.3);
    return {
      lastsMs: random.between(15, 60) * MINUTE,
      signals: ["latency"],
      apply: on(victim, (load) => (load.tail += share)),
    };
  },
  "error burst": (random, victim) => {
    const share = random.between(0.08, 0.6);
    return {
      lastsMs: random.between(8, 40) * MINUTE,
      signals: ["errors"],
      apply: on(victim, (load) => (load.errors = Math.max(load.errors, share))),
    };
  },
  "partial outage": (random, victim, operations) => {
    const share = random.between(0.15, 0.5);
    const struck = operations.filter(() => random.uniform() < 0.4);
    const names = new Set([victim.name, ...struck.map(({ name }) => name)]);
    return {
      lastsMs: random.between(10, 40) * MINUTE,
      signals: ["errors"],
      names,
      apply: (name, load) => {
        if (names.has(name)) load.errors = Math.max(load.errors, share);
      },
    };
  },
  "traffic drop": (random, victim) => {
    const left = random.pick([0, 0, random.between(0, 0.25)]);
    return {
      lastsMs: random.between(15, 60) * MINUTE,
      signals: ["traffic"],
      apply: on(victim, (load) => (load.traffic *= left)),
    };
  },
  saturation: (random) => {
    const level = random.between(0.92, 1);
    return {
      lastsMs: random.between(15, 40) * MINUTE,
      signals: ["saturation"],
      saturation: "pool",
      level,
    };
  },
  "memory leak": (random) => ({
    lastsMs: 7 * HOUR,
    signals: ["saturation"],
    saturation: "memory",
    perHour: random.between(0.05, 0.09),
  }),
  "retry storm": (random, victim) => {
    const times = random.between(2.5, 5);
    const share = random.between(0.1, 0.5);
    return {
      lastsMs: random.between(10, 30) * MINUTE,
      signals: ["errors", "latency", "traffic"],
      apply: on(victim, (load) => {
        load.traffic *= times;
        load.errors = Math.max(load.errors, share);
        load.slower *= 1.5;
      }),
    };
  },
};

const NEAR_MISSES = {
  "traffic burst": (random, victim) => {
    const times = random.between(1.5, 3);
    return {
      lastsMs: random.between(2, 20) * MINUTE,
      apply: on(victim, (load) => (load.traffic *= times)),
    };
  },
  "short pause": (random) => {
    const times = random.between(2, 6);
    return { lastsMs: random.between(10, 30) * 1000, apply: (_, load) => (load.slower *= times) };
  },
  deploy: (random) => {
    const times = random.between(1.2, 1.6);
    return {
      lastsMs: random.between(30, 75) * 1000,
      apply: (_, load) => {
        load.slower *= times;
        load.traffic *= 0.7;
      },
    };
  },
  "stray errors": (random, victim) => ({
    lastsMs: 20_000,
    apply: on(victim, (load) => (load.stray = 1 + Math.floor(random.between(0, 2)))),
  }),
  "a little slower": (random, victim) => {
    const times = random.between(1.05, 1.15);
    return {
      lastsMs: random.between(20, 60) * MINUTE,
      apply: on(victim, (load) => (load.slower *= times)),
    };
  },
  "busy hour": (random) => ({
    lastsMs: random.between(30, 60) * MINUTE,
    apply: (_, load) => (load.traffic *= random.between(1.15, 1.4)),
  }),
  "pool blip": (random) => ({
    lastsMs: random.between(10, 40) * 1000,
    saturation: "pool",
    level: random.between(0.8, 0.95),
  }),
  "clock change": () => ({ lastsMs: HOUR }),
};

function on({ name }, change) {
  return (each, load) => {
    if (each === name) change(load);
  };
}

/** Makes a world; `step(timeMs, record, set)` lives through one step of it. */
export function makeWorld({
  seed,
  days,
  operations: count,
  warmUpDays,
  incidentsPerDay,
  nearMissesPerDay,
}) {
  const random = generator(seed);
  const operations = Array.from({ length: count }, (_, index) => makeOperation(random, index));
  const untilMs = START_MS + days * DAY;
  const judged = days - warmUpDays;
  const events = plan(random, operations, {
    fromMs: START_MS + warmUpDays * DAY,
    untilMs: untilMs - HOUR,
    incidents: Math.round(judged * incidentsPerDay),
    nearMisses: Math.round(judged * nearMissesPerDay),
  });
  const poolNoise = wandering(random, 0.05, 0.98);
  let collected = 0;
  return {
    operations,
    events,
    untilMs,
    fromMs: START_MS + warmUpDays * DAY,
    step(timeMs, record, set) {
      const now = events.filter(({ at, until }) => timeMs >= at && timeMs < until);
      for (const operation of operations) live(random, operation, timeMs, now, record);
      const pool = now.find(({ saturation }) => saturation === "pool");
      const load = season(timeMs, { phase: 2, depth: 0.5, weekend: 0.7 });
      set("pool", pool?.level ?? clamp(0.35 * load + poolNoise(), 0, 0.9));
      const leak = now.find(({ saturation }) => saturation === "memory");
      const leaked = leak === undefined ? 0 : ((timeMs - leak.at) / HOUR) * leak.perHour;
      // Garbage grows and is collected every few minutes.
      collected = random.uniform() < 0.1 ? 0 : collected + 0.004;
      set("memory", clamp(0.4 + 0.05 * load + Math.min(0.12, collected) + leaked, 0, 1));
    },
  };
}

function live(random, operation, timeMs, now, record) {
  const { name, rate, shape, growthPerWeek, medianMs, spread, tail, errorRatio } = operation;
  const grown = 1 + (growthPerWeek * (timeMs - START_MS)) / (7 * DAY);
  const load = { traffic: 1, slower: 1, tail, errors: errorRatio, stray: 0 };
  for (const { apply } of now) apply?.(name, load);
  const level = season(timeMs, shape);
  const mean =
    rate * grown * level * Math.exp(operation.traffic()) * load.traffic * (STEP_MS / 1000);
  const requests = random.poisson(mean);
  // Busier is a little slower.
  const middle = medianMs * load.slower * Math.exp(operation.pace()) * (1 + 0.1 * (level - 1));
  const samples = Math.min(MOST_SAMPLES, requests);
  const errors = Math.min(
    requests,
    random.poisson(requests * load.errors) + (requests > 0 ? load.stray : 0),
  );
  let left = requests - errors;
  for (let i = 0; i < samples && left > 0; i++) {
    const times = i === samples - 1 ? left : Math.ceil(left / (samples - i));
    left -= times;
    let ms = middle * Math.exp(spread * random.normal());
    if (random.uniform() < load.tail) ms *= 4 + 10 * random.exponential();
    for (let each = 0; each < times; each++) record(name, ms, false);
  }
  for (let i = 0; i < errors; i++) record(name, middle, true);
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
