import { describe, expect, it } from "vitest";
import { BURN_RATES, burnStatusOf, FAST_BURN, severityOf } from "../../src/slo/burn-rate.js";
import { History } from "../../src/slo/history.js";
import { burnRateOf } from "../../src/slo/objective.js";

const STEP = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PER_STEP = 1000;

/**
 * Replays steady traffic: good for `quietMs`, then with a share of bad events for `badMs`, then good.
 * @returns when each burn rate fired first, and was quiet again, in ms after the fault began and ended
 */
function replay(objective: number, badShare: number, badMs: number, quietMs = 4 * 24 * HOUR) {
  const history = new History(STEP, 90 * 24 * HOUR);
  const fired = new Map<number, number>();
  const reset = new Map<number, number>();
  let good = 0;
  let total = 0;
  const began = quietMs;
  const ended = began + badMs;
  for (let now = 0; now <= ended + 4 * 24 * HOUR; now += STEP) {
    const isBad = now > began && now <= ended;
    total += PER_STEP;
    good += isBad ? PER_STEP * (1 - badShare) : PER_STEP;
    history.add(now, { good, total });
    if (now < began - HOUR) continue;
    for (const rate of BURN_RATES) {
      const within = (ms: number) => history.between(now - ms, now);
      const burning = { objective, minEvents: 50, knownMs: now, within };
      const { firing } = burnStatusOf(rate, burning);
      if (firing && !fired.has(rate.factor)) fired.set(rate.factor, now - began);
      if (!firing && fired.has(rate.factor) && !reset.has(rate.factor)) {
        reset.set(rate.factor, now - ended);
      }
    }
  }
  return { fired, reset };
}

describe("burn rates", () => {
  for (const [objective, badShare] of [
    [0.999, 1],
    [0.999, 0.05],
    [0.99, 0.5],
    [0.999, 0.0288],
  ] as const) {
    it(`detect ${badShare * 100} % bad of ${objective * 100} % when the workbook says, and reset then`, () => {
      const badMs = 10 * HOUR;
      const { fired, reset } = replay(objective, badShare, badMs);
      for (const { factor, longMs, shortMs } of BURN_RATES) {
        // Detection: the long window has seen the factor's share; the short one has long before.
        const burn = badShare / (1 - objective);
        const detectedAt = (factor / burn) * longMs;
        if (detectedAt > badMs) {
          expect(fired.has(factor)).toBe(false);
          continue;
        }
        expect(Math.abs((fired.get(factor) as number) - detectedAt)).toBeLessThanOrEqual(STEP);
        // Reset: the short window holds less than the factor's share, or the long one does before.
        const inLong = Math.min(badMs, longMs);
        const resetAt = Math.min(
          shortMs * (1 - factor / burn),
          longMs - (factor / burn) * longMs + (inLong === badMs ? longMs - inLong : 0),
        );
        expect(Math.abs((reset.get(factor) as number) - resetAt)).toBeLessThanOrEqual(STEP + 1);
      }
    });
  }

  it("detect a full outage of a 99.9 % promise within a minute, and a small leak within a day", () => {
    const outage = replay(0.999, 1, 2 * HOUR);
    expect(outage.fired.get(14.4)).toBeLessThanOrEqual(60_000);
    const leak = replay(0.999, 0.0035, 40 * HOUR);
    expect(leak.fired.has(14.4)).toBe(false);
    expect(leak.fired.get(3)).toBeLessThanOrEqual(24 * HOUR);
  });

  it("stay quiet with too few events, and with one bad event however few there are", () => {
    const [rate] = BURN_RATES as [(typeof BURN_RATES)[0]];
    const fires = (good: number, total: number, minEvents: number) => {
      const within = () => ({ good, total });
      return burnStatusOf(rate, { objective: 0.999, minEvents, knownMs: HOUR, within }).firing;
    };
    expect(fires(1, 3, 50)).toBe(false);
    expect(fires(1, 2, 0)).toBe(false);
    expect(fires(1, 3, 2)).toBe(true);
    expect(fires(0, 0, 0)).toBe(false);
  });

  it("count a short history for the part of the window that it covers", () => {
    const [hour, , , days] = BURN_RATES as typeof BURN_RATES & { 0: object; 3: object };
    const about = { objective: 0.999, minEvents: 50, knownMs: HOUR };
    const within = () => ({ good: 990, total: 1000 });
    expect(burnStatusOf(days as never, { ...about, within }).long).toBeCloseTo(10 / 72);
    expect(burnStatusOf(hour as never, { ...about, within }).long).toBeCloseTo(10);
  });

  it("are critical above ten times, a warning above five", () => {
    expect(BURN_RATES.map(severityOf)).toEqual(["critical", "warning", "info", "info"]);
    expect(severityOf(FAST_BURN)).toBe("critical");
    expect(burnRateOf({ good: 999, total: 1000 }, 0.999)).toBeCloseTo(1);
  });
});
