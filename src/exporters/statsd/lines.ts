import type { MetricBatch, MetricData } from "../../snapshot/batch.js";
import { decimal, rounded } from "./numbers.js";

export type Point = MetricData["points"][number];

/** One dialect. Pure but for caches. */
export interface Encoder {
  /** A new batch begins. */
  begin(batch: MetricBatch): void;
  /** A counter without news has no lines. */
  encode(metric: MetricData, point: Point): Encoded;
}

/** One point. */
export interface Encoded {
  /** Without newlines at their ends; a line may be a group of lines that must stay together. */
  readonly lines: readonly string[];
  /** Whether some of it cannot be told: it is not finite, its name is taken, a line is longer than a datagram. */
  readonly lost: boolean;
}

/** Writes the lines of one point. */
export class LineWriter implements Encoded {
  readonly lines: string[] = [];
  lost = false;

  /**
   * @param maxBytes - longest line
   * @param taken - names of this batch that only one line may have: a second one would overwrite it
   */
  constructor(
    private readonly maxBytes: number,
    private readonly taken: Set<string>,
  ) {}

  /** @param soleName - what no other line of the batch may have; none where the server adds lines up */
  number(head: string, value: number, tail: string, soleName?: string): void {
    const line = Number.isFinite(value) ? head + decimal(rounded(value)) + tail : undefined;
    const isTaken = soleName !== undefined && this.taken.has(soleName);
    if (line === undefined || isTaken || Buffer.byteLength(line) > this.maxBytes) {
      this.lost = true;
      return;
    }
    if (soleName !== undefined) this.taken.add(soleName);
    this.lines.push(line);
  }

  /**
   * Packs values into as few lines as there may be: `head a:b:c tail`. Where one does not fit, the point
   * has no lines at all: a part of a distribution is another distribution.
   *
   * @param pieces - ASCII
   * @returns whether all of them fitted
   */
  values(head: string, pieces: readonly string[], tail: string): boolean {
    const fixed = Buffer.byteLength(head) + Buffer.byteLength(tail);
    const all = pieces.join(":");
    if (fixed + all.length <= this.maxBytes) {
      if (all !== "") this.lines.push(head + all + tail);
      return true;
    }
    let line = "";
    for (const piece of pieces) {
      if (fixed + piece.length > this.maxBytes) {
        this.lines.length = 0;
        this.lost = true;
        return false;
      }
      if (line === "") line = piece;
      else if (fixed + line.length + 1 + piece.length <= this.maxBytes) line += `:${piece}`;
      else {
        this.lines.push(head + line + tail);
        line = piece;
      }
    }
    if (line !== "") this.lines.push(head + line + tail);
    return true;
  }
}
