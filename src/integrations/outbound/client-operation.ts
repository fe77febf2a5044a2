import type { GoldenSignals } from "../../instruments/golden-signals.js";
import type { HistogramSeries } from "../../instruments/histogram.js";

/** Statuses and error types told apart per operation: the other side chooses them. */
const MAX_OUTCOMES = 32;
const OTHER = "_OTHER";
const FIRST_ERROR = 400;

/** The signals of one method on one host and template, and its outcomes. */
export class ClientOperation {
  /** Calls under way that count in `signals.inFlight`. */
  open = 0;
  private readonly byStatus = new Map<number, HistogramSeries>();
  private readonly byType = new Map<string, HistogramSeries>();
  private abortedSeries: HistogramSeries | undefined;
  private otherAnswer: HistogramSeries | undefined;

  constructor(readonly signals: GoldenSignals) {}

  /** Whether it is not shown: its series have expired, and nothing is under way. */
  get isIdle(): boolean {
    return this.open === 0 && !this.signals.isListed;
  }

  /** Hot path: one look-up by a small integer and one record. */
  answered(status: number, durationMs: number): void {
    const series = this.byStatus.get(status) ?? this.firstAnswer(status);
    series.record(durationMs);
  }

  failed(type: string, durationMs: number): void {
    const series = this.byType.get(type) ?? this.firstFailure(type);
    series.record(durationMs);
  }

  aborted(durationMs: number): void {
    this.abortedSeries ??= this.signals.outcome("aborted", "", { "auspex.outcome": "aborted" });
    this.abortedSeries.record(durationMs);
  }

  private firstAnswer(status: number): HistogramSeries {
    const type = String(status);
    if (this.byStatus.size >= MAX_OUTCOMES) {
      if (status >= FIRST_ERROR) return this.byType.get(OTHER) ?? this.firstFailure(OTHER);
      this.otherAnswer ??= this.signals.outcome("ok", "");
      return this.otherAnswer;
    }
    const code = { "http.response.status_code": status };
    const series =
      status >= FIRST_ERROR
        ? this.signals.outcome("error", type, { ...code, "error.type": type })
        : this.signals.outcome("ok", "", code);
    this.byStatus.set(status, series);
    return series;
  }

  private firstFailure(given: string): HistogramSeries {
    const type = this.byType.size < MAX_OUTCOMES ? given : OTHER;
    let series = this.byType.get(type);
    if (series === undefined) {
      series = this.signals.outcome("error", type, { "error.type": type });
      this.byType.set(type, series);
    }
    return series;
  }
}
