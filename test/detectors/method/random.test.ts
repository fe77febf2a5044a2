import { describe, expect, it } from "vitest";
import { Random } from "../../../src/detectors/method/random.js";

describe("random numbers", () => {
  it("are the same for the same seed, and others for another", () => {
    const [a, b, c] = [new Random(5), new Random(5), new Random(6)];
    const first = Array.from({ length: 100 }, () => a.next());
    expect(Array.from({ length: 100 }, () => b.next())).toEqual(first);
    expect(Array.from({ length: 100 }, () => c.next())).not.toEqual(first);
  });

  it("are even: each tenth as often as the others, whatever came before", () => {
    const random = new Random(7);
    const counts = new Float64Array(100);
    let last = random.below(10);
    for (let i = 0; i < 100_000; i++) {
      const next = random.below(10);
      counts[10 * last + next]++;
      last = next;
    }
    // χ² with 99 degrees of freedom is beyond 150 once in a thousand seeds.
    const chi = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chi).toBeLessThan(150);
  });
});
