import type { Random } from "../method/random.js";

/** Marks a node without a cut. */
const LEAF = 255;

/**
 * An isolation tree: random cuts of a sample until points are alone, or as deep as a point on average.
 * Nodes stand as in a heap: below `i` are `2i + 1` and `2i + 2`.
 * @see Liu, Ting and Zhou 2008, Isolation Forest
 */
export class IsolationTree {
  readonly dimension: Uint8Array;
  readonly cut: Float64Array;
  /** Of nodes with a cut: lowest and highest of the sample in that dimension. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Points of the sample below. */
  readonly mass: Int16Array;
  readonly #depth: number;

  constructor(samples: number) {
    this.#depth = Math.ceil(Math.log2(samples));
    const inner = 2 ** this.#depth - 1;
    const nodes = 2 * inner + 1;
    this.dimension = new Uint8Array(nodes).fill(LEAF);
    this.cut = new Float64Array(inner);
    this.low = new Float64Array(inner);
    this.high = new Float64Array(inner);
    this.mass = new Int16Array(nodes);
  }

  /**
   * Cuts to the point's isolation, with what is to be expected below the deepest. A point that lies outside
   * of the sample might have been set apart by each cut on its way, the sooner the farther out.
   */
  pathLength(point: Float64Array): number {
    let node = 0;
    let length = 0;
    /** Probability that it is not set apart yet. */
    let together = 1;
    while (this.dimension[node] !== LEAF) {
      const value = point[this.dimension[node]];
      const low = this.low[node];
      const high = this.high[node];
      length += together;
      if (value < low) together *= (high - low) / (high - value);
      else if (value > high) together *= (high - low) / (value - low);
      node = 2 * node + (value <= this.cut[node] ? 1 : 2);
    }
    return length + together * averagePath(this.mass[node]);
  }

  /** Grows anew. @param points - is left in another order */
  grow(points: Float64Array[], random: Random): void {
    this.dimension.fill(LEAF);
    this.#grow(0, points, 0, points.length, 0, random);
  }

  #grow(
    node: number,
    points: Float64Array[],
    start: number,
    end: number,
    depth: number,
    random: Random,
  ): void {
    this.mass[node] = end - start;
    if (depth === this.#depth || end - start < 2) return;
    const dimension = this.#spreadDimension(points, start, end, random);
    if (dimension === LEAF) return;
    const [low, high] = rangeOf(points, start, end, dimension);
    const drawn = low + random.next() * (high - low);
    const cut = drawn < high ? drawn : low;
    let middle = start;
    for (let at = start; at < end; at++) {
      if (points[at][dimension] > cut) continue;
      [points[at], points[middle]] = [points[middle], points[at]];
      middle++;
    }
    this.dimension[node] = dimension;
    this.cut[node] = cut;
    this.low[node] = low;
    this.high[node] = high;
    this.#grow(2 * node + 1, points, start, middle, depth + 1, random);
    this.#grow(2 * node + 2, points, middle, end, depth + 1, random);
  }

  /** Any of the dimensions in which the points differ. */
  #spreadDimension(points: Float64Array[], start: number, end: number, random: Random): number {
    const dimensions = points[start].length;
    const first = random.below(dimensions);
    for (let i = 0; i < dimensions; i++) {
      const dimension = (first + i) % dimensions;
      const [low, high] = rangeOf(points, start, end, dimension);
      if (high > low) return dimension;
    }
    return LEAF;
  }
}

function rangeOf(
  points: Float64Array[],
  start: number,
  end: number,
  dimension: number,
): readonly [number, number] {
  let low = points[start][dimension];
  let high = low;
  for (let at = start + 1; at < end; at++) {
    const value = points[at][dimension];
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  return [low, high];
}

/** Average path to a point in a tree of so many. */
export function averagePath(points: number): number {
  if (points < 2) return 0;
  return 2 * (Math.log(points - 1) + EULER) - (2 * (points - 1)) / points;
}

const EULER = 0.5772156649015329;
