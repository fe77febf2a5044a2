import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redis } from "../../../src/exporters/redis/index.js";
import { RedisConnection } from "../../../src/exporters/redis/redis-connection.js";
import { Layouts } from "../../../src/exporters/redis/rollup-series.js";
import { rollupField } from "../../../src/exporters/redis/rollup-steps.js";
import { decodeRollup } from "../../../src/exporters/redis/rollup-value.js";
import { DEFAULT_RETENTION, seriesId } from "../../../src/exporters/redis/schema.js";
import { clientMaker } from "../../../src/exporters/redis/target.js";
import { ManualClock } from "../../helpers/manual-clock.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import {
  COUNTER,
  expectTimesToLive,
  HISTOGRAM,
  Recording,
  readAll,
  SIGNAL,
  START,
} from "./harness.js";
import { Interloper } from "./interloper.js";
import { counter, FakeProcess, keys, rollups, settle } from "./rollup-fixture.js";

const server = redisForAll();
let network: Interloper;
let client: Redis;

beforeAll(async () => {
  client = server.client();
  network = await Interloper.start(server.port);
});

afterAll(async () => {
  await network.stop();
});

describe("a flush", () => {
  it("writes all anew by itself, or at the next at the latest, after a FLUSHALL between any two commands", async () => {
    let isOver = false;
    for (let at = 0; !isOver; at++) {
      await server.flush();
      const exporter = redis({ url: network.url, windowMs: 1000 });
      const load = new Recording();
      let now = START;
      const flush = async () => {
        load.record(0.01, 0.02);
        now += 500;
        return (await exporter.export(load.batch(now), SIGNAL)).status;
      };
      for (let i = 0; i < 4; i++) await flush();
      network.arm(at, () => client.flushall());
      expect(await flush(), `FLUSHALL before command ${at}`).toBe("success");
      isOver = network.passed.length <= at;
      network.arm(Number.POSITIVE_INFINITY, async () => {});
      expect(await flush(), `FLUSHALL before command ${at}`).toBe("success");
      const read = await readAll(client);
      expect(read.get(HISTOGRAM)?.count, `FLUSHALL before command ${at}`).toBe(load.count);
      expect(read.get(COUNTER)?.count, `FLUSHALL before command ${at}`).toBe(load.count);
      await exporter.shutdown();
      await expectTimesToLive(client, undefined, `FLUSHALL before command ${at}`);
    }
  });
});

describe("roll-ups", () => {
  const work = counter("work.done");
  const retention = { ...DEFAULT_RETENTION, tiers: DEFAULT_RETENTION.tiers.slice(0, 2) };

  it("heal after a FLUSHALL between any two of their commands", async () => {
    const straight = new RedisConnection(clientMaker({ url: server.url }), 5000);
    const observed = new RedisConnection(clientMaker({ url: network.url }), 5000);
    const t0 = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7_200_000;
    const clock = new ManualClock();
    let isOver = false;
    for (let at = 0; !isOver; at += 5) {
      const when = `FLUSHALL before command ${at}`;
      await server.flush();
      const service = `s${at}`;
      const ids = ["a", "b"];
      clock.epoch = t0 + 65_000 - clock.now();
      const write = async (seenMs: number, late = {}) => {
        for (const id of ids) {
          const process = new FakeProcess(straight, service, { id, startMs: t0 });
          for (let k = 0; k < 6; k++) await process.write(t0 + k * 10_000, [[work, 1]]);
          await process.seen(id === "a" ? t0 + 64_000 : seenMs, late);
        }
      };
      // One of them is silent, and owes half a minute.
      await write(t0 + 25_000);
      const rolling = rollups(observed, service, clock, { retention });
      network.arm(at, () => server.flush());
      await settle(rolling, clock);
      isOver = network.passed.length <= at;
      network.arm(Number.POSITIVE_INFINITY, async () => {});
      // As exporters do: what they write anew of windows that are over, they call late.
      await write(t0 + 64_000, { lateMs: t0, lateAtMs: t0 + 64_000 });
      await settle(rolling, clock);
      await settle(rolling, clock);
      const series = new Layouts().series(seriesId(work), work);
      if (series === undefined) throw new Error("no series");
      for (const { stepMs } of retention.tiers) {
        for (let start = t0; start < t0 + 60_000; start += stepMs) {
          const chunk = Math.floor(start / (stepMs * 6)) * stepMs * 6;
          const key = keys.rollup(service, "work", stepMs, stepMs === 60_000 ? t0 : chunk);
          const bytes = await client.hgetBuffer(key, rollupField(series.id, stepMs, start));
          const value = bytes === null ? undefined : decodeRollup(bytes, series);
          expect(value, `${stepMs} at ${start - t0}, ${when}`).toEqual({
            processes: 2,
            sum: stepMs / 5000,
          });
        }
      }
      const isTheirs = (key: string) => !/:processes$|\/.}:|\{services\}/.test(key);
      await expectTimesToLive(client, isTheirs, when);
    }
    straight.close();
    observed.close();
  });
});
