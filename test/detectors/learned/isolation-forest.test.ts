import { describe, expect, it } from "vitest";
import { isolationForest } from "../../../src/detectors/index.js";
import { averagePath, IsolationTree } from "../../../src/detectors/learned/isolation-tree.js";
import { Random } from "../../../src/detectors/method/random.js";
import { alarms, Draw, Stream, values } from "../series.js";

const sampleOf = (count: number, random: Random): Float64Array[] =>
  Array.from({ length: count }, () => Float64Array.of(random.next(), random.next()));

describe("an isolation tree", () => {
  it("has paths to the points it was grown from as long as those of a search tree", () => {
    const random = new Random(1);
    let total = 0;
    for (let trial = 0; trial < 200; trial++) {
      const points = sampleOf(64, random);
      const tree = new IsolationTree(64);
      tree.grow([...points], random);
      for (const point of points) total += tree.pathLength(point) / points.length;
    }
    expect(total / 200 / averagePath(64)).toBeGreaterThan(0.9);
    expect(total / 200 / averagePath(64)).toBeLessThan(1.1);
  });

  it("has a path of one cut to what lies far outside", () => {
    const random = new Random(2);
    const tree = new IsolationTree(64);
    tree.grow(sampleOf(64, random), random);
    const lengths = [1, 2, 10, 1e9].map((far) => tree.pathLength(Float64Array.of(far, far)));
    expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
    expect(lengths[3]).toBeCloseTo(1, 6);
  });

  it("is a leaf when all points are the same", () => {
    const tree = new IsolationTree(16);
    tree.grow(
      Array.from({ length: 16 }, () => Float64Array.of(5, 5)),
      new Random(3),
    );
    expect(tree.pathLength(Float64Array.of(5, 5))).toBeCloseTo(averagePath(16), 9);
  });

  it("knows the average path of a search tree by its formula", () => {
    // Twice the harmonic number of n − 1, less 2 (n − 1) ÷ n.
    expect(averagePath(2)).toBeCloseTo(0.15, 1);
    expect(averagePath(256)).toBeCloseTo(10.24, 1);
    expect(averagePath(1)).toBe(0);
  });
});

describe("isolationForest", () => {
  it("sees a value between two kinds of values that are all there is", () => {
    const draw = new Draw(1);
    const bimodal = () => (draw.uniform() < 0.5 ? 10 : 100) + draw.normal();
    const stream = new Stream(isolationForest({ shingle: 1 }));
    stream.show(values(4000, bimodal));
    expect(alarms(stream.show(values(2000, bimodal))).length).toBeLessThan(8);
    expect(stream.one(55)).toMatchObject({
      anomalous: true,
      reason: expect.stringMatching(/^55, after .*, has \d+(\.\d+)? times as much room around it/),
    });
  });

  it("forgets what is older than its window", () => {
    const draw = new Draw(2);
    const stream = new Stream(isolationForest({ window: 512 }));
    stream.show(values(2000, () => draw.normal()));
    const later = stream.show(values(1500, () => 1000 + draw.normal()));
    expect(later[0]?.anomalous).toBe(true);
    expect(alarms(later.slice(1000)).length).toBeLessThan(4);
  });
});
