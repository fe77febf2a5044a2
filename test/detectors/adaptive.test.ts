import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generator } from "../../bench/detection/random.mjs";
import { adaptive } from "../../src/detectors/adaptive/adaptive.js";
import type { Detector, Verdict } from "../../src/detectors/detector.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 2);

type Series = (row: number, timeMs: number) => number;

/** Requests of a shop: few at night, many in the afternoon, with noise of 3 %. */
function shop(seed = "shop", scale = 1): Series {
  const random = generator(seed);
  return (_, timeMs) => {
    const day = 1 - 0.8 * Math.cos((2 * Math.PI * timeMs) / DAY);
    return scale * 100 * day * (1 + 0.03 * random.normal());
  };
}

interface Run {
  readonly verdicts: Verdict[];
  readonly alarms: number[];
  readonly detector: Detector;
}

function run(rows: number, series: Series, stepMs = 5 * MINUTE, detector = adaptive()): Run {
  const verdicts: Verdict[] = [];
  for (let row = 0; row < rows; row++) {
    const timeMs = START + row * stepMs;
    verdicts.push(detector.observe(series(row, timeMs), timeMs));
  }
  const alarms = verdicts.flatMap(({ anomalous }, row) => (anomalous ? [row] : []));
  return { verdicts, alarms, detector };
}

/** The series with other values from one row to before another. */
function incident(
  series: Series,
  from: number,
  to: number,
  change: (value: number) => number,
): Series {
  return (row, timeMs) => {
    const value = series(row, timeMs);
    return row >= from && row < to ? change(value) : value;
  };
}

const since = (alarms: readonly number[], row: number) => alarms.filter((at) => at >= row);

