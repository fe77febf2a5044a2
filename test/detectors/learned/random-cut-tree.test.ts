import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RandomCutTree } from "../../../src/detectors/learned/random-cut-tree.js";
import { Random } from "../../../src/detectors/method/random.js";
import { freeze, thaw } from "../../../src/detectors/method/state.js";

type Points = readonly (readonly number[])[];

/** A tree of these points, put in one after the other. */
function treeOf(points: Points, random: Random, capacity = points.length + 1): RandomCutTree {
  const tree = new RandomCutTree(capacity, points[0]?.length ?? 1);
  for (const point of points) tree.insert(Float64Array.from(point), random);
  return tree;
}

/** Everything a tree has to keep. @returns the points below, in order */
function audit(tree: RandomCutTree, capacity: number, dimensions: number): number[][] {
  const visit = (node: number, parent: number): number[][] => {
    expect(tree.parent[node]).toBe(parent);
    if (node < capacity) {
      const at = node * dimensions;
      const point = [...tree.points.subarray(at, at + dimensions)];
      return Array.from({ length: tree.mass[node] as number }, () => point);
    }
    const [left, right, d, cut] = [tree.left, tree.right, tree.dimension, tree.cut].map(
      (all) => all[node - capacity] as number,
    ) as [number, number, number, number];
    const below = visit(left, node);
    const above = visit(right, node);
    for (const point of below) expect(point[d]).toBeLessThanOrEqual(cut);
    for (const point of above) expect(point[d]).toBeGreaterThan(cut);
    expect(tree.mass[node]).toBe(below.length + above.length);
    return [...below, ...above];
  };
  const found = tree.root < 0 ? [] : visit(tree.root, -1);
  expect(found.length).toBe(tree.size);
  return found.sort(compare);
}

const compare = (a: readonly number[], b: readonly number[]): number =>
  a.map((value, d) => value - (b[d] as number)).find((each) => each !== 0) ?? 0;

/** Collusive displacement of a point that is in the tree: the most that others move up, for each that goes. */
function codisp(tree: RandomCutTree, capacity: number, point: readonly number[]): number {
  let node = tree.root;
  while (node >= capacity) {
    const inner = node - capacity;
    const isLeft =
      (point[tree.dimension[inner] as number] as number) <= (tree.cut[inner] as number);
    node = (isLeft ? tree.left : tree.right)[inner] as number;
  }
  let most = 0;
  for (let up = tree.parent[node] as number; up >= 0; up = tree.parent[up] as number) {
    const others = (tree.mass[up] as number) - (tree.mass[node] as number);
    most = Math.max(most, others / (tree.mass[node] as number));
    node = up;
  }
  return most;
}

const displacementOf = (tree: RandomCutTree, point: readonly number[]): Float64Array => {
  const parts = new Float64Array(point.length);
  tree.displacement(Float64Array.from(point), parts);
  return parts;
};
const sum = (parts: Float64Array): number => parts.reduce((all, part) => all + part, 0);

describe("a random cut tree", () => {
  it("keeps points, masses, parents and cuts right, whatever comes and goes", () => {
    const point = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 2 });
    const steps = fc.array(fc.option(point), { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer(), (list, seed) => {
        const capacity = 16;
        const random = new Random(seed);
        const tree = new RandomCutTree(capacity, 2);
        let size = 0;
        for (const step of list) {
          if (step !== null && size < capacity) {
            tree.insert(Float64Array.from(step), random);
            size++;
          } else if (size > 0) {
            tree.removeAny(random);
            size--;
          }
          expect(tree.size).toBe(size);
          audit(tree, capacity, 2);
        }
      }),
    );
  });

  it("holds what was put in, copies too", () => {
    const points = [
      [1, 1],
      [2, 5],
      [1, 1],
      [1, 1],
      [9, 0],
    ];
    const tree = treeOf(points, new Random(1));
    expect(audit(tree, 6, 2)).toEqual([...points].sort(compare));
  });

  it("says of a point what putting it in and looking says on average", () => {
    const draw = new Random(2);
    const points = Array.from({ length: 24 }, () => [draw.next(), draw.next()]);
    const tree = treeOf(points, new Random(3), 32);
    const written = JSON.stringify(freeze(tree));
    for (const point of [
      [0.5, 0.5],
      [1.2, 0.5],
      [4, -3],
      [0.01, 0.99],
    ]) {
      let total = 0;
      const trials = 3000;
      for (let trial = 0; trial < trials; trial++) {
        const copy = new RandomCutTree(32, 2);
        thaw(copy, JSON.parse(written));
        copy.insert(Float64Array.from(point), new Random(trial));
        total += codisp(copy, 32, point);
      }
      const expected = sum(displacementOf(tree, point));
      expect(total / trials / expected).toBeGreaterThan(0.93);
      expect(total / trials / expected).toBeLessThan(1.07);
    }
    expect(JSON.stringify(freeze(tree))).toBe(written);
  });

  it("displaces all by a point far from all, and nothing by one that is there", () => {
    const points = Array.from({ length: 50 }, (_, i) => [i % 7, i % 5]);
    const tree = treeOf(points, new Random(4));
    expect(sum(displacementOf(tree, [1e9, 1e9]))).toBeCloseTo(50, 3);
    expect(sum(displacementOf(tree, [3, 3]))).toBe(0);
  });

  it("puts a displacement down to the dimension that is odd", () => {
    const draw = new Random(5);
    const points = Array.from({ length: 60 }, () => [draw.next(), draw.next(), draw.next()]);
    const [first, second, third] = displacementOf(treeOf(points, new Random(6)), [0.5, 20, 0.5]);
    expect(second).toBeGreaterThan(10 * ((first as number) + (third as number)));
  });

  it("is the same after it was restored", () => {
    const draw = new Random(7);
    const random = new Random(8);
    const tree = treeOf(
      Array.from({ length: 30 }, () => [draw.next(), draw.next()]),
      random,
      32,
    );
    for (let i = 0; i < 10; i++) tree.removeAny(random);
    const restored = new RandomCutTree(32, 2);
    expect(thaw(restored, JSON.parse(JSON.stringify(freeze(tree))))).toBe(true);
    for (const each of [tree, restored]) each.insert(Float64Array.of(0.3, 0.4), new Random(9));
    for (const point of [
      [0.5, 0.5],
      [2, 2],
    ]) {
      expect(displacementOf(restored, point)).toEqual(displacementOf(tree, point));
    }
  });
});
