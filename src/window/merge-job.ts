import { Accumulator } from "../histogram/accumulator.js";
import type { Layout } from "../histogram/layout.js";
import { type Block, BlockWriter, mergeCounters, mergeGauges } from "./block.js";

/** Which series there are. What has expired is left out of every merge, before its id is used again. */
export interface Living {
  /** The layout of a histogram series. */
  readonly layoutOf: (id: number) => Layout | undefined;
  readonly hasCounter: (id: number) => boolean;
  readonly hasGauge: (id: number) => boolean;
}

/** One dense accumulator per layout, shared by whoever merges: it is empty between uses. */
export class Scratch {
  readonly #byLayout = new Map<Layout, Accumulator>();

  for(layout: Layout): Accumulator {
    let accumulator = this.#byLayout.get(layout);
    if (accumulator === undefined) {
      accumulator = new Accumulator(layout);
      this.#byLayout.set(layout, accumulator);
    }
    return accumulator;
  }
}

/** Merges consecutive blocks into one, some series at a time, so that no tick is long. */
export class MergeJob {
  #next = 0;
  readonly #ids: number;
  readonly #writer = new BlockWriter();

  /** @param sources - consecutive, oldest first; at least one */
  constructor(
    readonly sources: readonly Block[],
    private readonly living: Living,
    private readonly scratch: Scratch,
    /** Told the number of values of each expired series that is left out. */
    private readonly onLeftOut: (count: number) => void = () => {},
  ) {
    this.#ids = Math.max(...sources.map((block) => block.ids));
  }

  /** Merges the next series. @returns the merged block when it is whole */
  step(series: number): Block | undefined {
    const stop = Math.min(this.#ids, this.#next + series);
    for (; this.#next < stop; this.#next++) this.#merge(this.#next);
    return this.#next < this.#ids ? undefined : this.#finish();
  }

  #merge(id: number): void {
    const { sources } = this;
    let only: Block | undefined;
    let count = 0;
    let parts = 0;
    for (const block of sources) {
      const here = block.countOf(id);
      if (here === 0) continue;
      count += here;
      parts++;
      only = block;
    }
    if (only === undefined) return;
    const layout = this.living.layoutOf(id);
    if (layout === undefined) {
      this.onLeftOut(count);
      return;
    }
    const { out } = this.#writer;
    this.#writer.begin(id);
    if (parts === 1) {
      only.copyTo(out, id);
    } else {
      const accumulator = this.scratch.for(layout);
      for (const block of sources) block.addTo(accumulator, id);
      accumulator.drain(out);
    }
    this.#writer.end(count);
  }

  #finish(): Block {
    const first = this.sources[0];
    const last = this.sources[this.sources.length - 1];
    return this.#writer.finish(
      { start: first.start, end: last.end, startWall: first.startWall, endWall: last.endWall },
      this.#ids,
      mergeCounters(this.sources, this.living.hasCounter),
      mergeGauges(this.sources, this.living.hasGauge),
    );
  }
}
