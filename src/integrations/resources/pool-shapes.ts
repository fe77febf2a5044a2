import { UNLIMITED } from "./level.js";
import { ask, at, type Foreign, has, limit, type Shape } from "./source.js";

export type PoolReading = "max" | "used" | "idle" | "size" | "waiting" | "fullness";

/** pg.Pool: all it has opened are idle or in use. */
const pg: Shape<PoolReading> = {
  fits: (pool) => has(pool, "number", "totalCount", "idleCount", "waitingCount"),
  readings: (pool) => ({
    max: () => limit(at(pool, "options", "max")),
    size: () => pool.totalCount,
    idle: () => pool.idleCount,
    waiting: () => pool.waitingCount,
  }),
};

/** mysql and mysql2, with callbacks or with promises. */
const mysql: Shape<PoolReading> = {
  fits: (pool) => has(mysqlPool(pool)._allConnections, "number", "length"),
  readings: (given) => {
    const pool = mysqlPool(given);
    return {
      max: () => limit(at(pool, "config", "connectionLimit")),
      size: () => at(pool, "_allConnections", "length"),
      idle: () => at(pool, "_freeConnections", "length"),
      waiting: () => at(pool, "_connectionQueue", "length"),
    };
  },
};

function mysqlPool(pool: Foreign): Foreign {
  return (pool.pool as Foreign | undefined) ?? pool;
}

const genericPool: Shape<PoolReading> = {
  fits: (pool) => has(pool, "number", "borrowed", "available", "pending", "max"),
  readings: (pool) => ({
    max: () => limit(at(pool, "max")),
    used: () => pool.borrowed,
    idle: () => pool.available,
    waiting: () => pool.pending,
  }),
};

/** tarn, and knex, which has one inside. */
const tarn: Shape<PoolReading> = {
  fits: (pool) => has(tarnPool(pool), "function", "numUsed", "numFree", "numPendingAcquires"),
  readings: (given) => {
    // Anew each time: knex makes another pool when it is initialized again.
    const ofPool = (name: string) => () => ask(tarnPool(given), name);
    return {
      max: () => limit(at(tarnPool(given), "max")),
      used: ofPool("numUsed"),
      idle: ofPool("numFree"),
      waiting: ofPool("numPendingAcquires"),
    };
  },
};

function tarnPool(pool: Foreign): unknown {
  const { client } = pool as { readonly client?: Foreign };
  return client?.pool ?? pool;
}

/** undici.Pool, whose statistics do not tell its limit: give `max`. */
const undici: Shape<PoolReading> = {
  fits: ({ stats }) => has(stats, "number", "connected", "free", "queued", "running"),
  readings: (pool) => ({
    size: () => at(pool, "stats", "connected"),
    idle: () => at(pool, "stats", "free"),
    waiting: () => at(pool, "stats", "queued"),
  }),
};

/** http.Agent and https.Agent: lists by host, a limit for each host and one for all. */
const httpAgent: Shape<PoolReading> = {
  fits: (agent) =>
    has(agent, "number", "maxSockets", "maxTotalSockets") &&
    [agent.sockets, agent.freeSockets, agent.requests].every(
      (lists) => typeof lists === "object" && lists !== null,
    ),
  readings: (agent) => ({
    max: () => {
      const { total, perHost, hosts } = agentFigures(agent);
      return limit(Math.min(total, perHost * Math.max(1, hosts)));
    },
    used: () => agentFigures(agent).used,
    idle: () => sum(lengths(agent.freeSockets)),
    waiting: () => sum(lengths(agent.requests)),
    fullness: () => {
      const { total, perHost, used, busiest } = agentFigures(agent);
      // The fullest host makes its callers wait, however idle the others are.
      const isLimited = Math.min(total, perHost) < Number.POSITIVE_INFINITY;
      return isLimited ? Math.max(busiest / perHost, used / total) : UNLIMITED;
    },
  }),
};

function agentFigures(agent: Foreign) {
  const sockets = lengths(agent.sockets);
  return {
    total: at(agent, "maxTotalSockets"),
    perHost: at(agent, "maxSockets"),
    hosts: sockets.length,
    used: sum(sockets),
    busiest: sockets.reduce((most, length) => Math.max(most, length), 0),
  };
}

function lengths(lists: unknown): number[] {
  return Object.values(lists as Record<string, readonly unknown[]>).map(({ length }) => length);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export const poolShapes: readonly Shape<PoolReading>[] = [
  pg,
  mysql,
  genericPool,
  tarn,
  undici,
  httpAgent,
];

/** Whether a source is a pool of connections to servers that are no databases. Never throws. */
export function isOfSockets(source: unknown): boolean {
  try {
    return [undici, httpAgent].some((shape) => shape.fits(source as Foreign));
  } catch {
    return false;
  }
}
