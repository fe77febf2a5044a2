import { type Attributes, attributesKey, joinAttributes } from "../../attributes/attributes.js";
import type { GoldenSignals } from "../../instruments/golden-signals.js";
import type { HistogramSeries } from "../../instruments/histogram.js";
import { OVERFLOW } from "../../instruments/instrument.js";
import type { BodyMetrics } from "./metrics.js";

/** Status of a request whose client went away before the response was out (nginx's 499). */
const CLIENT_CLOSED = 499;

const ABORTED = { "auspex.outcome": "aborted" } as const;

/** Most sets of further attributes on one route and method. */
const MAX_ATTRIBUTE_SETS = 32;

/** Small numbers for the status codes this process has answered with, so that outcomes are an array. */
const statusIndex = new Uint16Array(1000);
let statuses = 0;

function indexOfStatus(status: number): number {
  const known = statusIndex[status];
  if (known > 0 || !(status >= 0 && status < 1000)) return known ?? 0;
  statusIndex[status] = ++statuses;
  return statuses;
}

/** One way in which requests of an operation end. */
export class Outcome {
  #requestSize: HistogramSeries | undefined;
  #responseSize: HistogramSeries | undefined;

  constructor(
    readonly duration: HistogramSeries,
    private readonly attributes: Attributes,
    private readonly metrics: BodyMetrics,
  ) {}

  /** @param requestBytes - undefined when the request did not say */
  recordSizes(requestBytes: number | undefined, responseBytes: number): void {
    const { metrics, attributes } = this;
    if (requestBytes !== undefined) {
      this.#requestSize ??= metrics.requestSize(attributes);
      this.#requestSize.record(requestBytes);
    }
    this.#responseSize ??= metrics.responseSize(attributes);
    this.#responseSize.record(responseBytes);
  }
}

/** The outcomes of one operation by status code, under one set of further attributes. */
export class Outcomes {
  private readonly byStatus: (Outcome | undefined)[] = [];
  private aborted: Outcome | undefined;

  constructor(
    readonly signals: GoldenSignals,
    protected readonly metrics: BodyMetrics,
    private readonly further?: Attributes,
  ) {}

  /** Hot path: two array reads. */
  of(status: number): Outcome {
    return this.byStatus[statusIndex[status]] ?? this.firstAnswer(status);
  }

  ofAborted(): Outcome {
    this.aborted ??= this.outcome("aborted", "", {
      "http.response.status_code": CLIENT_CLOSED,
      // A handler may answer 499 itself: that is another series.
      ...ABORTED,
    });
    return this.aborted;
  }

  private firstAnswer(status: number): Outcome {
    const code: Record<string, number> = status > 0 ? { "http.response.status_code": status } : {};
    const type = String(status);
    const outcome =
      status >= 500
        ? this.outcome("error", type, { ...code, "error.type": type })
        : this.outcome("ok", "", code);
    this.byStatus[indexOfStatus(status)] = outcome;
    return outcome;
  }

  private outcome(kind: "ok" | "error" | "aborted", type: string, own: Attributes): Outcome {
    const { signals, further } = this;
    const extra = further === undefined ? own : joinAttributes(further, own);
    const isOverflow = signals.attributes === OVERFLOW;
    const all = isOverflow ? OVERFLOW : joinAttributes(signals.attributes, extra);
    return new Outcome(signals.outcome(kind, type, extra), all, this.metrics);
  }
}

/** The signals of one method on one route. */
export class RouteOperation extends Outcomes {
  private stream: HistogramSeries | undefined;
  private cutStream: HistogramSeries | undefined;
  private sets: Map<string, Outcomes> | undefined;

  /** The outcomes under further attributes; `rest()` beyond the limit. */
  under(further: Attributes, rest: () => Outcomes): Outcomes {
    const key = attributesKey(further);
    if (key === "") return this;
    this.sets ??= new Map();
    let outcomes = this.sets.get(key);
    if (outcomes === undefined) {
      if (this.sets.size >= MAX_ATTRIBUTE_SETS) return rest();
      outcomes = new Outcomes(this.signals, this.metrics, further);
      this.sets.set(key, outcomes);
    }
    return outcomes;
  }

  streamEnded(lifetimeMs: number): void {
    this.stream ??= this.metrics.stream(this.signals.attributes);
    this.stream.record(lifetimeMs);
  }

  streamAborted(lifetimeMs: number): void {
    const { attributes } = this.signals;
    const all = attributes === OVERFLOW ? OVERFLOW : joinAttributes(attributes, ABORTED);
    this.cutStream ??= this.metrics.stream(all);
    this.cutStream.record(lifetimeMs);
  }
}
