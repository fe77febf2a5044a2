import { describe, expect, it } from "vitest";
import { type Stage, stage } from "../stage.js";

const MINUTE = 60_000;
const rules = [{ name: "unusual", when: { anomaly: {} } }] as const;
const quietly = { rules, flap: false } as const;

/** Errors of one operation that began some time ago, as a detector finds them. */
function failing(on: Stage, operation: string, agoMs = 0): void {
  const timeMs = on.clock.wall();
  on.emitAnomaly({
    id: `errors of ${operation}`,
    operation,
    signal: "errors",
    severity: "critical",
    timeMs,
    sinceMs: timeMs - agoMs,
    observed: 0.3,
    expected: 0.001,
    upper: 0.01,
    unit: "1",
  });
}

const open = (on: Stage) => on.alerts.incidents().filter(({ state }) => state !== "resolved");
const causes = (on: Stage) => on.notices.map(({ cause }) => cause);

describe("alerts of one incident", () => {
  it("are those that began together, though one is found later", async () => {
    const on = await stage(quietly);
    failing(on, "a");
    await on.pass(5 * MINUTE);
    failing(on, "b", 5 * MINUTE);
    await on.pass(10 * MINUTE);
    expect(open(on)).toHaveLength(1);
    expect(causes(on)).toEqual(["new"]);
    expect(open(on)[0]?.sinceMs).toBeLessThan(on.clock.wall() - 10 * MINUTE);
  });

  it("are not those that begin minutes later on another operation", async () => {
    const on = await stage(quietly);
    failing(on, "a");
    await on.pass(5 * MINUTE);
    failing(on, "b");
    await on.pass(MINUTE);
    expect(open(on)).toHaveLength(2);
  });

  it("are failures that have spread to several operations already", async () => {
    const on = await stage(quietly);
    failing(on, "a");
    failing(on, "b");
    await on.pass(5 * MINUTE);
    failing(on, "c");
    await on.pass(MINUTE);
    expect(open(on)).toHaveLength(1);
    expect(open(on)[0]?.title).toBe("errors of 3 operations");
  });

  it("follow hard on one another", async () => {
    const on = await stage(quietly);
    for (const name of ["a", "b", "c", "d"]) {
      on.emitAnomaly({ id: name, operation: name });
      await on.pass(100_000);
    }
    expect(open(on)).toHaveLength(1);
  });

  it("are what else is said of a series, however long it has been firing", async () => {
    const on = await stage({
      rules: [...rules, { name: "slow", when: { signal: "latency", above: 500 } }],
    });
    on.show({ name: "GET /cart" });
    on.emitAnomaly();
    await on.pass(12 * MINUTE);
    on.emitAnomaly({ state: "ongoing" });
    on.show({ name: "GET /cart", ms: 900 });
    await on.pass(14 * MINUTE);
    expect(open(on)).toHaveLength(1);
    // A second rule about what was told of is no news.
    expect(causes(on)).toEqual(["new"]);
  });

  it("are told of again when far more is struck than the first notice said", async () => {
    const on = await stage(quietly);
    failing(on, "a");
    await on.pass(MINUTE);
    for (const name of ["b", "c", "d"]) failing(on, name, 2 * MINUTE);
    await on.pass(8 * MINUTE);
    for (const name of ["a", "b", "c", "d"]) failing(on, name);
    await on.pass(8 * MINUTE);
    expect(causes(on)).toEqual(["new", "more"]);
    expect(on.notices[1]?.alerts).toHaveLength(4);
  });

  it("say what share of the requests fail or are slow, where a detector found them", async () => {
    const on = await stage(quietly);
    on.show({ name: "a", count: 300, errors: 90 }, { name: "b", count: 100 });
    failing(on, "a");
    await on.pass(MINUTE);
    expect(open(on)[0]?.affectedRatio).toBe(0.225);
    expect(on.notices[0]?.text).toContain("22.5 % of requests affected");
  });

  it("began when they did, whatever the wall clock is set to meanwhile", async () => {
    const on = await stage(quietly);
    failing(on, "a");
    await on.pass(MINUTE);
    on.clock.epoch += 3_600_000;
    failing(on, "b", 3_600_000 + MINUTE);
    failing(on, "a", 3_600_000 + MINUTE);
    await on.pass(MINUTE);
    expect(open(on).flatMap(({ members }) => members).length).toBeGreaterThan(1);
    expect(on.notices.every(({ alerts }) => alerts.length > 0)).toBe(true);
  });
});
