import { describe, expect, it } from "vitest";
import { convergence, plateau } from "../../src/baselines/index.js";
import { normal, points } from "./series.js";

/** A training loss: down exponentially to a limit, with noise. */
function loss(steps: number, { limit = 0.5, tau = 100, noise = 0.005, seed = 1 } = {}) {
  const next = normal(seed);
  return points(steps, 1, (i) => limit + 2 * Math.exp(-i / tau) + noise * next(), 0);
}

describe("convergence", () => {
  it("comes when the last part of a loss hardly moves, in spite of noise", () => {
    for (let seed = 1; seed <= 20; seed++) {
      expect(convergence(loss(150, { seed })).converged, `${seed}`).toBe(false);
      const found = convergence(loss(1200, { seed }));
      expect(found.converged, `${seed}: ${found.reason}`).toBe(true);
      expect(found.advice).toMatch(/stopping early/);
    }
  });

  it("says where a slowing series tends to", () => {
    for (let seed = 1; seed <= 10; seed++) {
      const { limit } = convergence(loss(300, { seed }));
      expect(limit).toBeGreaterThan(0.4);
      expect(limit).toBeLessThan(0.6);
    }
    expect(convergence(points(100, 1, (i) => i)).limit).toBeUndefined();
  });

  it("is not that of a series which never moved, nor of one that moves", () => {
    const flat = convergence(points(100, 1, () => 3));
    expect(flat).toMatchObject({ converged: false, moved: false, change: 0 });
    expect(flat.reason).toMatch(/^at rest from the start/);
    const moving = convergence(points(100, 1, (i) => 100 - i));
    expect(moving).toMatchObject({ converged: false, moved: true });
    expect(convergence(points(10, 1, (i) => i)).reason).toMatch(/takes 20/);
  });

  it("follows the tolerance", () => {
    const series = loss(500, { noise: 0 });
    expect(convergence(series, { tolerance: 0.0001 }).converged).toBe(false);
    expect(convergence(series, { tolerance: 0.05 }).converged).toBe(true);
  });
});

describe("a plateau", () => {
  it("is found, with its beginning and its level", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const next = normal(seed);
      const series = points(400, 1, (i) => Math.max(1, 5 - i / 50) + 0.02 * next(), 0);
      const found = plateau(series);
      expect(found.plateau, `${seed}: ${found.reason}`).toBe(true);
      expect(found.sinceMs).toBeGreaterThanOrEqual(180);
      expect(found.sinceMs).toBeLessThanOrEqual(260);
      expect(found.level).toBeCloseTo(1, 1);
      expect(found.advice).toBeDefined();
    }
  });

  it("is none while a series moves, nor where it has never moved", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const next = normal(seed);
      expect(plateau(points(400, 1, (i) => 5 - i / 100 + 0.05 * next())).plateau).toBe(false);
      const noise = plateau(points(400, 1, () => 5 + 0.05 * next()));
      expect(noise.plateau, noise.reason).toBe(false);
    }
    expect(plateau(points(100, 1, () => 3)).reason).toBe("it has never moved beyond its noise");
    expect(plateau(points(10, 1, (i) => i)).reason).toMatch(/takes 20/);
  });
});
