import type { Accumulator } from "../histogram/accumulator.js";
import type { GoldenSignals } from "../instruments/golden-signals.js";
import type { HistogramSeries } from "../instruments/histogram.js";
import type { Instrument, Series } from "../instruments/instrument.js";
import type { Block } from "../window/block.js";
import type { Scratch } from "../window/merge-job.js";

/** Every series of an instrument, the overflow series last. */
export function* allSeries<S extends Series>(instrument: Instrument<S>): Generator<S> {
  yield* instrument.series.values();
  if (instrument.overflow !== undefined) yield instrument.overflow;
}

/** Signals nobody asked for that never had anything: the unmatched route of a server without 404s, say. */
export function isUnused({ operation, outcomes, inFlight }: GoldenSignals): boolean {
  return operation === undefined && outcomes.length === 0 && inFlight === 0;
}

/**
 * Adds a series' values in `blocks` and in the open interval to the accumulator of its layout.
 * @returns that accumulator; whoever calls must `take` or `drain` it before it is used for another
 */
export function mergeSeries(
  scratch: Scratch,
  blocks: readonly Block[],
  series: HistogramSeries,
): Accumulator {
  const accumulator = scratch.for(series.layout);
  if (series.id < 0) return accumulator;
  for (const block of blocks) block.addTo(accumulator, series.id);
  accumulator.addOpen(series);
  return accumulator;
}
