import { describe, expect, it } from "vitest";
import { binomialSurprise, countSurprise, reaching } from "../../../src/detectors/method/bounds.js";

const logFactorial = (n: number): number => {
  let sum = 0;
  for (let i = 2; i <= n; i++) sum += Math.log(i);
  return sum;
};

/** −ln of the sum of probabilities from `from` to `to`. */
function tail(from: number, to: number, logOf: (k: number) => number): number {
  let sum = 0;
  for (let k = from; k <= to; k++) sum += Math.exp(logOf(k));
  return -Math.log(sum);
}

describe("Chernoff's bound", () => {
  it("of a binomial count is never surer than the exact tail, nor far from it", () => {
    for (const [trials, p] of [
      [20, 0.1],
      [500, 0.01],
      [1000, 0.3],
    ] as const) {
      for (let k = Math.ceil(trials * p) + 1; k < trials * p + 40 && k <= trials; k++) {
        const exact = tail(k, trials, (i) => {
          const choose = logFactorial(trials) - logFactorial(i) - logFactorial(trials - i);
          return choose + i * Math.log(p) + (trials - i) * Math.log1p(-p);
        });
        const bound = binomialSurprise(k / trials, trials, p);
        expect(bound).toBeLessThanOrEqual(exact + 1e-9);
        expect(exact - bound).toBeLessThan(5);
      }
    }
    expect(binomialSurprise(1, 3, 0.01)).toBeCloseTo(3 * Math.log(100), 9);
    expect(binomialSurprise(0, 3, 0.01)).toBeCloseTo(-3 * Math.log(0.99), 9);
  });

  it("of a Poisson count is never surer than the exact tail, nor far from it, on either side", () => {
    for (const mean of [0.5, 5, 60]) {
      const logOf = (k: number) => k * Math.log(mean) - mean - logFactorial(k);
      for (let k = 0; k < mean + 60; k++) {
        const exact = k > mean ? tail(k, k + 300, logOf) : tail(0, k, logOf);
        const bound = countSurprise(k, mean, 0);
        expect(bound).toBeLessThanOrEqual(exact + 1e-9);
        expect(exact - bound).toBeLessThan(5);
      }
    }
  });

  it("is that of a Poisson count without dispersion, and less with it", () => {
    for (const count of [0, 3, 30, 300]) {
      const without = countSurprise(count, 40, 0);
      expect(countSurprise(count, 40, 1e-8)).toBeCloseTo(without, 3);
      expect(countSurprise(count, 40, 0.1)).toBeLessThan(without);
    }
    expect(countSurprise(40, 40, 0.1)).toBeCloseTo(0, 9);
    expect(countSurprise(0, 0, 0)).toBe(0);
    expect(countSurprise(1, 0, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("where a function reaches a height", () => {
  it("is found to a millionth, and is the end where it does not", () => {
    expect(reaching(49, 0, 10, (x) => x * x)).toBeCloseTo(7, 5);
    expect(reaching(200, 0, 10, (x) => x * x)).toBe(10);
  });
});
