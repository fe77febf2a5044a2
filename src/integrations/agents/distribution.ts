import type { HistogramSeries } from "../../instruments/histogram.js";

/** One distribution under one wire name, or under two while both are asked for. */
export class Distribution {
  constructor(
    private readonly series: HistogramSeries,
    private readonly twin: HistogramSeries | undefined,
  ) {}

  /** Hot path: one histogram write, or two. */
  record(value: number): void {
    this.series.record(value);
    if (this.twin !== undefined) this.twin.record(value);
  }
}
