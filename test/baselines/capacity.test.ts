import { describe, expect, it } from "vitest";
import { loadModel, planCapacity, timeToReach } from "../../src/baselines/index.js";
import { DAY_MS, day, HOUR_MS, MINUTE_MS, normal, points, week } from "./series.js";

describe("the time to a threshold", () => {
  it("is when a growing saturation gets there, with an interval that holds it", () => {
    let held = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const gauss = normal(seed);
      // 90 % after 4 hours; 2 hours are known.
      const known = points(120, MINUTE_MS, (i) => 0.5 + (0.4 * i) / 240 + 0.01 * gauss());
      const found = timeToReach(known, 0.9, { horizonMs: 12 * HOUR_MS, max: 1, unit: "1" });
      const truth = (known[0]?.timeMs ?? 0) + 4 * HOUR_MS;
      expect(["expected", "possible"], found.reason).toContain(found.state);
      if (
        (found.earliestMs ?? 0) <= truth &&
        (found.latestMs ?? Number.POSITIVE_INFINITY) >= truth
      ) {
        held++;
      }
    }
    expect(held).toBeGreaterThanOrEqual(17);
  });

  it("is told in words", () => {
    const known = points(120, MINUTE_MS, (i) => 0.5 + i / 600);
    const { reason, state } = timeToReach(known, 0.9, { horizonMs: 6 * HOUR_MS, unit: "1" });
    expect(state).toBe("expected");
    expect(reason).toMatch(/^reaches 90 % in 2 h \d+ min \(.* to .*, sure to 90 %\)$/);
  });

  it("is not within the horizon where it is not, and now where it is there", () => {
    const gauss = normal(1);
    const calm = points(14 * 24, HOUR_MS, (_, timeMs) => 0.2 * day(timeMs) + 0.01 * gauss());
    const far = timeToReach(calm, 0.9, { unit: "1" });
    expect(far.state).toBe("not within horizon");
    expect(far.expectedMs).toBeUndefined();
    expect(far.reason).toMatch(
      /^does not reach 90 % within 30 d; expected is \d+(\.\d)? % at the most$/,
    );
    const there = timeToReach(calm, 0.01);
    expect(there).toMatchObject({ state: "reached", expectedMs: calm.at(-1)?.timeMs });
    expect(timeToReach(calm.slice(0, 5), 0.9).state).toBe("unknown");
  });

  it("works downwards: when is the disk empty", () => {
    const free = points(100, HOUR_MS, (i) => 1000 - 5 * i);
    const { state, expectedMs } = timeToReach(free, 100, { direction: "down" });
    expect(state).toBe("expected");
    expect((expectedMs ?? 0) - (free[0]?.timeMs ?? 0)).toBeCloseTo(180 * HOUR_MS, -7);
  });
});

describe("a plan of capacity", () => {
  it("recommends what keeps the predicted peak at the target", () => {
    const gauss = normal(2);
    const known = points(28 * 24, HOUR_MS, (i, timeMs) => {
      return (0.4 + i / 5000) * week(timeMs) * Math.exp(0.03 * gauss());
    });
    const plan = planCapacity(known, { horizonMs: 7 * DAY_MS });
    expect(plan.peak.expected).toBeGreaterThan(0.85);
    expect(plan.peak.expected).toBeLessThan(1.15);
    expect(plan.peak.upper).toBeGreaterThan(plan.peak.expected);
    const weekDay = new Date(plan.peak.timeMs).getUTCDay();
    expect([1, 2, 3, 4, 5]).toContain(weekDay);
    expect(plan.recommended).toBeCloseTo(plan.peak.upper / 0.7, 9);
    expect(plan.factor).toBe(plan.recommended);
    expect(plan.full.state).not.toBe("not within horizon");
    expect(plan.reason).toMatch(
      /^predicted peak within 7 d: .* %, at most .* % \(2026-.* UTC\); 1\.\d+ × today's capacity keeps it at 70 %; /,
    );
  });

  it("counts in the unit of the series, and says when there is room", () => {
    const calm = points(21 * 24, HOUR_MS, (_, timeMs) => 10 * day(timeMs));
    const plan = planCapacity(calm, { capacity: 100, target: 0.5, unit: "By" });
    expect(plan.recommended).toBeCloseTo(36, -1);
    expect(plan.factor).toBeLessThan(0.5);
    expect(plan.full.state).toBe("not within horizon");
  });

  it("says that demand beyond full is not seen, and that it knows too little", () => {
    const full = points(21 * 24, HOUR_MS, (_, timeMs) => Math.min(1, 0.9 * day(timeMs) + 0.6));
    const cut = full.findLastIndex(({ value }) => value === 1) + 1;
    expect(planCapacity(full.slice(0, cut)).reason).toMatch(/it is full now, so what did not fit/);
    expect(planCapacity([])).toMatchObject({ recommended: Number.NaN, factor: Number.NaN });
  });
});

