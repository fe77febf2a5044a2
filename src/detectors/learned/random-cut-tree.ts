import type { Random } from "../method/random.js";

/** No node. */
const NONE = -1;

/**
 * A random cut tree over a bounded multiset of points: each point that comes or goes leaves a tree as if
 * it had been drawn for the others alone.
 *
 * Nodes are numbers: 0 … capacity − 1 leaves, from capacity on inner ones. Boxes follow from the
 * rest and are not saved.
 * @see Guha, Mishra, Roy and Schrijvers 2016, Robust random cut forest based anomaly detection on streams
 */
export class RandomCutTree {
  /** Points held, copies counted. */
  size = 0;
  root = NONE;
  readonly points: Float64Array;
  /** Of all nodes: points below, copies counted (0: the node is free), and the node above. */
  readonly mass: Int16Array;
  readonly parent: Int16Array;
  /** Of inner nodes: what is at most the cut in its dimension is on the left. */
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly dimension: Uint8Array;
  readonly cut: Float64Array;
  readonly #capacity: number;
  readonly #dimensions: number;
  /** Of inner nodes: lowest and highest of each dimension. Of a leaf both are its point. */
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #beyond: Float64Array;

  constructor(capacity: number, dimensions: number) {
    const nodes = 2 * capacity;
    this.points = new Float64Array(capacity * dimensions);
    this.mass = new Int16Array(nodes);
    this.parent = new Int16Array(nodes).fill(NONE);
    this.left = new Int16Array(capacity);
    this.right = new Int16Array(capacity);
    this.dimension = new Uint8Array(capacity);
    this.cut = new Float64Array(capacity);
    this.#capacity = capacity;
    this.#dimensions = dimensions;
    this.#low = new Float64Array(capacity * dimensions);
    this.#high = new Float64Array(capacity * dimensions);
    this.#beyond = new Float64Array(dimensions);
  }

  restored(): void {
    const capacity = this.#capacity;
    const visit = (node: number): void => {
      if (node < capacity) return;
      visit(this.left[node - capacity]);
      visit(this.right[node - capacity]);
      this.#boxInner(node);
    };
    visit(this.root);
  }

  /**
   * Collusive displacement of a point as if it was there, averaged over the cuts that might have been
   * drawn for it: by how much more the tree has to say of the others because of it. Each dimension gets
   * the part that cuts in it make; a point that is there already displaces nothing.
   *
   * @param parts - one per dimension, to be added to
   */
  displacement(point: Float64Array, parts: Float64Array): void {
    const capacity = this.#capacity;
    const dimensions = this.#dimensions;
    /** Probability that the point comes as far as this node, and what the cuts above make of it. */
    let reached = 1;
    let above = 0;
    for (let node = this.root; node !== NONE; ) {
      const apart = this.#apart(node, point);
      if (apart > 0) {
        const displaced = reached * apart * Math.max(above, this.mass[node]);
        const beyond = this.#beyond;
        let total = 0;
        for (let d = 0; d < dimensions; d++) total += beyond[d];
        for (let d = 0; d < dimensions; d++) parts[d] += displaced * (beyond[d] / total);
        reached *= 1 - apart;
      }
      if (reached < 1e-9 || node < capacity) return;
      const inner = node - capacity;
      const isLeft = point[this.dimension[inner]] <= this.cut[inner];
      node = isLeft ? this.left[inner] : this.right[inner];
      const sibling = isLeft ? this.right[inner] : this.left[inner];
      above = Math.max(above, this.mass[sibling] / (this.mass[node] + 1));
    }
  }

  insert(point: Float64Array, random: Random): void {
    const capacity = this.#capacity;
    this.size++;
    if (this.root === NONE) {
      this.root = this.#newLeaf(point);
      return;
    }
    let node = this.root;
    while (random.next() >= this.#apart(node, point)) {
      if (node < capacity) {
        // The same point once more.
        this.#addTo(node, 1);
        return;
      }
      const inner = node - capacity;
      const isLeft = point[this.dimension[inner]] <= this.cut[inner];
      node = isLeft ? this.left[inner] : this.right[inner];
    }
    this.#split(node, point, random);
  }

  /** Takes one point out, each with the same probability. */
  removeAny(random: Random): void {
    const capacity = this.#capacity;
    let node = this.root;
    while (node >= capacity) {
      const left = this.left[node - capacity];
      node = random.below(this.mass[node]) < this.mass[left] ? left : this.right[node - capacity];
    }
    this.size--;
    if (this.mass[node] > 1) this.#addTo(node, -1);
    else this.#removeLeaf(node);
  }

