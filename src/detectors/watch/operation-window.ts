import type { ClosedHistogram } from "../../histogram/closed-histogram.js";
import type { Layout } from "../../histogram/layout.js";
import type { OperationSnapshot, Snapshot } from "../../snapshot/model.js";

/** Length of the windows that operations and saturations are watched by. */
export const STEP_MS = 10_000;
/** Bins of 9 %: what is to be seen is a change of a third. */
const PER_OCTAVE = 8;
/** From a microsecond to more than an hour. */
export const BINS = 32 * PER_OCTAVE;

const tables = new WeakMap<Layout, { readonly scale: number; readonly bins: Uint8Array }>();

/** The bin of every slot of a layout whose values are in ms. */
function binsOf({ layout, scale }: ClosedHistogram): Uint8Array {
  const known = tables.get(layout);
  if (known?.scale === scale) return known.bins;
  const bins = Uint8Array.from({ length: layout.slots }, (_, slot) => {
    return binOf(layout.medianOf(slot) / scale);
  });
  tables.set(layout, { scale, bins });
  return bins;
}

export function binOf(ms: number): number {
  return Math.max(0, Math.min(BINS - 1, Math.floor(PER_OCTAVE * Math.log2(ms * 1000))));
}

/** Lowest latency of a bin, in ms. */
export function lowestIn(bin: number): number {
  return 2 ** (bin / PER_OCTAVE) / 1000;
}

/** One operation in one window, as watches see it. Reused: it is of what was read last. */
export class OperationWindow {
  /** Epoch ms of its end. */
  timeMs = 0;
  seconds = 0;
  /** All but the aborted ones. */
  requests = 0;
  errors = 0;
  successes = 0;
  /** Successes by latency bin. */
  readonly bins = new Float64Array(BINS);
  operation: OperationSnapshot | undefined;

  read(operation: OperationSnapshot, timeMs: number, seconds: number): void {
    const { latency, errors } = operation;
    this.operation = operation;
    this.timeMs = timeMs;
    this.seconds = seconds;
    this.successes = latency.count;
    this.errors = errors.count;
    this.requests = latency.count + errors.count;
    this.bins.fill(0);
    // Behind every snapshot of a monitor or a fleet is one of these.
    const histogram = latency.histogram as ClosedHistogram;
    const { bins } = this;
    const binOfSlot = binsOf(histogram);
    histogram.forEachSlot((slot, count) => {
      bins[binOfSlot[slot] as number] += count;
    });
  }

  /** Nothing happened. */
  readNothing(timeMs: number, seconds: number): void {
    this.operation = undefined;
    this.timeMs = timeMs;
    this.seconds = seconds;
    this.requests = 0;
    this.errors = 0;
    this.successes = 0;
    this.bins.fill(0);
  }
}

/** Rates divide by monotonic time; the wall clock of a snapshot may have been set within it. */
export function secondsOf({ operations }: Snapshot): number {
  const busy = operations.find(({ traffic }) => traffic.count > 0);
  return busy === undefined ? STEP_MS / 1000 : busy.traffic.count / busy.traffic.perSecond;
}
