import { createAuspex } from "auspex";
import { describe, expect, it } from "vitest";
import { when } from "../../../src/detectors/index.js";
import type { Snapshot } from "../../../src/snapshot/model.js";
import { HOSTILE, unhandledIn } from "../../helpers/hostile.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { MINUTE, MONDAY } from "../series.js";

const snapshotAt = (end: number) => ({ end }) as Snapshot;

describe("when", () => {
  it("looks at everything a snapshot has", () => {
    const { auspex } = manualMonitor();
    const rule = when(({ operations }) => {
      const [slow] = operations.filter(({ latency }) => latency.p99 > 500);
      return slow && `${slow.name} takes ${Math.round(slow.latency.p99)} ms`;
    });
    auspex.operation("search").record(20);
    expect(rule.judge(auspex.snapshot(rule.window))).toMatchObject({ score: 0, anomalous: false });
    auspex.operation("checkout").record(800);
    expect(rule.judge(auspex.snapshot(rule.window))).toMatchObject({
      score: 1,
      anomalous: true,
      reason: expect.stringMatching(/^checkout takes 80\d ms$/),
    });
  });

  it("has to hold as long as it was told to", () => {
    const rule = when(({ end }) => end < MONDAY + 10 * MINUTE, {
      name: "early",
      forMs: 3 * MINUTE,
    });
    const verdicts = Array.from({ length: 12 }, (_, at) =>
      rule.judge(snapshotAt(MONDAY + at * MINUTE)),
    );
    expect(verdicts.findIndex(({ anomalous }) => anomalous)).toBe(3);
    expect(verdicts[3]?.reason).toBe("early holds, for 3 min by now");
    expect(verdicts[9]?.anomalous).toBe(true);
    expect(verdicts[10]).toMatchObject({ score: 0, anomalous: false });
  });

  it("counts a predicate that throws or promises, and takes it for no alarm", async () => {
    const bad = [
      () => {
        throw new Error("predicate");
      },
      async () => {
        throw new Error("predicate");
      },
    ];
    const rejected = await unhandledIn(() => {
      for (const predicate of bad) {
        const rule = when(predicate as never);
        expect(rule.judge(snapshotAt(MONDAY))).toMatchObject({ score: 0, anomalous: false });
        expect(rule.callbackErrors).toBe(1);
      }
    });
    expect(rejected).toEqual([]);
  });

  it("takes nothing but true and words for an alarm", () => {
    for (const [what, hostile] of Object.entries(HOSTILE)) {
      if (what === "a huge text" || what === "a key of Object.prototype") continue;
      expect(when((() => hostile()) as never).judge(snapshotAt(MONDAY)).anomalous, what).toBe(
        false,
      );
    }
  });

  it("says what it is called, what it looks at, and how severe it is", () => {
    const rule = when(() => true, { name: "late", window: "5m", severity: "critical" });
    expect(rule).toMatchObject({ name: "late", window: "5m", severity: "critical" });
    expect(when(() => true)).toMatchObject({ name: "when", window: "1m", severity: "warning" });
    expect(() => createAuspex({ saturation: false }).snapshot(rule.window)).not.toThrow();
  });

  it("tells all that is wrong with its arguments", () => {
    expect(() =>
      when("true" as never, { window: "2m", severity: "high", forMs: -1, name: 5 } as never),
    ).toThrow(/^when: 5 options to mend:/);
    for (const hostile of Object.values(HOSTILE)) {
      try {
        when(() => true, hostile() as never);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
  });
});