  /**
   * Probability that the first cut of a node's box and the point together sets the point apart; how far
   * it lies outside of the box in each dimension is left in `#beyond`.
   */
  #apart(node: number, point: Float64Array): number {
    const beyond = this.#beyond;
    const lows = this.#lowsOf(node);
    const highs = this.#highsOf(node);
    let total = 0;
    let range = 0;
    for (let d = 0, at = this.#boxOf(node); d < this.#dimensions; d++, at++) {
      const low = lows[at];
      const high = highs[at];
      const value = point[d];
      range += high - low;
      beyond[d] = value < low ? low - value : value > high ? value - high : 0;
      total += beyond[d];
    }
    return total === 0 ? 0 : total / (total + range);
  }

  /** A new inner node above `node`, whose cut has the point alone on one side; `#beyond` is of the two. */
  #split(node: number, point: Float64Array, random: Random): void {
    const dimensions = this.#dimensions;
    const box = this.#boxOf(node);
    const lows = this.#lowsOf(node);
    const beyond = this.#beyond;
    let draw = random.next() * beyond.reduce((sum, each) => sum + each, 0);
    let dimension = 0;
    while (dimension < dimensions - 1 && draw >= beyond[dimension]) draw -= beyond[dimension++];
    while (beyond[dimension] === 0) dimension--;
    const isLeft = point[dimension] < lows[box + dimension];
    const from = isLeft ? point[dimension] : this.#highsOf(node)[box + dimension];
    const to = isLeft ? lows[box + dimension] : point[dimension];
    const cut = from + draw;
    const leaf = this.#newLeaf(point);
    const above = this.parent[node];
    const inner = this.#freeInner();
    const at = inner - this.#capacity;
    this.dimension[at] = dimension;
    // Rounding must not put the point on the side of the others.
    this.cut[at] = cut < to ? cut : from;
    this.left[at] = isLeft ? leaf : node;
    this.right[at] = isLeft ? node : leaf;
    this.parent[leaf] = inner;
    this.parent[node] = inner;
    this.mass[inner] = this.mass[node] + 1;
    this.#hang(inner, node, above);
    for (let up = above; up !== NONE; up = this.parent[up]) this.mass[up]++;
    this.#boxFrom(inner);
  }

  #removeLeaf(leaf: number): void {
    const inner = this.parent[leaf];
    this.mass[leaf] = 0;
    this.parent[leaf] = NONE;
    if (inner === NONE) {
      this.root = NONE;
      return;
    }
    const at = inner - this.#capacity;
    const sibling = this.left[at] === leaf ? this.right[at] : this.left[at];
    const above = this.parent[inner];
    this.mass[inner] = 0;
    this.parent[inner] = NONE;
    this.#hang(sibling, inner, above);
    for (let up = above; up !== NONE; up = this.parent[up]) this.mass[up]--;
    this.#boxFrom(above);
  }

  /** Puts a node in the place of another below `above`, or at the root. */
  #hang(node: number, old: number, above: number): void {
    this.parent[node] = above;
    if (above === NONE) this.root = node;
    else {
      const side = this.left[above - this.#capacity] === old ? this.left : this.right;
      side[above - this.#capacity] = node;
    }
  }

  #addTo(node: number, sign: 1 | -1): void {
    for (let up = node; up !== NONE; up = this.parent[up]) this.mass[up] += sign;
  }

  #newLeaf(point: Float64Array): number {
    const leaf = this.mass.indexOf(0);
    this.mass[leaf] = 1;
    this.points.set(point, leaf * this.#dimensions);
    return leaf;
  }

  #freeInner(): number {
    return this.mass.indexOf(0, this.#capacity);
  }

  #boxFrom(node: number): void {
    for (let up = node; up !== NONE; up = this.parent[up]) this.#boxInner(up);
  }

  #boxInner(node: number): void {
    const left = this.left[node - this.#capacity];
    const right = this.right[node - this.#capacity];
    const [a, b, box] = [this.#boxOf(left), this.#boxOf(right), this.#boxOf(node)];
    for (let d = 0; d < this.#dimensions; d++) {
      this.#low[box + d] = Math.min(this.#lowsOf(left)[a + d], this.#lowsOf(right)[b + d]);
      this.#high[box + d] = Math.max(this.#highsOf(left)[a + d], this.#highsOf(right)[b + d]);
    }
  }

  /** Where a node's box begins in its arrays. */
  #boxOf(node: number): number {
    return (node < this.#capacity ? node : node - this.#capacity) * this.#dimensions;
  }

  #lowsOf(node: number): Float64Array {
    return node < this.#capacity ? this.points : this.#low;
  }

  #highsOf(node: number): Float64Array {
    return node < this.#capacity ? this.points : this.#high;
  }
}
