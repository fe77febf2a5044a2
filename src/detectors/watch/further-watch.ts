import type { OperationSnapshot } from "../../snapshot/model.js";
import type { Detector, Verdict } from "../detector.js";
import type { Finding, SignalWatch } from "./finding.js";
import type { Figure } from "./options.js";

/** One operation in the window of a detector. */
export interface FigureWindow {
  readonly timeMs: number;
  readonly operation: OperationSnapshot;
}

const NOTHING: Verdict = { score: 0, anomalous: false, warmingUp: true };

const UNITS: Readonly<Record<Figure, string>> = {
  p50: "ms",
  p95: "ms",
  p99: "ms",
  mean: "ms",
  traffic: "1/s",
  errorRatio: "1",
  inFlight: "{request}",
};

/** Which golden signal a figure is of. */
export const SIGNAL_OF: Readonly<Record<Figure, string>> = {
  p50: "latency",
  p95: "latency",
  p99: "latency",
  mean: "latency",
  traffic: "traffic",
  errorRatio: "errors",
  inFlight: "saturation",
};

/** A detector of the host's: whatever it does, the others go on. */
export class FurtherWatch implements SignalWatch<FigureWindow> {
  #verdict = NOTHING;
  #value = Number.NaN;

  /** @param tally - counts what the detector threw */
  constructor(
    private readonly detector: Detector,
    private readonly figure: Figure,
    private readonly tally: { callbackErrors: number },
  ) {}

  get score(): number {
    const { score } = this.#verdict;
    return score >= 0 && score <= 1 ? score : 0;
  }

  get isAlarming(): boolean {
    return this.score >= 0.5;
  }

  look({ operation, timeMs }: FigureWindow): number {
    const { traffic, errors, latency } = operation;
    this.#value = figureOf(operation, this.figure);
    const context = { count: traffic.count, errors: errors.count, histogram: latency.histogram };
    try {
      this.#verdict = this.detector.observe(this.#value, timeMs, context) ?? NOTHING;
    } catch {
      this.tally.callbackErrors++;
      this.#verdict = NOTHING;
    }
    return this.#value;
  }

  finding(): Finding {
    const { expected, lower, upper, reason, score } = this.#verdict;
    return {
      observed: this.#value,
      expected: expected ?? Number.NaN,
      ...(lower !== undefined && { lower }),
      ...(upper !== undefined && { upper }),
      unit: UNITS[this.figure],
      severity: score >= 0.9 ? "critical" : "warning",
      reason: reason ?? `${this.figure} is ${this.#value}`,
    };
  }

  affected({ operation }: FigureWindow): number {
    return operation.traffic.count;
  }

  /** It learns by itself. */
  accept(): void {}

  save(): unknown {
    try {
      return this.detector.save();
    } catch {
      this.tally.callbackErrors++;
      return undefined;
    }
  }

  restore(state: unknown): void {
    try {
      if (state !== undefined && state !== null) this.detector.restore(state);
    } catch {
      this.tally.callbackErrors++;
    }
  }
}

/** NaN, a missing value, where nothing happened that could have it. */
function figureOf(operation: OperationSnapshot, figure: Figure): number {
  const { latency, traffic, errors, inFlight } = operation;
  switch (figure) {
    case "traffic":
      return traffic.perSecond;
    case "errorRatio":
      return traffic.count === 0 ? Number.NaN : errors.ratio;
    case "inFlight":
      return inFlight;
    default:
      return latency.count === 0 ? Number.NaN : latency[figure];
  }
}
