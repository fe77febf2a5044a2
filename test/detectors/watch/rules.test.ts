import { describe, expect, it } from "vitest";
import { when } from "../../../src/detectors/index.js";
import { createAuspex, type OptionsError } from "../../../src/index.js";
import { HOUR, MINUTE, STEP_MS, service } from "./service.js";

const SIGNALS = { latency: false, traffic: false, errors: false, saturation: false };

describe("rules over the whole snapshot", () => {
  it("are told of from when they hold until they have not held for five minutes", async () => {
    const rule = when(
      ({ operations }) => {
        const slow = operations.filter(({ latency }) => latency.p50 > 100);
        return slow.length > 0 && `${slow.map(({ name }) => name).join()} is slow`;
      },
      { name: "slow somewhere", window: "10s", severity: "critical" },
    );
    const { live, told } = await service({ detectors: { signals: SIGNALS, rules: [rule] } });
    live(HOUR);
    expect(told).toEqual([]);
    live(12 * MINUTE, { medianMs: 300 });
    live(2 * MINUTE);
    live(MINUTE, { medianMs: 300 });
    live(10 * MINUTE);
    expect(told.map(({ state }) => state)).toEqual(["begun", "ongoing", "ongoing", "ended"]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(told[0]).toMatchObject({
      type: "anomaly",
      operation: "slow somewhere",
      signal: "rule",
      detector: "when",
      severity: "critical",
      score: 1,
      observed: 1,
      expected: 0,
      unit: "1",
      reason: "work is slow",
      related: [],
      traceIds: [],
    });
    expect(told.at(-1)).toMatchObject({ observed: 0, reason: "over: work is slow" });
    expect(JSON.parse(JSON.stringify(told[0]))).toEqual(told[0]);
  });

  it("are told of at the same time each day: nothing is got used to", async () => {
    const rule = when(({ operations: [work] }) => (work?.latency.p50 ?? 0) > 100, {
      window: "10s",
    });
    const { live, begun } = await service({ detectors: { signals: SIGNALS, rules: [rule] } });
    for (let day = 0; day < 3; day++) {
      live(MINUTE, { medianMs: 300 });
      live(24 * HOUR - MINUTE, { requests: 2 });
    }
    expect(begun().map(({ reason }) => reason)).toEqual(Array(3).fill("when holds"));
  });

  it("hold for as long as they are asked to, in the window they ask for", async () => {
    const windows = new Set<string>();
    const rule = when(
      ({ window, operations: [work] }) => {
        windows.add(window);
        return (work?.traffic.perSecond ?? 0) < 1;
      },
      { name: "idle", window: "1m", forMs: 2 * MINUTE },
    );
    const { live, begun } = await service({ detectors: { signals: SIGNALS, rules: [rule] } });
    live(10 * MINUTE);
    live(2 * MINUTE, { requests: 1 });
    live(10 * MINUTE);
    expect(begun()).toEqual([]);
    live(5 * MINUTE, { requests: 1 });
    expect(begun()).toMatchObject([{ operation: "idle", reason: "idle holds, for 2 min by now" }]);
    expect([...windows]).toEqual(["1m"]);
  });

  it("that throw, or answer promises, are counted, and the others go on", async () => {
    const broken = when(
      () => {
        throw new Error("broken");
      },
      { name: "broken" },
    );
    const late = when((async () => true) as never, { name: "late" });
    const hostile = {
      name: "hostile",
      window: "1m",
      severity: "warning",
      callbackErrors: 0,
      judge: () => Promise.reject(new Error("no")),
    } as never;
    const good = when(() => true, { name: "good" });
    const { auspex, live, begun } = await service({
      detectors: { signals: SIGNALS, rules: [broken, late, hostile, good] },
    });
    live(3 * STEP_MS);
    expect(begun()).toMatchObject([{ operation: "good" }]);
    expect(broken.callbackErrors).toBe(3);
    expect(auspex.snapshot().self.callbackErrors).toBe(9);
  });

  it("are checked when the monitor is made: all faults at once, with the mend", () => {
    const rule = when(() => true);
    const faultsOf = (detectors: object): readonly string[] => {
      try {
        createAuspex({ detectors });
      } catch (error) {
        return (error as OptionsError).faults;
      }
      return [];
    };
    expect(faultsOf({ rules: [rule, () => true, rule, { ...rule, window: "2m" }, null] })).toEqual([
      "detectors.rules[1] is a function; give what when(…) of auspex/detectors answers",
      "detectors.rules[2] is there already; give each rule once",
      expect.stringMatching(/^detectors\.rules\[3\] is \{.*; give what when/),
      "detectors.rules[4] is null; give what when(…) of auspex/detectors answers",
    ]);
    expect(faultsOf({ rules: rule })).toEqual([
      expect.stringMatching(/^detectors\.rules is \{.*; give a list: \[when\(…\)\]$/),
    ]);
    expect(faultsOf({ minimumChange: { latency: -1, errors: 5, p99: 1 } })).toEqual([
      "detectors.minimumChange.p99 is not an option; known are latency, traffic, errors, saturation",
      "detectors.minimumChange.latency is -1; give a number from 0 to 100",
      "detectors.minimumChange.errors is 5; give a number from 0 to 1",
    ]);
  });
});
