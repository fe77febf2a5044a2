import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCorpus } from "../../bench/detection/corpus.mjs";
import {
  bestOf,
  type Judged,
  PROFILES,
  pointAt,
  probationOf,
  rowWorths,
  scaledSigmoid,
  sweep,
} from "../../bench/detection/scoring.mjs";
import { makeServices } from "../../bench/detection/service-series.mjs";

const { standard, lowFalsePositive, lowFalseNegative } = PROFILES;

/** A series that alarms on the rows named. */
function alarming(rows: number, windows: [number, number][], alarms: readonly number[]): Judged {
  const scores = new Float64Array(rows);
  for (const row of alarms) scores[row] = 1;
  return { scores, windows };
}

const scoreOf = (series: Judged[], profile = standard) =>
  pointAt(sweep(series, profile), 0.5).score;

describe("the scorer of the Numenta Anomaly Benchmark", () => {
  it("gives silence 0 under every profile", () => {
    const silent = [alarming(400, [[200, 219]], [])];
    for (const profile of Object.values(PROFILES)) expect(scoreOf(silent, profile)).toBe(0);
  });

  it("gives an alarm on the first row of each window 100 under every profile", () => {
    const perfect = [
      alarming(400, [[200, 219]], [200]),
      alarming(
        1000,
        [
          [300, 349],
          [700, 799],
        ] as [number, number][],
        [300, 700],
      ),
      alarming(300, [], []),
    ];
    for (const profile of Object.values(PROFILES)) expect(scoreOf(perfect, profile)).toBe(100);
  });

  it("pays less the later the alarm comes: 86 % in the middle of the window", () => {
    const window: [number, number] = [200, 299];
    const at = (row: number) => scoreOf([alarming(400, [window], [row])]);
    // Worth w scores 100 × (w + 1) / 2; in the middle p is −0.5.
    const middle = (2 / (1 + Math.exp(-2.5)) - 1) / 0.986614298151;
    expect(at(250)).toBeCloseTo((100 * (middle + 1)) / 2, 8);
    expect(middle).toBeCloseTo(0.86, 2);
    expect(at(299)).toBeLessThan(at(250));
    expect(at(299)).toBeGreaterThan(50);
  });

  it("pays a window's best alarm only, however many there are", () => {
    const once = scoreOf([alarming(400, [[200, 299]], [210])]);
    expect(scoreOf([alarming(400, [[200, 299]], [210, 211, 250, 299])])).toBe(once);
  });

  it("charges every row in alarm outside a window, twice as much in the low-false-positive profile", () => {
    // Before the first window a row costs 0.11, of 2 in all.
    expect(scoreOf([alarming(400, [[200, 299]], [100])])).toBeCloseTo(-5.5, 10);
    expect(scoreOf([alarming(400, [[200, 299]], [100, 101])])).toBeCloseTo(-11, 10);
    expect(scoreOf([alarming(400, [[200, 299]], [100])], lowFalsePositive)).toBeCloseTo(-11, 10);
    // A missed window weighs 2 of 3 there.
    expect(scoreOf([alarming(400, [[200, 299]], [200])], lowFalseNegative)).toBe(100);
    expect(scoreOf([alarming(400, [[200, 299]], [100])], lowFalseNegative)).toBeCloseTo(
      -11 / 3,
      10,
    );
  });

  it("charges less just after a window, and in full from three of its lengths on", () => {
    const cost = (row: number) => -scoreOf([alarming(2000, [[400, 500]], [row])]);
    expect(cost(501)).toBeCloseTo((100 * 0.11 * -scaledSigmoid(1 / 100)) / 2, 10);
    expect(cost(501)).toBeLessThan(0.2);
    expect(cost(510)).toBeLessThan(cost(550));
    expect(cost(801)).toBeCloseTo(5.5, 10);
  });

  it("never counts the first 15 %, 750 rows at most", () => {
    expect(probationOf(400)).toBe(60);
    expect(probationOf(1127)).toBe(169);
    expect(probationOf(22_695)).toBe(750);
    expect(scoreOf([alarming(400, [[200, 219]], [0, 1, 59, 200])])).toBe(100);
    expect(scoreOf([alarming(400, [[200, 219]], [60, 200])])).toBeCloseTo(94.5, 10);
  });

  it("finds the threshold that pays most over all series together", () => {
    const series: Judged = { scores: new Float64Array(400), windows: [[200, 219]] };
    (series.scores as Float64Array)[100] = 0.9;
    (series.scores as Float64Array)[200] = 0.8;
    (series.scores as Float64Array)[101] = 0.3;
    const points = sweep([series], standard);
    expect(points.map(({ threshold }) => threshold)).toEqual([Infinity, 0.9, 0.8, 0.3, 0]);
    expect(bestOf(points)).toMatchObject({ threshold: 0.8, caught: 1, falseAlarms: 1 });
    expect(bestOf(points).score).toBeCloseTo(94.5, 10);
  });

  it("agrees with a plain reading of the rules at any threshold", () => {
    const some = fc.array(fc.constantFrom(0, 0.2, 0.4, 0.6, 0.8), { minLength: 60, maxLength: 60 });
    const windows = fc.constantFrom<[number, number][]>(
      [],
      [[20, 29]],
      [
        [5, 14],
        [40, 49],
      ],
    );
    fc.assert(
      fc.property(
        some,
        windows,
        fc.constantFrom(0.2, 0.4, 0.6, 0.8),
        (scores, ranges, threshold) => {
          const { window, worth } = rowWorths(60, ranges);
          let sum = 0;
          for (let at = 0; at < ranges.length; at++) {
            const hits = [...worth].filter((_, i) => window[i] === at && scores[i] >= threshold);
            sum += hits.length === 0 ? -1 : Math.max(...hits);
          }
          for (let i = 9; i < 60; i++) {
            if (window[i] === -1 && scores[i] >= threshold) sum += 0.11 * worth[i];
          }
          const n = ranges.length;
          const expected = n === 0 ? 100 + sum : (100 * (sum + n)) / (2 * n);
          const got = pointAt(sweep([{ scores, windows: ranges }], standard), threshold).score;
          expect(got).toBeCloseTo(expected, 8);
        },
      ),
    );
  });
});

describe("the corpora of the detection bench", () => {
  it("reads a folder in the benchmark's shape, windows as rows", () => {
    const folder = fileURLToPath(new URL("../../bench/detection/fixture", import.meta.url));
    const [flat, spike] = readCorpus(folder);
    expect(flat).toMatchObject({ name: "madeUp/flat.csv", category: "madeUp", windows: [] });
    expect(spike.windows).toEqual([[290, 309]]);
    expect(spike.values[300]).toBe(70);
    expect(spike.times[1] - spike.times[0]).toBe(300_000);
    expect(new Date(spike.times[0]).toISOString()).toBe("2026-01-05T00:00:00.000Z");
  });

  it("makes the same service metrics from the same seed, others from another", () => {
    const [one, again, other] = [makeServices("a", 1), makeServices("a", 1), makeServices("b", 1)];
    expect(again).toEqual(one);
    expect(other[0].values).not.toEqual(one[0].values);
    for (const { values, times, windows } of one) {
      expect(values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      expect(times.every((time, row) => row === 0 || time > times[row - 1])).toBe(true);
      for (const [first, last] of windows) {
        expect(first).toBeGreaterThanOrEqual(probationOf(values.length));
        expect(last).toBeLessThan(values.length);
      }
    }
  });
});
