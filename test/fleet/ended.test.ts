import { describe, expect, it } from "vitest";
import { Ended } from "../../src/fleet/ended.js";
import type { MetricBatch } from "../../src/snapshot/batch.js";
import { batchWith, histogramMetric, numberMetric } from "../../src/testing/batch.js";
import { settled } from "./neighbours.js";
import { processOf } from "./parts.js";

const life = (metrics: MetricBatch["metrics"], to = 1_700_000_000_000): MetricBatch =>
  batchWith(metrics, { to });

const pointsOf = (ended: Ended, name: string) =>
  ended.parts().flatMap(({ batch }) => {
    return batch.metrics
      .filter((metric) => metric.name === name)
      .flatMap(({ points }) => [...points]);
  });

describe("those that have ended", () => {
  it("are one batch a service, whose totals are exact", async () => {
    const ended = new Ended("me");
    for (let i = 0; i < 300; i++) {
      const service = i % 3 === 0 ? "pay" : "shop";
      ended.add(
        processOf({ service }),
        life([numberMetric("jobs", "counter", 2), histogramMetric("work", [0.1, 0.2])]),
      );
    }
    const jobs = () =>
      pointsOf(ended, "jobs").reduce((sum, point) => sum + (point as any).value, 0);
    expect(jobs()).toBe(600);
    // Folded in slices, however many the machine needs.
    await expect.poll(() => ended.parts().length).toBe(2);
    expect(jobs()).toBe(600);
    expect(
      ended.parts().map(({ process, processes }) => [process.service, processes.length]),
    ).toEqual(
      expect.arrayContaining([
        ["pay", 64],
        ["shop", 64],
      ]),
    );
    expect(
      pointsOf(ended, "work")
        .map((point) => (point as any).histogram.count)
        .sort(),
    ).toEqual([200, 400]);
    expect(ended.count).toBe(300);
  });

  it("lose no value while they are folded", async () => {
    const ended = new Ended("me");
    const jobs = () =>
      pointsOf(ended, "jobs").reduce((sum, point) => sum + (point as any).value, 0);
    for (let i = 1; i <= 20; i++) {
      ended.add(processOf({ service: "shop" }), life([numberMetric("jobs", "counter", 1)]));
      expect(jobs()).toBe(i);
      if (i % 3 === 0) await settled(1);
    }
  });

  it("leave no gauge, nothing of the host, and of a thread nothing of its process", async () => {
    const batch = life([
      numberMetric("level", "gauge", 1),
      numberMetric("work.active", "updown", 1),
      numberMetric("system.network.io", "counter", 1),
      numberMetric("process.cpu.time", "counter", 1),
      numberMetric("jobs", "counter", 1),
    ]);
    const kept = (threadId?: number) => {
      const ended = new Ended("me");
      ended.add(processOf(threadId === undefined ? {} : { threadId }), batch);
      return ended.parts()[0]?.batch.metrics.map(({ name }) => name);
    };
    expect(kept()).toEqual(["process.cpu.time", "jobs"]);
    expect(kept(3)).toEqual(["jobs"]);
  });

  it("have at most so many series of a metric; the rest is one, and the sum stays", async () => {
    const ended = new Ended("me");
    for (let i = 0; i < 25; i++) {
      const points = Array.from({ length: 100 }, (_, n) => ({
        attributes: { id: i * 100 + n },
        value: 1,
      }));
      ended.add(
        processOf({ service: "shop" }),
        life([{ ...numberMetric("jobs", "counter", 0), points } as never]),
      );
    }
    await expect.poll(() => ended.parts().length).toBe(1);
    const points = pointsOf(ended, "jobs") as { attributes: object; value: number }[];
    expect(points).toHaveLength(2001);
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(2500);
    expect(points.find(({ attributes }) => "otel.metric.overflow" in attributes)?.value).toBe(500);
  });

  it("are told as missing only in windows that reach back to them", () => {
    const ended = new Ended("me");
    const now = 1_700_000_000_000;
    ended.add(processOf({ id: "a", lastSeenMs: now - 30_000 }), life([]));
    ended.lose({ id: "b", reason: "ended", lastSeenMs: now - 400_000 });
    const ids = (window: "10s" | "1m" | "1h" | "total") =>
      ended.missing(window, now).map(({ id }) => id);
    expect(ids("10s")).toEqual([]);
    expect(ids("1m")).toEqual(["a"]);
    expect(ids("1h")).toEqual(["a", "b"]);
    expect(ids("total")).toEqual(["b"]);
  });
});