describe("what if there were more load", () => {
  const traffic = points(14 * 24, HOUR_MS, (_, timeMs) => 200 * week(timeMs));
  const following = (of: (load: number) => number, noise = 0.005, seed = 1) => {
    const gauss = normal(seed);
    return traffic.map(({ timeMs, value }) => ({ timeMs, value: of(value) + noise * gauss() }));
  };

  it("follows the line that traffic and saturation show", () => {
    const model = loadModel(
      traffic,
      following((load) => 0.05 + load / 900),
      { stepMs: HOUR_MS },
    );
    expect(model.usable).toBe(true);
    expect(model.bends).toBe(false);
    expect(model.idle).toBeCloseTo(0.05, 2);
    expect(model.perLoad).toBeCloseTo(1 / 900, 4);
    expect(model.fullAtLoad).toBeCloseTo(855, -1);
    const same = model.whatIf({ load: 1 });
    expect(same.load).toBe(model.usualLoad);
    expect(same.warning).toBeUndefined();
    expect(same.expected).toBeCloseTo(0.05 + same.load / 900, 2);
    expect(same.lower).toBeLessThan(same.expected);
    expect(same.upper).toBeGreaterThan(same.expected);
  });

  it("warns beyond what has been seen, and of what does not fit", () => {
    const model = loadModel(
      traffic,
      following((load) => 0.05 + load / 500),
      { stepMs: HOUR_MS },
    );
    const half = model.whatIf({ load: 1.5 });
    expect(half.ofHeaviest).toBeGreaterThan(1.3);
    expect(half.expected).toBeGreaterThan(1);
    expect(half.warning).toMatch(
      /× the heaviest load seen.*; it would be beyond its limit of 100 %$/,
    );
    expect(half.reason).toMatch(/^1\.5 × the usual heavy load takes it to 1\d\d % \(/);
    expect(half.upper - half.lower).toBeGreaterThan(
      model.whatIf({ load: 1 }).upper - model.whatIf({ load: 1 }).lower,
    );
  });

  it("follows the steeper part where it bends upward", () => {
    const queueing = following((load) => 0.1 + load / 900 + Math.max(0, load - 250) / 150);
    const model = loadModel(traffic, queueing, { stepMs: HOUR_MS });
    expect(model.bends).toBe(true);
    const more = model.whatIf({ load: 1.2 });
    expect(more.expected).toBeGreaterThan(1);
    expect(more.warning).toMatch(/rises faster where load is heavy/);
  });

  it("says when load explains nothing, has not varied, or is too little known", () => {
    const gauss = normal(3);
    const noise = traffic.map(({ timeMs }) => ({ timeMs, value: 0.5 + 0.1 * gauss() }));
    expect(loadModel(traffic, noise, { stepMs: HOUR_MS }).reason).toBe("it does not follow load");
    const flat = traffic.map(({ timeMs }) => ({ timeMs, value: 100 }));
    expect(loadModel(flat, noise, { stepMs: HOUR_MS }).reason).toMatch(/^load has hardly varied/);
    const few = loadModel(traffic.slice(0, 9), noise, { stepMs: HOUR_MS });
    expect(few).toMatchObject({ usable: false, reason: "9 values of both so far; it takes 24" });
    expect(few.whatIf({ load: 2 })).toMatchObject({ expected: Number.NaN, warning: few.reason });
  });

  it("answers NaN to a load that is none", () => {
    const model = loadModel(
      traffic,
      following((load) => load / 900),
      { stepMs: HOUR_MS },
    );
    for (const load of [Number.NaN, -1, "2", undefined]) {
      expect(model.whatIf({ load: load as number }).expected).toBeNaN();
    }
    expect(model.whatIf(undefined as never).expected).toBeNaN();
  });
});
