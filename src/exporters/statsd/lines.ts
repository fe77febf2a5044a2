import type { MetricBatch, MetricData } from "../../snapshot/batch.js";

export type Point = MetricData["points"][number];

/** One dialect. Pure but for caches. */
export interface Encoder {
  /** A new batch begins. */
  begin(batch: MetricBatch): void;
  /**
   * Lines of one point, without newlines at their ends; a line may be a group of lines that must stay
   * together. A counter without news has none.
   * @returns undefined when the point cannot be told: its value is not finite, its name is taken, or a
   *   line is longer than a datagram
   */
  lines(metric: MetricData, point: Point): readonly string[] | undefined;
}

/**
 * Packs values of one name into as few lines as there may be: `head a:b:c tail`.
 *
 * @param pieces - ASCII
 * @param maxBytes - longest line
 * @returns whether all of them fitted
 */
export function pack(
  head: string,
  pieces: readonly string[],
  tail: string,
  maxBytes: number,
  into: string[],
): boolean {
  const fixed = Buffer.byteLength(head) + Buffer.byteLength(tail);
  let line = "";
  for (const piece of pieces) {
    if (fixed + piece.length > maxBytes) return false;
    if (line === "") line = piece;
    else if (fixed + line.length + 1 + piece.length <= maxBytes) line += `:${piece}`;
    else {
      into.push(head + line + tail);
      line = piece;
    }
  }
  if (line !== "") into.push(head + line + tail);
  return true;
}

/** Gauges of one batch: a second one of the same name would only overwrite the first. */
export class TakenNames {
  readonly #names = new Set<string>();

  clear(): void {
    this.#names.clear();
  }

  /** @returns whether the name was free */
  take(name: string): boolean {
    const before = this.#names.size;
    return this.#names.add(name).size > before;
  }
}
