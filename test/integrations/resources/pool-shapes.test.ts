import { Agent, createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool as UndiciPool } from "undici";
import { afterEach, describe, expect, it } from "vitest";
import { type PoolOptions, pool } from "../../../src/integrations/resources/index.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { callbackErrors, gaugeOf, saturationOf } from "./levels.js";

/** What a source shows: used, idle, most, waiting, saturation. */
function shown(source: object, prefix = "db.client.connection", options?: PoolOptions) {
  const { auspex, clock } = manualMonitor();
  pool(auspex, "p", source, options);
  const state = prefix === "auspex.pool" ? "auspex.pool.state" : "db.client.connection.state";
  const read = () => [
    gaugeOf(auspex, `${prefix}.count`, { [state]: "used" }),
    gaugeOf(auspex, `${prefix}.count`, { [state]: "idle" }),
    gaugeOf(auspex, `${prefix}.max`),
    gaugeOf(auspex, `${prefix}.pending_requests`),
    saturationOf(auspex, `${prefix}.count`, { [state]: "used" }),
  ];
  const again = () => {
    clock.advance(1000);
    expect(callbackErrors(auspex)).toBe(0);
    return read();
  };
  expect(callbackErrors(auspex)).toBe(0);
  return { first: read(), again };
}

describe("a pool is known by its shape", () => {
  it("pg.Pool", () => {
    class PgPool {
      options = { max: 10 };
      _clients = [1, 2, 3, 4];
      get totalCount() {
        return this._clients.length;
      }
      idleCount = 1;
      waitingCount = 2;
      connect() {}
    }
    const source = new PgPool();
    const { first, again } = shown(source);
    expect(first).toEqual([3, 1, 10, 2, 0.3]);
    source._clients.length = 2;
    expect(again()).toEqual([1, 1, 10, 2, 0.1]);
  });

  it("mysql2, with callbacks and with promises", () => {
    const mysql = {
      config: { connectionLimit: 8 },
      _allConnections: { length: 6 },
      _freeConnections: { length: 2 },
      _connectionQueue: { length: 1 },
    };
    expect(shown(mysql).first).toEqual([4, 2, 8, 1, 0.5]);
    expect(shown({ pool: mysql, getConnection() {} }).first).toEqual([4, 2, 8, 1, 0.5]);
  });

  it("generic-pool", () => {
    const generic = { size: 5, available: 3, borrowed: 2, pending: 0, max: 4, min: 1 };
    expect(shown(generic).first).toEqual([2, 3, 4, 0, 0.5]);
  });

  it("tarn, and knex, whose pool may be made anew", () => {
    const tarn = (used: number) => ({
      max: 10,
      numUsed: () => used,
      numFree: () => 1,
      numPendingAcquires: () => 0,
    });
    expect(shown(tarn(5)).first).toEqual([5, 1, 10, 0, 0.5]);
    const knex = Object.assign(() => {}, { client: { pool: tarn(2) } });
    const { first, again } = shown(knex);
    expect(first).toEqual([2, 1, 10, 0, 0.2]);
    knex.client.pool = tarn(4);
    expect(again()).toEqual([4, 1, 10, 0, 0.4]);
  });

  it("an http.Agent, by the fullest of its hosts, if it has a limit at all", () => {
    const agent = {
      maxSockets: 4,
      maxTotalSockets: Number.POSITIVE_INFINITY,
      sockets: { "a:80:": [1, 2, 3], "b:80:": [1] },
      freeSockets: { "c:80:": [1, 2] },
      requests: {},
    };
    expect(shown(agent, "auspex.pool").first).toEqual([4, 2, 8, 0, 0.75]);
    const total = { ...agent, maxTotalSockets: 5 };
    expect(shown(total, "auspex.pool").first).toEqual([4, 2, 5, 0, 0.8]);
    const free = { ...agent, maxSockets: Number.POSITIVE_INFINITY };
    expect(shown(free, "auspex.pool").first).toEqual([4, 2, undefined, 0, undefined]);
  });
});

describe("a real pool of sockets", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  /** A server that answers when it is told. */
  async function holding(): Promise<{ origin: string; answerAll: () => void; held: () => number }> {
    const open: { end(): void }[] = [];
    server = createServer((_, response) => open.push(response));
    await new Promise<void>((ready) => server?.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as AddressInfo;
    return {
      origin: `http://127.0.0.1:${port}`,
      held: () => open.length,
      answerAll: () => {
        for (const response of open.splice(0)) response.end();
      },
    };
  }

  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
  };

  it("http.Agent: two at work, one waits, then all are idle", async () => {
    const { origin, answerAll, held } = await holding();
    const agent = new Agent({ keepAlive: true, maxSockets: 2 });
    const answers = [1, 2, 3].map(
      () =>
        new Promise<void>((done) => {
          get(origin, { agent }, (response) => response.resume().on("end", done));
        }),
    );
    await until(() => held() === 2);
    const { first, again } = shown(agent, "auspex.pool");
    expect(first).toEqual([2, 0, 2, 1, 1]);
    answerAll();
    await until(() => held() === 1);
    answerAll();
    await Promise.all(answers);
    await until(() => Object.keys(agent.sockets).length === 0);
    const [used, idle, , waiting, saturation] = again();
    expect([used, waiting, saturation]).toEqual([0, 0, 0]);
    expect(idle).toBeGreaterThan(0);
    agent.destroy();
  });

  it("undici.Pool: its limit has to be told", async () => {
    const { origin, answerAll, held } = await holding();
    const source = new UndiciPool(origin, { connections: 2 });
    const answers = [1, 2, 3].map(() => source.request({ path: "/", method: "GET" }));
    await until(() => held() === 2);
    expect(shown(source, "auspex.pool").first).toEqual([2, 0, undefined, 1, undefined]);
    expect(shown(source, "auspex.pool", { max: 2 }).first).toEqual([2, 0, 2, 1, 1]);
    answerAll();
    await until(() => held() === 1);
    answerAll();
    for (const { body } of await Promise.all(answers)) await body.dump();
    await source.close();
  });
});
