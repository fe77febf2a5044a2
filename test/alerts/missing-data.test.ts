import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/state/memory-store.js";
import { stage } from "./stage.js";

const when = { signal: "latency", above: 500, operation: "GET /cart" } as const;
const SLOW = { name: "GET /cart", ms: 900 };

describe("a series without data", () => {
  it("is fine by default: its alert ends", async () => {
    const on = await stage({ rules: [{ name: "slow", when }] });
    on.show(SLOW);
    await on.pass(70_000);
    on.show();
    await on.steps();
    expect(on.alerts.active()).toEqual([]);
  });

  it("stays as it was, where the rule says so", async () => {
    const on = await stage({ rules: [{ name: "slow", when, missing: "keep" }] });
    on.show(SLOW);
    await on.pass(70_000);
    on.show({ ...SLOW, count: 0 });
    await on.pass(600_000);
    expect(on.alerts.active()).toMatchObject([{ state: "firing", value: 900 }]);
    on.show({ ...SLOW, ms: 100 });
    await on.steps();
    expect(on.alerts.active()).toEqual([]);
  });

  it("fires, where the rule says so, once the window must have some", async () => {
    const on = await stage({ rules: [{ name: "quiet", when, missing: "firing" }] });
    await on.steps(5);
    expect(on.alerts.active()).toEqual([]);
    await on.steps();
    expect(on.alerts.active()).toMatchObject([
      { operation: "GET /cart", reason: "no data for the p99 latency" },
    ]);
    on.show({ ...SLOW, ms: 100 });
    await on.steps();
    expect(on.alerts.active()).toEqual([]);
    on.show({ name: "another" });
    await on.steps();
    expect(on.alerts.active()).toMatchObject([{ operation: "GET /cart", state: "firing" }]);
  });

  it("fires once only, with its `for`, among series that have data", async () => {
    const on = await stage({
      rules: [
        {
          name: "quiet",
          when: { signal: "traffic", below: 0.1 },
          forMs: 20_000,
          missing: "firing",
        },
      ],
    });
    on.show({ name: "a" }, { name: "b" });
    await on.pass(70_000);
    on.show({ name: "a" });
    await on.steps(2);
    expect(on.alerts.active()).toMatchObject([{ operation: "b", state: "pending" }]);
    await on.steps();
    expect(on.alerts.active()).toMatchObject([{ operation: "b", state: "firing" }]);
    expect(on.alertEvents.map(({ state }) => state)).toEqual(["pending", "firing"]);
  });

  it("does not end an alert after a restart, when the windows are empty still", async () => {
    const store = memoryStore();
    const before = await stage({ rules: [{ name: "slow", when }] }, { store });
    before.show(SLOW);
    await before.pass(60_000);
    expect(before.notices).toHaveLength(1);
    await before.alerts.stop(1000);

    const after = await stage({ rules: [{ name: "slow", when }] }, { store, clock: before.clock });
    await after.steps(5);
    expect(after.alerts.active()).toMatchObject([{ state: "firing", isTold: true }]);
    after.show(SLOW);
    await after.pass(120_000);
    expect(after.notices).toEqual([]);
    after.show({ ...SLOW, ms: 5 });
    await after.steps(4);
    expect(after.notices).toMatchObject([{ status: "resolved", key: before.notices[0]?.key }]);
  });
});
