import { describe, expect, it } from "vitest";
import { Quality } from "../../src/alerts/quality.js";
import { stage } from "./stage.js";

const DAY = 86_400_000;

describe("the quality of rules", () => {
  it("shows which are noise and which somebody acts on", async () => {
    const on = await stage({
      rules: [
        { name: "noise", when: { signal: "latency", above: 500 } },
        { name: "useful", when: { signal: "errors", above: 0.1 } },
      ],
      flap: false,
      groupBy: ["alertname"],
    });
    for (let round = 0; round < 4; round++) {
      on.show({ name: "a", ms: 900 }, { name: "b", errors: 50 });
      await on.pass(60_000);
      const useful = on.alerts.active().find(({ rule }) => rule === "useful");
      if (round < 3) on.alerts.acknowledge(String(useful?.key), "ann");
      on.show({ name: "a" }, { name: "b", errors: 50 });
      await on.pass(600_000);
      on.show({ name: "a" }, { name: "b" });
      await on.pass(60_000);
    }
    const [noise, useful] = on.alerts.quality();
    expect(noise).toMatchObject({
      rule: "noise",
      fired: 4,
      resolved: 4,
      acknowledged: 0,
      autoResolved: 4,
      untold: 0,
      precision: 0,
      noise: 1,
      meanDurationMs: 60_000,
    });
    expect(useful).toMatchObject({
      fired: 4,
      acknowledged: 3,
      autoResolved: 0,
      precision: 1,
      noise: 0,
    });
    const counted = (rule: string, what: string) =>
      on.counts.get(`auspex.alerts.rule.firings ${rule} ${what}`);
    expect(counted("noise", "fired")).toBe(4);
    expect(counted("noise", "auto_resolved")).toBe(4);
    expect(counted("useful", "acknowledged")).toBe(3);
    expect(counted("useful", "auto_resolved")).toBeUndefined();
    expect(useful?.days).toEqual([
      { day: "2026-01-01", fired: 4, resolved: 4, acknowledged: 3, autoResolved: 0, untold: 0 },
    ]);
  });

  it("is of the last thirty days, day by day, and survives a restart", () => {
    const quality = new Quality(() => {});
    for (let day = 0; day < 100; day++) {
      quality.fired("rule", day * DAY);
      quality.resolved("rule", day * DAY, 1000, day % 2 === 0);
    }
    const [report] = quality.report();
    expect(report?.days).toHaveLength(30);
    expect(report).toMatchObject({ fired: 30, autoResolved: 15, noise: 0.5, precision: 0 });
    const restored = new Quality(() => {});
    restored.restore(JSON.parse(JSON.stringify(quality.save())));
    expect(restored.report()).toEqual(quality.report());
  });

  it("says nothing of what it does not know", () => {
    const quality = new Quality(() => {});
    quality.fired("rule", 0);
    expect(quality.report()[0]).toMatchObject({
      precision: undefined,
      noise: undefined,
      meanDurationMs: undefined,
    });
  });
});
