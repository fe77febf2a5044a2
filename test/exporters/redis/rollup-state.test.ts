import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RedisConnection } from "../../../src/exporters/redis/redis-connection.js";
import {
  heardField,
  owedField,
  RollupStateStore,
  reachedField,
} from "../../../src/exporters/redis/rollup-state.js";
import { DEFAULT_RETENTION } from "../../../src/exporters/redis/schema.js";
import { clientMaker } from "../../../src/exporters/redis/target.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import { keys } from "./rollup-fixture.js";

const STEPS = [10_000, 60_000];
const [fine, coarse] = STEPS.map((stepMs) => reachedField(STEPS, stepMs)) as [string, string];

const server = redisForAll();
let connection: RedisConnection;
let state: RollupStateStore;

beforeAll(async () => {
  connection = new RedisConnection(clientMaker({ url: server.url }), 1000);
});

afterAll(async () => {
  connection.close();
});

beforeEach(async () => {
  await server.flush();
  state = new RollupStateStore(connection, keys, "shop", 60_000);
});

async function reached(): Promise<(number | undefined)[]> {
  const read = await state.read();
  return STEPS.map((stepMs) => read.reached(STEPS, stepMs));
}

describe("how far roll-ups have come", () => {
  it("moves on only from where it was believed to be", async () => {
    expect(await reached()).toEqual([undefined, undefined]);
    expect(await state.advance(fine, "", 100_000)).toBe(true);
    expect(await state.advance(fine, "", 200_000)).toBe(false);
    expect(await state.advance(fine, "90000", 200_000)).toBe(false);
    expect(await state.advance(fine, "100000", 110_000)).toBe(true);
    expect(await reached()).toEqual([110_000, undefined]);
  });

  it("stays back when it was taken back while a slow holder worked", async () => {
    await state.advance(fine, "", 100_000);
    await state.rewind([{ field: heardField("a"), from: "", to: "5", back: [[fine, 50_000]] }]);
    expect(await state.advance(fine, "100000", 110_000)).toBe(false);
    expect(await reached()).toEqual([50_000, undefined]);
  });

  it("is taken back once for the same reason, and never forward", async () => {
    await state.advance(fine, "", 100_000);
    await state.advance(coarse, "", 60_000);
    const late = {
      field: heardField("a"),
      from: "",
      to: "5",
      back: [
        [fine, 70_000],
        [coarse, 60_000],
      ] as const,
    };
    await state.rewind([late, late]);
    expect(await reached()).toEqual([70_000, 60_000]);
    await state.advance(fine, "70000", 100_000);
    await state.rewind([late]);
    expect(await reached()).toEqual([100_000, 60_000]);
    await state.rewind([{ ...late, from: "5", to: "", back: [[fine, 900_000]] }]);
    expect(await reached()).toEqual([100_000, 60_000]);
    expect((await state.read()).fields.has(heardField("a"))).toBe(false);
  });

  it("remembers the oldest that a process owes, until it is forgotten", async () => {
    await state.owe(["a", "b"], 10_000);
    await state.owe(["a"], 20_000);
    expect((await state.read()).fields.get(owedField("a"))).toBe("10000");
    await state.forget("a");
    const { fields } = await state.read();
    expect([...fields.keys()].sort()).toEqual(["_", owedField("b")].sort());
  });

  it("says what is kept, and nothing of what is no retention", async () => {
    const byCategory = new Map([["tasks", [{ stepMs: 60_000, keepMs: 1e6 }]]]);
    const retention = { ...DEFAULT_RETENTION, byCategory };
    await state.describe(retention, await state.read());
    expect((await state.read()).retention).toEqual(retention);
    const key = keys.service("shop", "rollups");
    expect(Number(await connection.command("PTTL", key))).toBeGreaterThan(0);
    for (const text of ["{", "{}", '{"rawMs":1,"tiers":[],"categories":[]}']) {
      await connection.command("HSET", key, "retention", text);
      expect((await state.read()).retention).toBeUndefined();
    }
  });

  it("is not read from a hash of somebody else", async () => {
    await connection.command("HSET", keys.service("shop", "rollups"), "theirs", "1");
    await expect(state.read()).rejects.toThrow(/holds something else/);
  });
});
