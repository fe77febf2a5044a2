import { describe, expect, it } from "vitest";
import { DISTANCES } from "../../../src/detectors/counts/distances.js";
import { binned, edgeOf } from "../../../src/detectors/counts/log-grid.js";
import {
  type DistributionShiftOptions,
  distributionShift,
  zScore,
} from "../../../src/detectors/index.js";
import type { HistogramView } from "../../../src/snapshot/model.js";
import { histogramOf } from "../../../src/testing/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

type Next = (draw: Draw) => number;
/** Latencies in seconds around 20 ms. */
const usual: Next = (draw) => 0.02 * Math.exp(0.5 * draw.normal());

const windowOf = (draw: Draw, count: number, next: Next = usual): HistogramView =>
  histogramOf(values(count, () => next(draw)));

function taught(options: DistributionShiftOptions = {}, count = 300, windows = 200, seed = 1) {
  const draw = new Draw(seed);
  const stream = new Stream(distributionShift(options));
  const show = (size: number, next?: Next) =>
    stream.one(0, { histogram: windowOf(draw, size, next) });
  const verdicts = values(windows, () => count).map((size) => show(size));
  return { draw, stream, show, verdicts };
}

describe("distributionShift", () => {
  it("sees a second mode that the 99th percentile does not show", () => {
    // A tail of 2 % at a second is always there; now a tenth of the rest takes 160 ms.
    const before: Next = (draw) => (draw.uniform() < 0.02 ? 1 : usual(draw));
    const after: Next = (draw) =>
      draw.uniform() < 0.02 ? 1 : draw.uniform() < 0.1 ? 8 * usual(draw) : usual(draw);
    const draw = new Draw(1);
    const shape = new Stream(distributionShift());
    const p99 = new Stream(zScore());
    const show = (next: Next) => {
      const histogram = windowOf(draw, 500, next);
      return [shape.one(0, { histogram }), p99.one(histogram.percentile(99))] as const;
    };
    for (let i = 0; i < 300; i++) show(before);
    const [seen, missed] = show(after);
    expect(missed.anomalous).toBe(false);
    expect(seen.anomalous).toBe(true);
    expect(seen.reason).toMatch(
      /^(8|9|10|11|12)(\.\d+)? % of 500 values are from 0\.0\d+ to 0\.\d+, where \d(\.\d+)? % usually are; on average/,
    );
  });

  it("takes the same in ten requests at night for chance", () => {
    const { show } = taught();
    const verdicts = values(50, () =>
      show(10, (draw) => (draw.uniform() < 0.1 ? 8 : 1) * usual(draw)),
    );
    expect(alarms(verdicts)).toEqual([]);
  });

  for (const distance of Object.keys(DISTANCES) as (keyof typeof DISTANCES)[]) {
    it(`sees all values become half as long again, by ${distance}`, () => {
      const { show, verdicts } = taught({ distance });
      expect(alarms(verdicts)).toEqual([]);
      expect(show(300, (draw) => 1.5 * usual(draw)).anomalous).toBe(true);
    });

    it(`is quiet on windows of every size drawn from one distribution, by ${distance}`, () => {
      const draw = new Draw(2);
      const stream = new Stream(distributionShift({ distance }));
      const verdicts = values(2000, () => {
        const histogram = windowOf(draw, draw.poisson(draw.uniform() < 0.5 ? 3 : 120));
        return stream.one(0, { histogram });
      });
      expect(alarms(verdicts).length).toBeLessThan(3);
    });

    it(`has squares that are about 1 on average where nothing differs, by ${distance}`, () => {
      const draw = new Draw(3);
      const reference = binned(windowOf(draw, 50_000), 0)!;
      const shares = reference.atOrBelow.map((below) => (below + 0.5) / (reference.count + 1));
      for (const count of [20, 200, 2000]) {
        let total = 0;
        for (let i = 0; i < 200; i++) {
          const { atOrBelow } = binned(windowOf(draw, count), reference.middle)!;
          total += DISTANCES[distance].squares(
            atOrBelow.map((below) => below / count),
            shares,
            count,
          );
        }
        expect(total / 200).toBeGreaterThan(0.6);
        expect(total / 200).toBeLessThan(1.6);
      }
    });
  }

  it("learns how much windows wander beyond chance", () => {
    const wandering = (draw: Draw): Next => {
      const factor = Math.exp(0.15 * draw.normal());
      return (each) => factor * usual(each);
    };
    const draw = new Draw(4);
    const stream = new Stream(distributionShift());
    const show = (next: Next) => stream.one(0, { histogram: windowOf(draw, 400, next) });
    for (let i = 0; i < 500; i++) show(wandering(draw));
    expect(alarms(values(500, () => 0).map(() => show(wandering(draw)))).length).toBeLessThan(8);
    expect(show((each) => 3 * usual(each)).anomalous).toBe(true);
  });

  it("does not take a burst of load for what is usual", () => {
    const { show } = taught();
    for (let i = 0; i < 5; i++) show(30_000, (draw) => 4 * usual(draw));
    expect(alarms(values(20, () => show(300)))).toEqual([]);
    expect(show(300, (draw) => 1.5 * usual(draw)).anomalous).toBe(true);
    expect(show(300, (draw) => 4 * usual(draw)).anomalous).toBe(true);
  });

  it("makes a lasting change its baseline in the end", () => {
    const { show } = taught({ memory: 60 });
    const later = values(400, () => show(300, (draw) => 2 * usual(draw)));
    expect(later[0]?.anomalous).toBe(true);
    expect(alarms(later.slice(300))).toEqual([]);
  });

  it("has nothing to judge without a histogram of something", () => {
    const { stream } = taught();
    const empty = histogramOf([]);
    const zeros = histogramOf([0, 0, 0]);
    for (const context of [
      undefined,
      {},
      { histogram: empty },
      { histogram: {} as HistogramView },
    ]) {
      expect(stream.one(0.02, context)).toMatchObject({
        score: 0,
        anomalous: false,
        warmingUp: false,
      });
    }
    expect(new Stream(distributionShift()).one(0, { histogram: zeros }).warmingUp).toBe(true);
  });
});

describe("a grid of logarithms", () => {
  it("holds every value once, and asks only for edges that matter", () => {
    const histogram = histogramOf([0.000_01, 0.02, 0.021, 0.05, 3600]);
    let asked = 0;
    const counting = new Proxy(histogram, {
      get(target, key) {
        if (key === "countAtOrBelow") asked++;
        const value = Reflect.get(target, key) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const { atOrBelow, middle, count } = binned(counting, 0)!;
    expect(count).toBe(5);
    expect(middle).toBeCloseTo(0.021, 3);
    for (let bin = 1; bin < atOrBelow.length; bin++) {
      expect(atOrBelow[bin]).toBeGreaterThanOrEqual(atOrBelow[bin - 1] as number);
    }
    expect(atOrBelow[atOrBelow.length - 1]).toBe(5);
    expect(edgeOf(1, 40) / edgeOf(1, 36)).toBeCloseTo(2, 9);
    asked = 0;
    binned(histogramOf([0.02, 0.03]), 0.02);
    expect(asked).toBe(0);
  });
});
