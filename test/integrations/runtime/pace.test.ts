import { describe, expect, it } from "vitest";
import { Paced } from "../../../src/integrations/runtime/pace.js";

/** A probe with that step, and what it was sampled with; a sample of it takes `costMs`. */
function paced(stepMs: number | undefined, place = 0) {
  const samples: number[] = [];
  let nowMs = 0;
  const world = { samples, costMs: 0 };
  const probe = {
    name: "probe",
    readings: [],
    stepMs,
    sample(elapsedMs: number) {
      samples.push(elapsedMs);
      nowMs += world.costMs;
    },
    stop() {},
  };
  return Object.assign(world, { paced: new Paced(probe, place, () => nowMs) });
}

describe("a paced probe", () => {
  it("is sampled at its own step, with the time that passed", () => {
    const { paced: probe, samples } = paced(5000);
    for (let second = 0; second < 16; second++) probe.sample(1001);
    expect(samples).toEqual([1001, 5005, 5005, 5005]);
  });

  it("begins later the later its place, so that no sample is long", () => {
    const firsts = [0, 1, 2, 3, 4, 5].map((place) => {
      const { paced: probe, samples } = paced(5000, place);
      for (let second = 0; second < 6; second++) probe.sample(1000);
      return samples[0];
    });
    expect(firsts).toEqual([1000, 2000, 3000, 4000, 5000, 1000]);
  });

  it.each([900, 1000, 1100])("is sampled every time without a step, at %i ms", (elapsed) => {
    const { paced: probe, samples } = paced(undefined, 3);
    for (let second = 0; second < 4; second++) probe.sample(elapsed);
    expect(samples).toEqual([elapsed, elapsed, elapsed, elapsed]);
  });

  it("is sampled less often where it is dear, so that it takes 0.02 % of a core", () => {
    const world = paced(undefined);
    world.costMs = 2;
    for (let second = 0; second < 43; second++) world.paced.sample(1000);
    expect(world.samples).toEqual([1000, 1000, 1000, 10_000, 10_000, 10_000, 10_000]);
    world.costMs = 0.1;
    for (let second = 0; second < 12; second++) world.paced.sample(1000);
    expect(world.samples.slice(-3)).toEqual([10_000, 1000, 1000]);
  });

  it("takes one dear sample for an accident", () => {
    const world = paced(undefined);
    for (let second = 0; second < 9; second++) {
      world.costMs = second === 5 ? 50 : 0;
      world.paced.sample(1000);
    }
    expect(world.samples).toHaveLength(9);
  });

  it("takes an elapsed time that is none for no time", () => {
    const { paced: probe, samples } = paced(undefined);
    for (const elapsed of [0, -1, Number.NaN]) probe.sample(elapsed);
    expect(samples).toEqual([0, 0, 0]);
  });
});
