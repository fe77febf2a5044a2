import { describe, expect, it } from "vitest";
import { fitPareto } from "../../../src/detectors/method/generalised-pareto.js";
import { Draw } from "../series.js";

/** Excesses of the distribution, by inversion. */
function excesses(count: number, shape: number, scale: number, seed: number): Float64Array {
  const draw = new Draw(seed);
  return Float64Array.from({ length: count }, () => {
    const u = 1 - draw.uniform();
    return shape === 0 ? -scale * Math.log(u) : (scale * (u ** -shape - 1)) / shape;
  });
}

function logLikelihood(values: Float64Array, shape: number, scale: number): number {
  let sum = 0;
  for (const value of values) {
    const inner = 1 + (shape * value) / scale;
    if (inner <= 0) return Number.NEGATIVE_INFINITY;
    sum -= Math.log(scale) + (shape === 0 ? value / scale : (1 + 1 / shape) * Math.log(inner));
  }
  return sum;
}

describe("a generalised Pareto distribution", () => {
  it("is found again from what was drawn from it", () => {
    for (const [at, shape] of [-0.3, -0.1, 0, 0.2, 0.5].entries()) {
      for (const scale of [0.01, 1, 1e6]) {
        const fit = fitPareto(excesses(5000, shape, scale, at + 1));
        expect(Math.abs(fit.shape - shape)).toBeLessThan(0.06);
        expect(fit.scale / scale).toBeGreaterThan(0.92);
        expect(fit.scale / scale).toBeLessThan(1.08);
      }
    }
  });

  it("is the likeliest one, as a search over both parameters finds it", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const values = excesses(100, 0.4 - 0.04 * seed, 2, seed);
      const fit = fitPareto(values);
      const found = logLikelihood(values, fit.shape, fit.scale);
      for (let step = -9; step < 19; step++) {
        const shape = step / 20;
        for (let scale = 0.5; scale < 6; scale += 0.1) {
          expect(logLikelihood(values, shape, scale)).toBeLessThan(found + 0.01);
        }
      }
    }
  });

  it("is the exponential one where there is too little to say more, or all are the same", () => {
    expect(fitPareto(Float64Array.of(1, 2, 3))).toEqual({ shape: 0, scale: 2 });
    const same = fitPareto(new Float64Array(50).fill(2));
    expect(Number.isFinite(same.shape) && same.scale > 0).toBe(true);
    expect(fitPareto(new Float64Array(0))).toEqual({ shape: 0, scale: 0 });
  });
});
