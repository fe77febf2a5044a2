import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Insight } from "../../src/index.js";
import { series, workload } from "../../src/workload/index.js";
import { Points } from "../../src/workload/series/points.js";
import { HOSTILE } from "../helpers/hostile.js";
import { manualMonitor } from "../helpers/monitor.js";

function monitored() {
  const { auspex, clock } = manualMonitor();
  const insights: Insight[] = [];
  auspex.on("insight", (insight) => void insights.push(insight));
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 5000) {
      clock.advance(5000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { auspex, clock, insights, pass };
}

/** Values around 0 with no luck in them. */
const noise = (i: number) => Math.sin(i * 12.9898) * Math.cos(i * 78.233);

describe("a series", () => {
  it("keeps the last points as they came, and all of them in 512", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (count) => {
        const points = new Points();
        for (let i = 0; i < count; i++) points.add({ step: i, value: i, timeMs: i });
        const all = points.all();
        expect(all.length).toBeLessThanOrEqual(512);
        expect(points.tail(50)).toEqual(all.slice(-50));
        expect(points.tail(1)[0]).toMatchObject({ step: count - 1 });
        const steps = all.map(({ step }) => step);
        expect(steps).toEqual([...steps].sort((a, b) => a - b));
        expect(points.even(80).length).toBeLessThanOrEqual(162);
      }),
      { numRuns: 30 },
    );
  });

  it("counts what is no number, and steps that go back, and takes nothing of them", () => {
    const { auspex } = monitored();
    const loss = series(auspex, "training:p:loss");
    loss.append(5, 1);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "1", null, undefined, 5n]) {
      loss.append(6, value as number);
      loss.append(value as number, 1);
    }
    loss.append(4, 1);
    expect(loss.points()).toHaveLength(1);
    expect(loss.tally).toMatchObject({ appended: 1, notFinite: 12, backward: 1 });
  });

  it("begins anew when steps go on from an earlier one", () => {
    const { auspex } = monitored();
    const loss = series(auspex, "training:p:loss");
    for (let step = 0; step <= 100; step++) loss.append(step, 1);
    for (let step = 0; step < 20; step++) loss.append(step, 2);
    expect(loss.tally).toMatchObject({ restarts: 1, backward: 9 });
    expect(loss.points().map(({ step }) => step)).toEqual([
      9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
  });

  it("throws for nothing that it is handed", () => {
    const { auspex } = monitored();
    for (const make of Object.values(HOSTILE)) {
      const found = series(auspex, make() as string, make() as object);
      found.append(make() as number, make() as number, make() as number);
      expect(Array.isArray(found.points(make() as object))).toBe(true);
    }
    const odd = {
      get last(): number {
        throw new Error("no");
      },
    };
    expect(series(auspex, "p").points(odd)).toEqual([]);
  });

  it("knows its trend, its plateau and its end as what they are made of does", () => {
    const { auspex } = monitored();
    const falling = series(auspex, "training:p:loss");
    for (let i = 0; i < 5000; i++) falling.append(i, 10 - i / 1000 + noise(i) / 100);
    expect(falling.trend()).toMatchObject({ kind: "improvement" });
    expect(falling.trend().slope).toBeCloseTo(-0.001, 5);
    expect(falling.convergence().converged).toBe(false);
    const rest = series(auspex, "training:p:wer");
    for (let i = 0; i < 3000; i++) rest.append(i, 1 + 9 * Math.exp(-i / 200) + noise(i) / 1000);
    expect(rest.convergence()).toMatchObject({ converged: true });
    expect(rest.plateau()).toMatchObject({ plateau: true });
  });

  it("lets go of points that are older than its retention, and makes room for others", () => {
    const { auspex, clock } = monitored();
    const tasks = series(auspex, "tasks:duration");
    const loss = series(auspex, "training:p:loss");
    expect([tasks.retentionMs, loss.retentionMs]).toEqual([86_400_000, 604_800_000]);
    for (const each of [tasks, loss]) each.append(1, 1);
    clock.block(86_400_001);
    expect(tasks.points()).toEqual([]);
    expect(loss.points()).toHaveLength(1);
    clock.block(604_800_000);
    expect(loss.last).toBeUndefined();
    expect(series(auspex, "training:p:loss")).toBe(loss);
    for (let i = 0; i < 500; i++) series(auspex, `other:${i}`).append(1, 1);
    expect(series(auspex, "other:499").tally.appended).toBe(1);
    expect(series(auspex, "training:p:loss")).not.toBe(loss);
  });

  it("is a gauge", async () => {
    const { auspex, pass } = monitored();
    series(auspex, "training:p:loss").append(1, 2.5);
    await pass(10_000);
    const gauges = auspex
      .snapshot("total")
      .gauges.filter(({ name }) => name === "auspex.series.value");
    expect(gauges).toMatchObject([
      { value: 2.5, attributes: { "series.name": "training:p:loss" } },
    ]);
  });

  const kinds = (insights: readonly Insight[]) => {
    return insights.map(({ kind, data }) => `${kind} ${data.state}`);
  };

  it("tells once that a training diverges, and that it recovers", async () => {
    const { auspex, insights, pass } = monitored();
    const loss = series(auspex, "training:p:loss");
    let step = 0;
    const go = async (value: (i: number) => number) => {
      for (let i = 0; i < 100; i++) loss.append(step++, value(i) + noise(i) / 100);
      await pass(65_000);
    };
    await go((i) => 5 - i / 50);
    expect(kinds(insights)).toEqual([]);
    await go((i) => 3 + i / 20);
    await go((i) => 8 + i / 20);
    expect(kinds(insights)).toEqual(["diverging begun"]);
    expect(insights[0]).toMatchObject({ operation: "training:p:loss", data: { projectId: "p" } });
    for (let i = 0; i < 4; i++) await go((j) => 5 - i - j / 100);
    expect(kinds(insights)).toEqual(["diverging begun", "diverging ended"]);
  });

  it("tells of a loss that has become NaN", async () => {
    const { auspex, insights, pass } = monitored();
    const loss = series(auspex, "training:p:loss");
    loss.append(1, 2);
    for (let i = 2; i < 10; i++) loss.append(i, Number.NaN);
    await pass(10_000);
    expect(insights).toMatchObject([{ kind: "diverging", severity: "critical" }]);
  });

  it("tells of one that a Python program calls NaN, which is no JSON", async () => {
    const { auspex, insights, pass } = monitored();
    const work = workload(auspex);
    const say = (step: number, loss: string): boolean => {
      const fields = `"projectId":"NaN: \\"p\\"","step":${step},"loss":${loss},"note":"-Infinity"`;
      return work.accept("events:training:progress", `{${fields}}`);
    };
    expect(say(1, "2")).toBe(true);
    for (let step = 2; step < 10; step++)
      expect(say(step, step % 2 ? "NaN" : "-Infinity")).toBe(true);
    expect(say(10, "NaNs")).toBe(false);
    expect(work.tally).toMatchObject({ accepted: 9, unreadable: 1 });
    // Texts that are never closed: one that went back at each quote would not come to an end.
    for (const text of ['\\"', '"\\\n', "NaN"]) {
      expect(work.accept("events:training:progress", `{"a":"${text.repeat(20_000)}`)).toBe(false);
    }
    await pass(10_000);
    expect(insights).toMatchObject([{ kind: "diverging", severity: "critical" }]);
    expect(insights[0].data.projectId).toBe('NaN_ "p"');
  });

  it("tells of convergence, and of a plateau that is none", async () => {
    const { auspex, insights, pass } = monitored();
    const loss = series(auspex, "training:p:loss");
    for (let i = 0; i < 2000; i++) loss.append(i, 1 + 9 * Math.exp(-i / 100) + noise(i) / 1000);
    const other = series(auspex, "training:q:loss");
    // It goes down and then creeps: too much for an end, too little for progress.
    for (let i = 0; i < 2000; i++) {
      other.append(i, (i < 1000 ? 10 - i / 111 : 1 - (i - 1000) / 2500) + noise(i) / 20);
    }
    await pass(70_000);
    expect(kinds(insights)).toEqual(["converged begun", "loss_plateau begun"]);
    expect(insights[1].advice).toMatch(/learning rate or early stopping/);
  });
});