describe("adaptive()", () => {
  it("learns the first hundred values without a verdict", () => {
    const { verdicts } = run(101, shop());
    for (const verdict of verdicts.slice(0, 100)) {
      expect(verdict).toMatchObject({ score: 0, anomalous: false, warmingUp: true });
    }
    expect(verdicts[100].warmingUp).toBe(false);
  });

  it("is silent about a season it has seen for some days", () => {
    expect(since(run(10 * 288, shop()).alarms, 3 * 288)).toEqual([]);
  });

  it("alarms once on an incident, at its first value, and says what was usual", () => {
    const series = incident(shop(), 2000, 2030, (value) => 3 * value);
    const { alarms, verdicts } = run(2400, series);
    expect(since(alarms, 3 * 288)).toEqual([2000]);
    const { score, expected, lower, upper, reason } = verdicts[2000];
    expect(score).toBeGreaterThan(0.5);
    expect(lower).toBeLessThan(expected as number);
    expect(expected).toBeLessThanOrEqual(upper as number);
    expect(reason).toMatch(
      /^highest for 20–24 h UTC in [\d.]+ days: [\d.]+ is [\d.]+ × the usual range outside of [\d.]+ to/,
    );
  });

  it("says when a value is out of all that was seen, and by how much", () => {
    const { verdicts } = run(2001, (row) => (row < 2000 ? 10 + (row % 11) : 40));
    expect(verdicts[2000].reason).toMatch(
      /^highest in .+: 40 is 2 × the usual range outside of 10 to 20$/,
    );
  });

  it("sees what is odd at its hour only: the afternoon's traffic at night", () => {
    const night = 10 * 288 + 12;
    const { alarms, verdicts } = run(
      night + 50,
      incident(shop(), night, night + 10, () => 120),
    );
    expect(since(alarms, 3 * 288)[0]).toBe(night);
    expect(verdicts[night].reason).toMatch(/^highest for 0–\d+ h UTC in [\d.]+ days: 120 is/);
  });

  it("sees traffic stop at noon, though nights are as quiet", () => {
    const noon = 9 * 288 + 144;
    const { alarms, verdicts } = run(
      noon + 20,
      incident(shop(), noon, noon + 20, () => 21),
    );
    expect(since(alarms, 3 * 288)[0]).toBe(noon);
    expect(verdicts[noon].reason).toMatch(/^lowest for/);
  });

  it("alarms again within an episode when it grows clearly", () => {
    const tripled = incident(shop(), 2000, 2040, (value) => 3 * value);
    const { alarms } = run(
      2040,
      incident(tripled, 2020, 2040, (value) => 10 * value),
    );
    expect(since(alarms, 3 * 288)).toEqual([2000, 2020]);
  });

  it("learns a lasting level shift: alarms when it comes, is silent a few days later", () => {
    const { alarms } = run(
      5000,
      incident(shop(), 2000, 5000, (value) => 2.5 * value),
    );
    expect(since(alarms, 3 * 288)[0]).toBeLessThan(2100);
    expect(since(alarms, 2000 + 3 * 288)).toEqual([]);
  });

  it("says when a series hangs", () => {
    const { alarms, verdicts } = run(
      2200,
      incident(shop(), 2000, 2200, () => 77.7),
    );
    const [first] = since(alarms, 2000);
    expect(first).toBeLessThan(2100);
    const stuck = since(alarms, 2000).find((row) => verdicts[row].reason?.startsWith("stuck"));
    expect(verdicts[stuck as number].reason).toBe(
      `stuck: 77.7 has come ${(stuck as number) - 1999} times in a row, of a series that seldom repeats`,
    );
  });

  it("is silent about a constant, and alarms on its first move", () => {
    const { alarms } = run(3000, (row) => (row < 2500 ? 5 : 6));
    expect(alarms[0]).toBe(2500);
    expect(alarms.length).toBeLessThan(3);
  });

  it("asks for more surprise from a series that often surprises", () => {
    const random = generator("spikes");
    const { alarms } = run(
      20_000,
      () => 10 + random.normal() + (random.uniform() < 0.01 ? 50 * random.pareto(1) : 0),
    );
    // 200 spikes of a tail so heavy that its records never end.
    expect(alarms.length).toBeLessThan(30);
    expect(since(alarms, 10_000).length).toBeLessThan(8);
  });

  for (const times of [30, 100, 1e4, 1e8, 1e90]) {
    it(`is not made deaf for weeks by one value ${times} times the usual`, () => {
      const random = generator("wild");
      // At the same hour of the third day after it, where every context has seen it.
      const { alarms } = run(2100, (row) => {
        if (row === 1000) return 100 * times;
        return (row >= 1864 && row < 1870 ? 300 : 100) + 5 * random.normal();
      });
      expect(alarms).toContain(1000);
      const heard = alarms.filter((row) => row >= 1864 && row < 1870);
      expect(heard.length).toBeGreaterThan(0);
    });
  }

  it("still hears what is large after any number of alarms", () => {
    let height = 10;
    const { alarms } = run(6000, (row) => {
      const usual = 10 + (row % 7);
      return row > 1000 && row < 5800 && row % 200 === 0 ? (height *= 1.5) : usual;
    });
    expect(since(alarms, 1000).length).toBeGreaterThan(10);
    const { verdicts } = run(6000, (row) => {
      if (row === 5900) return 1e6;
      return 10 + (row % 7) + (row > 1000 && row < 5800 && row % 150 === 0 ? row / 50 : 0);
    });
    expect(verdicts[5900].anomalous).toBe(true);
  });

  for (const [name, stepMs] of [
    ["10 s", 10_000],
    ["1 min", MINUTE],
    ["1 h", HOUR],
    ["1 day", DAY],
  ] as const) {
    it(`works at a step of ${name}, which it is not told`, () => {
      const random = generator(name);
      const noise: Series = () => 50 + 4 * random.normal();
      const { alarms } = run(
        1500,
        incident(noise, 1400, 1410, () => 200),
        stepMs,
      );
      expect(since(alarms, 400).filter((row) => row < 1400).length).toBeLessThan(3);
      expect(alarms).toContain(1400);
    });
  }

  it("gives the same verdicts in every unit", () => {
    for (const scale of [2 ** -20, 2 ** 40]) {
      const bare = run(
        2100,
        incident(shop("unit"), 2000, 2020, (value) => value * 4),
      );
      const scaled = run(
        2100,
        incident(shop("unit", scale), 2000, 2020, (value) => value * 4),
      );
      expect(scaled.verdicts.map(({ score }) => score)).toEqual(
        bare.verdicts.map(({ score }) => score),
      );
    }
    const bare = run(
      2100,
      incident(shop("unit"), 2000, 2020, (value) => value * 4),
    );
    for (const scale of [1000, 1e-9]) {
      const scaled = run(
        2100,
        incident(shop("unit", scale), 2000, 2020, (value) => value * 4),
      );
      expect(scaled.alarms).toEqual(bare.alarms);
    }
  });

  it("does not alarm on a gap of a week, nor on a clock set an hour ahead or back", () => {
    const series = shop();
    for (const jumpMs of [7 * DAY, HOUR, -HOUR]) {
      const detector = adaptive();
      const alarms: number[] = [];
      for (let row = 0; row < 4000; row++) {
        const timeMs = START + row * 5 * MINUTE;
        // The season goes by the sun, not by the clock that was set.
        const { anomalous } = detector.observe(
          series(row, timeMs),
          timeMs + (row < 2500 ? 0 : jumpMs),
        );
        if (anomalous && row > 1000) alarms.push(row);
      }
      expect(alarms.length, `a jump of ${jumpMs} ms`).toBeLessThan(2);
    }
  });

  it("judges repeated and backward times without learning from them", () => {
    const once = run(1500, shop());
    const detector = adaptive();
    const series = shop();
    for (let row = 0; row < 1500; row++) {
      const timeMs = START + row * 5 * MINUTE;
      expect(detector.observe(series(row, timeMs), timeMs)).toEqual(once.verdicts[row]);
      detector.observe(1e6, timeMs);
      detector.observe(-1e6, timeMs - HOUR);
      detector.observe(1e6, Number.NaN);
    }
    expect(detector.observe(1e6, START).anomalous).toBe(true);
  });

  it("goes on after save and restore as if nothing had happened", () => {
    const random = generator("cut");
    const cuts = [0, 1, 99, 100, 1000, 2005];
    for (const cut of cuts) {
      const series = incident(shop(`cut ${random.uniform()}`), 2000, 2040, (value) => value * 5);
      const values = Array.from({ length: 2300 }, (_, row) =>
        series(row, START + row * 5 * MINUTE),
      );
      const whole = run(2300, (row) => values[row]);
      const first = run(cut, (row) => values[row]);
      const second = adaptive();
      second.restore(JSON.parse(JSON.stringify(first.detector.save())));
      for (let row = cut; row < 2300; row++) {
        const verdict = second.observe(values[row], START + row * 5 * MINUTE);
        expect(verdict).toEqual(whole.verdicts[row]);
      }
    }
  });

  it("is as new after a state it cannot read", () => {
    const saved = JSON.parse(JSON.stringify(run(500, shop()).detector.save()));
    const cut = structuredClone(saved);
    cut.learned.method.values.lows = cut.learned.method.values.lows.slice(0, 100);
    const fresh = run(200, shop()).verdicts;
    for (const state of [undefined, null, 1, "x", [], {}, { ...saved, version: 9 }, cut]) {
      const detector = adaptive();
      detector.restore(state);
      expect(run(200, shop(), 5 * MINUTE, detector).verdicts).toEqual(fresh);
    }
  });

  it("keeps its state below 8 KB as JSON, however long and wild the series", () => {
    const random = generator("wild");
    const wild: Series = (row) => (row % 3 === 0 ? -1 : 1) * 10 ** random.between(-90, 90);
    const { detector } = run(30_000, wild, HOUR);
    expect(JSON.stringify(detector.save()).length).toBeLessThan(8192);
  });

  it("never throws, and its verdicts are always whole, whatever numbers come", () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom(
        0,
        -0,
        1,
        Number.NaN,
        Infinity,
        -Infinity,
        5e-324,
        1e-300,
        1e100,
        -1e100,
        1e308,
      ),
    );
    const time = fc.oneof(
      fc.integer({ min: -(10 ** 15), max: 10 ** 15 }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, 8.64e15, -8.64e15, 0.5),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(value, time), { maxLength: 60 }), (observations) => {
        const { detector } = run(150, shop());
        for (const [each, timeMs] of observations) {
          const { score, anomalous, lower, upper, expected } = detector.observe(each, timeMs);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(anomalous).toBe(score >= 0.5);
          for (const bound of [lower, upper, expected]) {
            if (bound !== undefined) expect(Number.isFinite(bound)).toBe(true);
          }
          if (lower !== undefined) expect(lower).toBeLessThanOrEqual(upper as number);
        }
      }),
      { numRuns: 200 },
    );
  });
});
