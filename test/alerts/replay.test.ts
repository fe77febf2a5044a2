import { type AlertRule, AlertsOptionsError, type RecordedStep, testRules } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/snapshot/model.js";
import { operationOf, saturationOf, snapshotOf, stage } from "./stage.js";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);
const slow: AlertRule = { name: "slow", when: { signal: "latency", above: 500 } };

/** A week of minutes; slow in those that are named. */
function week(isSlow: (minute: number) => boolean, minutes = 7 * 24 * 60): Snapshot[] {
  return Array.from({ length: minutes }, (_, minute) =>
    snapshotOf({
      end: START + minute * MINUTE,
      operations: [operationOf({ name: "GET /a", ms: isSlow(minute) ? 900 : 20 })],
    }),
  );
}

describe("rules tested against a record of the past", () => {
  const thrice = week((minute) => minute % 3000 >= 100 && minute % 3000 < 110);

  it("say how often they would have fired, when, and for how long", () => {
    const [replay] = testRules([slow], thrice);
    expect(replay?.text).toBe("slow would have fired 4 times in 7 d");
    expect(replay).toMatchObject({ rule: "slow", fired: 4, calmed: 0, firingMs: 4 * 10 * MINUTE });
    expect(replay?.firings[0]).toMatchObject({
      operation: "GET /a",
      fromMs: START + 100 * MINUTE,
      untilMs: START + 110 * MINUTE,
      value: 900,
      reason: "p99 latency of GET /a is 900 ms, above 500 ms",
    });
  });

  it("count what was pending and did not last", () => {
    const rules = [
      { ...slow, name: "five", forMs: 5 * MINUTE },
      { ...slow, name: "twenty", forMs: 20 * MINUTE },
      { ...slow, name: "higher", when: { signal: "latency", above: 5000 } as const },
    ];
    expect(testRules(rules, thrice).map(({ text, calmed }) => [text, calmed])).toEqual([
      ["five would have fired 4 times in 7 d", 0],
      ["twenty would not have fired in 7 d", 4],
      ["higher would not have fired in 7 d", 0],
    ]);
  });

  it("read a record that has been through JSON", () => {
    const read = JSON.parse(JSON.stringify(thrice)) as RecordedStep[];
    const percentiles = [50, 75, 95, 99, 99.9, 100].map((percentile) => ({
      name: `p${percentile}`,
      when: { signal: "latency", percentile, above: 500 } as const,
    }));
    for (const { fired } of testRules(percentiles, read)) expect(fired).toBe(4);
  });

  it("leave a firing open that lasts to the end", () => {
    const [replay] = testRules(
      [slow],
      week((minute) => minute >= 50, 60),
    );
    expect(replay?.firings).toMatchObject([{ fromMs: START + 50 * MINUTE, untilMs: undefined }]);
    expect(replay?.firingMs).toBe(9 * MINUTE);
  });

  it("take several windows and anomalies of one instant", () => {
    const rules: AlertRule[] = [
      { name: "hour", when: { signal: "latency", above: 500, window: "1h" } },
      { name: "unusual", when: { anomaly: {} } },
      { name: "cpu", when: { saturation: "cpu", above: 0.9 } },
    ];
    const record: RecordedStep[] = [0, 1, 2].map((minute) => ({
      timeMs: START + minute * MINUTE,
      snapshots: {
        "1m": snapshotOf({ saturation: [saturationOf("cpu", minute === 1 ? 0.95 : 0.2)] }),
        "1h": snapshotOf({ operations: [operationOf({ name: "a", ms: minute === 2 ? 900 : 1 })] }),
      },
      ...(minute === 1 && {
        anomalies: [
          {
            type: "anomaly",
            id: "1",
            state: "begun",
            operation: "a",
            attributes: {},
            signal: "errors",
            severity: "warning",
            timeMs: 0,
            sinceMs: 0,
            reason: "",
            detector: "",
            score: 1,
            observed: 1,
            unit: "1",
            affected: 0,
            related: [],
            traceIds: [],
          },
        ],
      }),
    }));
    expect(testRules(rules, record).map(({ fired }) => fired)).toEqual([1, 1, 1]);
  });

  it("fire as they would have live", async () => {
    const rules: AlertRule[] = [
      { ...slow, forMs: 30_000, keepFiringMs: 20_000 },
      { name: "errors", when: { signal: "errors", above: 0.2, resolveAt: 0.1 }, missing: "keep" },
    ];
    const on = await stage({ rules });
    const record: Snapshot[] = [];
    let seed = 7;
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    for (let step = 0; step < 500; step++) {
      on.show({
        name: "GET /a",
        ms: random() < 0.6 ? 900 : 20,
        errors: Math.floor(random() * 40),
        count: random() < 0.2 ? 0 : 100,
      });
      await on.steps();
      record.push(on.context.snapshot("1m"));
    }
    const live = new Map<string, number>();
    for (const { rule, state } of on.alertEvents) {
      if (state === "firing") live.set(rule, (live.get(rule) ?? 0) + 1);
    }
    const replayed = on.alerts.test(rules, record).map(({ rule, fired }) => [rule, fired] as const);
    expect(new Map(replayed)).toEqual(live);
    expect(Math.min(...live.values())).toBeGreaterThan(5);
  });

  it("hear of budgets that burned, from the events that were recorded", () => {
    const rules: AlertRule[] = [{ name: "budget", when: { slo: "pay", severity: "warning" } }];
    const burning = (state: "firing" | "resolved", severity: "critical" | "info" = "critical") => ({
      ...{ type: "alert", key: "slo:pay", rule: "slo:pay", state, severity, operation: "pay" },
      ...{ attributes: {}, signal: "errors", timeMs: 0, sinceMs: 0, reason: "burns", value: 20 },
      ...{ labels: { slo: "pay" }, annotations: {} },
    });
    const at = (minute: number, ...alerts: object[]) =>
      ({ timeMs: minute * 60_000, snapshots: {}, alerts }) as unknown as RecordedStep;
    const record = [
      at(1),
      at(2, burning("firing")),
      at(3),
      at(4, burning("resolved")),
      at(5, burning("firing", "info")),
      at(6, burning("resolved"), 5 as never, { labels: 7 }),
    ];
    const [replay] = testRules(rules, record);
    expect(replay?.firings).toMatchObject([
      { operation: "pay", fromMs: 120_000, untilMs: 240_000 },
    ]);
  });

  it("with faults are told of all at once; a record with nonsense in it is read as far as it goes", () => {
    expect(() => testRules([{ name: "a" } as AlertRule], 5 as never)).toThrow(AlertsOptionsError);
    const record = [null, 5, {}, { end: "now" }, ...thrice.slice(99, 102), ...thrice.slice(0, 5)];
    expect(testRules([slow], record as RecordedStep[])[0]?.fired).toBe(1);
    expect(testRules([slow], [])[0]?.text).toBe("slow would not have fired in 0 ms");
  });
});
