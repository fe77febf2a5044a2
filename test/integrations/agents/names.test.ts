import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashOf } from "../../../src/integrations/agents/hash.js";
import { agent } from "../../../src/integrations/agents/index.js";
import { nameWithoutIds, plainName } from "../../../src/integrations/agents/names.js";
import { HOSTILE } from "../../helpers/hostile.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { setUp } from "./setup.js";

describe("a name", () => {
  it.each([
    ["researcher", "researcher"],
    ["worker-550e8400-e29b-41d4-a716-446655440000", "worker-*"],
    ["session 1722945600123", "session *"],
    ["agent-5f3c9a1b2d4e", "agent-*"],
    ["stage 12 of 15", "stage 12 of 15"],
    ["deadbeefcafe", "deadbeefcafe"],
    [" two\nlines\u0000 ", "two lines"],
    ["", "_OTHER"],
  ])("%j is shown as %j: what it is, never which one", (given, shown) => {
    expect(nameWithoutIds(given)).toBe(shown);
  });

  it("of a model keeps its date", () => {
    expect(plainName("claude-3-5-sonnet-20241022")).toBe("claude-3-5-sonnet-20241022");
  });

  it("takes time in proportion to nothing but its length, which is bounded", () => {
    for (const text of ["a".repeat(1e6), "0a".repeat(5e5), "-".repeat(1e6), "a-".repeat(5e5)]) {
      expect(nameWithoutIds(text).length).toBeLessThanOrEqual(256);
    }
  });

  it("beyond the limit is one of the rest, counted", () => {
    const { researcher, operation, faults } = setUp();
    for (let i = 0; i < 600; i++) researcher.tool(`tool ${i}`, () => 1);
    expect(operation("execute_tool _OTHER").traffic.count).toBe(100);
    expect(faults()).toEqual({ name_limit: 100 });
  });

  it("of one agent among very many is bounded by the series limit, its values kept", () => {
    const { auspex } = manualMonitor({ cardinalityLimit: 50 });
    for (let i = 0; i < 2000; i++) agent(auspex, `agent ${i}`).run(() => 1);
    const { operations, self } = auspex.snapshot("total");
    const runs = operations.reduce((sum, each) => sum + each.traffic.count, 0);
    expect(runs).toBe(2000);
    expect(operations.length).toBeLessThanOrEqual(51);
    expect(self.overflowed).toBeGreaterThan(0);
  });

  it.each(Object.keys(HOSTILE))("that is %s makes an agent all the same", (name) => {
    const { auspex } = setUp();
    expect(agent(auspex, HOSTILE[name]?.() as never).run(() => 7)).toBe(7);
  });
});

describe("the hash of arguments", () => {
  it("is equal for equal data, whatever the order of its fields", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer(), (value, seed) => {
        const copy = JSON.parse(JSON.stringify(value), (_, each) => {
          if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
          return Object.fromEntries(Object.entries(each).reverse());
        });
        expect(hashOf(copy, seed)).toBe(hashOf(value, seed));
      }),
    );
  });

  it("tells different data apart", () => {
    /** JSON, whatever the order of fields. */
    const canonical = (value: unknown): string => {
      if (typeof value !== "object" || value === null) return JSON.stringify(value);
      const fields = Object.entries(value).map(
        ([name, each]) => `${name.length}${name}${canonical(each)}`,
      );
      return Array.isArray(value) ? `[${fields}]` : `{${fields.sort()}}`;
    };
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const isEqual = canonical(one) === canonical(other);
        expect(hashOf(one, 1) === hashOf(other, 1)).toBe(isEqual);
      }),
      { numRuns: 500 },
    );
    const others = [
      "1",
      1,
      true,
      "true",
      null,
      undefined,
      [],
      {},
      [1],
      ["1"],
      { a: 1 },
      { a: "1" },
      { b: 1 },
    ];
    expect(new Set(others.map((value) => hashOf(value, 1))).size).toBe(others.length);
    expect(hashOf(["ab", "c"], 1)).not.toBe(hashOf(["a", "bc"], 1));
    expect(hashOf({ a: { b: 1 } }, 1)).not.toBe(hashOf({ a: 1, b: 1 }, 1));
    expect(hashOf("a", 1)).not.toBe(hashOf("a", 2));
  });

  it("says nothing of what is too large, too deep or no plain data", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const value of [
      "x".repeat(20_000),
      Array(20_000).fill(1),
      cycle,
      2n ** 5000n,
      new Map(),
      new Uint8Array(8),
      () => 1,
      Symbol("x"),
      new Error("x"),
      { when: { deep: new Set() } },
      Object.defineProperty({}, "x", {
        enumerable: true,
        get() {
          throw new Error("read");
        },
      }),
    ]) {
      expect(hashOf(value, 1)).toBeUndefined();
    }
    expect(hashOf([2n ** 4000n, -(2n ** 4000n)], 1)).toBeDefined();
    expect(hashOf(2n ** 4000n, 1)).not.toBe(hashOf(-(2n ** 4000n), 1));
    expect(hashOf(new Date(5), 1)).toBe(hashOf(new Date(5), 1));
  });
});
