import { guardedCall } from "../diag/guarded-call.js";
import { readFields } from "../diag/read-fields.js";
import type { CallbackTally } from "./guarded-read.js";

/** The trace that the work under way belongs to. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

/** Traced values kept of one series. */
const KEPT = 4;
/** After this long any newer value is worth more. */
const FRESH_MS = 60_000;

interface Slot {
  value: number;
  timeMs: number;
  traceId: string;
  spanId: string;
}

/**
 * Values of one series with the traces they were recorded in: fixed slots, made at the first one.
 *
 * What is offered is chosen by the series: see `HistogramSeries.noted`.
 */
export class Exemplars {
  readonly #slots: Slot[] = [];

  /** The smallest makes room, or one that is stale; what is smaller than all goes by. */
  add(value: number, timeMs: number, { traceId, spanId }: TraceContext): void {
    if (this.#slots.length < KEPT) {
      this.#slots.push({ value, timeMs, traceId, spanId });
      return;
    }
    const slot = this.#least(timeMs);
    if (value < slot.value && timeMs - slot.timeMs <= FRESH_MS) return;
    slot.value = value;
    slot.timeMs = timeMs;
    slot.traceId = traceId;
    slot.spanId = spanId;
  }

  #least(now: number): Slot {
    let least = this.#slots[0];
    for (const slot of this.#slots) {
      if (now - slot.timeMs > FRESH_MS) return slot;
      if (slot.value < least.value) least = slot;
    }
    return least;
  }

  /**
   * Those not older than `since`, oldest first.
   * @param per - recorded units per unit of the answer
   */
  since(since: number, per: number): readonly Readonly<Slot>[] {
    return this.#slots
      .filter(({ timeMs }) => timeMs >= since)
      .sort((a, b) => a.timeMs - b.timeMs)
      .map((slot) => Object.freeze({ ...slot, value: slot.value / per }));
  }
}

export interface TraceSourceOptions {
  /** false: none are kept; a function: where an application keeps its own traces. */
  readonly exemplars: boolean | (() => TraceContext | undefined);
  /** `OTEL_METRICS_EXEMPLAR_FILTER`: `trace_based` unless it is `always_on` or `always_off`. */
  readonly exemplarFilter?: string;
  readonly wall: () => number;
  readonly tally: CallbackTally;
}

/** Where traces come from, asked only for values that are worth one. */
export class TraceSource {
  /** Whether anything could answer at all; looked at once per interval. */
  isOn = false;
  readonly #ask: (() => TraceContext | undefined) | undefined;
  readonly #onlySampled: boolean;

  readonly #isForeign: boolean;
  readonly #wall: () => number;
  readonly #tally: CallbackTally;

  constructor({ exemplars, exemplarFilter, wall, tally }: TraceSourceOptions) {
    this.#wall = wall;
    this.#tally = tally;
    this.#onlySampled = exemplarFilter !== "always_on";
    this.#isForeign = typeof exemplars === "function";
    if (exemplars !== false && exemplarFilter !== "always_off") {
      this.#ask = typeof exemplars === "function" ? exemplars : () => this.#openTelemetry();
    }
    this.refresh();
  }

  /** Called once per interval: an application may set OpenTelemetry up after us. */
  refresh(): void {
    this.isOn = this.#ask !== undefined && (this.#isForeign || openTelemetry() !== undefined);
  }

  /** Keeps a value with the trace under way, if there is one. Never throws. */
  keep(value: number, into: Exemplars): void {
    const trace = this.#ask && guardedCall(this.#ask, this.#tally);
    if (trace === undefined) return;
    const { traceId, spanId } = readFields(trace, ["traceId", "spanId"], () => {
      this.#tally.callbackErrors++;
    });
    if (typeof traceId !== "string" || typeof spanId !== "string") return;
    if (TRACE_ID.test(traceId) && SPAN_ID.test(spanId)) {
      into.add(value, this.#wall(), { traceId, spanId });
    }
  }

  #openTelemetry(): TraceContext | undefined {
    const span = openTelemetry()?.active().getValue(SPAN_KEY) as Span | undefined;
    const context = span?.spanContext();
    if (context === undefined || (this.#onlySampled && (context.traceFlags & 1) === 0)) return;
    return context;
  }
}

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

interface Span {
  spanContext(): TraceContext & { readonly traceFlags: number };
}

interface ContextManager {
  active(): { getValue(key: symbol): unknown };
}

// Both are names that `@opentelemetry/api` 1.x shares among its copies: read so, it need not be installed.
const API = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

function openTelemetry(): ContextManager | undefined {
  return (globalThis as { [API]?: { context?: ContextManager } })[API]?.context;
}
