import type { Attributes } from "../../attributes/attributes.js";
import type { HistogramInstrument } from "../../instruments/family.js";
import { type HistogramSeries, makeSeries } from "../../instruments/histogram.js";
import { histogramRange } from "../../instruments/histogram-range.js";
import { OVERFLOW } from "../../instruments/instrument.js";
import type { Registry } from "../../instruments/registry.js";

/** A stream may last for a week, and nobody asks for its microseconds. */
const STREAM_RANGE = { lowest: 0.001, highest: 7 * 86_400 };

/** The instruments beside the duration; each is made with its first series. */
export class BodyMetrics {
  #streams: HistogramInstrument | undefined;
  #requests: HistogramInstrument | undefined;
  #responses: HistogramInstrument | undefined;

  constructor(private readonly registry: Registry) {}

  /** Lifetimes of streams, recorded in milliseconds. */
  stream(attributes: Attributes): HistogramSeries {
    this.#streams ??= this.#instrument("auspex.http.server.stream.duration", "s", STREAM, 1000);
    return this.#series(this.#streams, attributes);
  }

  requestSize(attributes: Attributes): HistogramSeries {
    this.#requests ??= this.#instrument("http.server.request.body.size", "By", REQUEST, 1);
    return this.#series(this.#requests, attributes);
  }

  responseSize(attributes: Attributes): HistogramSeries {
    this.#responses ??= this.#instrument("http.server.response.body.size", "By", RESPONSE, 1);
    return this.#series(this.#responses, attributes);
  }

  /** @param perUnit - recorded units in one of `unit`; they are the layout's too */
  #instrument(name: string, unit: string, description: string, perUnit: number) {
    const { registry } = this;
    const range = unit === "s" ? STREAM_RANGE : {};
    const { layout } = histogramRange({ name, unit }, range, registry.diag);
    return registry.histogram({ name, kind: "histogram", unit, description }, layout, 1, perUnit);
  }

  #series(instrument: HistogramInstrument, attributes: Attributes): HistogramSeries {
    if (attributes !== OVERFLOW) return this.registry.bindHistogram(instrument, attributes);
    return instrument.admit(makeSeries(instrument.shared, OVERFLOW));
  }
}

const STREAM = "Time from the request to the end of a response that was sent in pieces.";
const REQUEST = "Size of HTTP server request bodies.";
const RESPONSE = "Size of HTTP server response bodies.";
