import { type Attributes, joinAttributes } from "../../attributes/attributes.js";
import type { HistogramInstrument } from "../../instruments/family.js";
import type { GoldenSignals, Outcome } from "../../instruments/golden-signals.js";
import { type HistogramSeries, makeSeries } from "../../instruments/histogram.js";
import { OVERFLOW } from "../../instruments/instrument.js";
import { keepOnly } from "../../instruments/view.js";
import { Distribution } from "./distribution.js";

/** Most `error.type` values told apart for one operation; later ones become `_OTHER`. */
const MAX_TYPES = 32;
const OTHER = "_OTHER";

/**
 * Records one operation of an agent, by outcome: its in-flight count is that of its signals.
 *
 * Beside `Operation` because the type of a failure need not come from an error: an HTTP status, the
 * answer of a tool.
 */
export class Work {
  #ok: Distribution | undefined;
  #aborted: Distribution | undefined;
  readonly #failed = new Map<string, Distribution>();

  constructor(
    readonly signals: GoldenSignals,
    private readonly twin: HistogramInstrument | undefined,
  ) {}

  succeeded(durationMs: number): void {
    this.#ok ??= this.#outcome("ok", "");
    this.#ok.record(durationMs);
  }

  aborted(durationMs: number): void {
    this.#aborted ??= this.#outcome("aborted", "", { "auspex.outcome": "aborted" });
    this.#aborted.record(durationMs);
  }

  /** @param type - `error.type` */
  failed(type: string, durationMs: number): void {
    (this.#failed.get(type) ?? this.#firstFailure(type)).record(durationMs);
  }

  #firstFailure(given: string): Distribution {
    const type = this.#failed.size < MAX_TYPES ? given : OTHER;
    let failed = this.#failed.get(type);
    if (failed === undefined) {
      failed = this.#outcome("error", type, { "error.type": type });
      this.#failed.set(type, failed);
    }
    return failed;
  }

  #outcome(outcome: Outcome, type: string, extra?: Attributes): Distribution {
    const { signals } = this;
    return new Distribution(signals.outcome(outcome, type, extra), this.#twin(extra));
  }

  #twin(extra?: Attributes): HistogramSeries | undefined {
    if (this.twin === undefined) return undefined;
    const { shared, view } = this.twin;
    const { attributes } = this.signals;
    if (attributes === OVERFLOW) return makeSeries(shared, OVERFLOW);
    return makeSeries(shared, keepOnly(joinAttributes(attributes, extra), view.keep));
  }
}
