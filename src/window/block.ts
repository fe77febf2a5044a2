import type { Accumulator } from "../histogram/accumulator.js";
import { SparseWriter } from "../histogram/sparse.js";

/** Numbers kept of one gauge in one block: smallest, largest, sum and number of samples. */
export const GAUGE_FIELDS = 4;
export const MIN = 0;
export const MAX = 1;
export const SUM = 2;
export const WEIGHT = 3;

export interface Span {
  /** Monotonic ms, `[start, end)`. */
  readonly start: number;
  readonly end: number;
  /** Epoch ms of the same instants. */
  readonly startWall: number;
  readonly endWall: number;
}

/**
 * Everything that was recorded in one closed interval, of all series, immutable.
 *
 * Columns rather than objects: a busy second of one series is its 85 bytes and 16 of index, where an
 * object each would be 1.5 KB.
 */
export class Block implements Span {
  readonly bytes: number;

  constructor(
    readonly start: number,
    readonly end: number,
    readonly startWall: number,
    readonly endWall: number,
    /** By histogram series id: 1 + its position in `starts` and `counts`; 0 where it is absent. */
    private readonly index: Int32Array,
    readonly starts: Uint32Array,
    private readonly counts: Float64Array,
    /** Closed forms, one after the other: that at position p in `[starts[p], starts[p + 1])`. */
    readonly payload: Uint8Array,
    /** By counter id: what was added. */
    readonly counters: Float64Array,
    /** By gauge id × GAUGE_FIELDS. */
    readonly gauges: Float64Array,
  ) {
    this.bytes =
      index.byteLength +
      starts.byteLength +
      counts.byteLength +
      payload.byteLength +
      counters.byteLength +
      gauges.byteLength;
  }

  /** Histogram ids below this may be present. */
  get ids(): number {
    return this.index.length;
  }

  /** Where a series lies in `starts`; −1 where it is absent. */
  positionOf(id: number): number {
    return id < this.index.length ? this.index[id] - 1 : -1;
  }

  /** Adds the number of values of every series to `into`, or takes it off. */
  addCounts(into: Float64Array, sign: 1 | -1): void {
    const { index, counts } = this;
    for (let id = 0; id < index.length; id++) {
      const position = index[id];
      if (position !== 0) into[id] += sign * counts[position - 1];
    }
  }

  /** Number of values of a histogram series. */
  countOf(id: number): number {
    const position = id < this.index.length ? this.index[id] : 0;
    return position === 0 ? 0 : this.counts[position - 1];
  }

  addTo(accumulator: Accumulator, id: number, sign: 1 | -1 = 1): void {
    const position = this.positionOf(id);
    if (position < 0) return;
    const { payload, starts, counts } = this;
    accumulator.add(payload, starts[position], starts[position + 1], counts[position], sign);
  }

  /** Appends the closed form of a series to `out`, untouched. */
  copyTo(out: SparseWriter, id: number): void {
    const position = this.index[id];
    const from = this.starts[position - 1];
    const to = this.starts[position];
    out.reserve(to - from);
    out.bytes.set(this.payload.subarray(from, to), out.length);
    out.length += to - from;
  }
}

/** Writes the histograms of a block, one series after the other. Reused: `finish` starts anew. */
export class BlockWriter {
  readonly out = new SparseWriter(4096);
  #index = new Int32Array(64);
  /** One longer than `#counts` at least: the end of the last series stands behind its start. */
  #starts = new Uint32Array(65);
  #counts = new Float64Array(64);
  #written = 0;

  /** Says that what follows in `out`, until `end`, belongs to this series. */
  begin(id: number): void {
    if (id >= this.#index.length) this.#index = grown(this.#index, id + 1);
    const position = this.#written;
    if (position === this.#counts.length) {
      this.#counts = grown(this.#counts, position + 1);
      this.#starts = grown(this.#starts, this.#counts.length + 1);
    }
    this.#starts[position] = this.out.length;
    this.#index[id] = position + 1;
  }

  end(count: number): void {
    this.#counts[this.#written++] = count;
  }

  /** @param ids - highest histogram id + 1 */
  finish(span: Span, ids: number, counters: Float64Array, gauges: Float64Array): Block {
    this.#starts[this.#written] = this.out.length;
    const index = new Int32Array(ids);
    index.set(this.#index.subarray(0, ids));
    const block = new Block(
      span.start,
      span.end,
      span.startWall,
      span.endWall,
      index,
      this.#starts.slice(0, this.#written + 1),
      this.#counts.slice(0, this.#written),
      this.out.bytes.slice(0, this.out.length),
      counters,
      gauges,
    );
    this.#index.fill(0);
    this.#written = 0;
    this.out.reset();
    return block;
  }
}

function grown<T extends Int32Array | Uint32Array | Float64Array>(array: T, least: number): T {
  const Typed = array.constructor as new (length: number) => T;
  const larger = new Typed(Math.max(array.length * 2, least));
  larger.set(array as never);
  return larger;
}

const isAny = (): boolean => true;

/** Sums of counters over consecutive blocks. */
export function mergeCounters(
  blocks: readonly Block[],
  lives: (id: number) => boolean = isAny,
): Float64Array {
  const width = Math.max(0, ...blocks.map((block) => block.counters.length));
  const merged = new Float64Array(width);
  for (const block of blocks) {
    for (let id = 0; id < block.counters.length; id++) {
      if (lives(id)) merged[id] += block.counters[id];
    }
  }
  return merged;
}

/** Gauges over consecutive blocks. */
export function mergeGauges(
  blocks: readonly Block[],
  lives: (id: number) => boolean = isAny,
): Float64Array {
  const width = Math.max(0, ...blocks.map((block) => block.gauges.length));
  const merged = new Float64Array(width);
  for (const block of blocks) {
    for (let id = 0; id * GAUGE_FIELDS < block.gauges.length; id++) {
      if (lives(id)) mergeGauge(merged, block.gauges, id * GAUGE_FIELDS);
    }
  }
  return merged;
}

/** Folds one later gauge record of `from` into `into`, both at offset `at`. */
export function mergeGauge(into: Float64Array, from: Float64Array, at: number): void {
  if (from[at + WEIGHT] === 0) return;
  const first = into[at + WEIGHT] === 0;
  into[at + MIN] = first ? from[at + MIN] : Math.min(into[at + MIN], from[at + MIN]);
  into[at + MAX] = first ? from[at + MAX] : Math.max(into[at + MAX], from[at + MAX]);
  into[at + SUM] += from[at + SUM];
  into[at + WEIGHT] += from[at + WEIGHT];
}
