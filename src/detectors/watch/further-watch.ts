import { guardedCall } from "../../diag/guarded-call.js";
import type { OperationSnapshot } from "../../snapshot/model.js";
import type { Detector, ObservationContext, Verdict } from "../detector.js";
import { judged, savedBy } from "../rules/foreign.js";
import { FIGURES, type Figure, figureOf } from "./figures.js";
import type { Finding, SignalWatch } from "./finding.js";

/** One operation in the window of a detector. */
export interface FigureWindow {
  readonly timeMs: number;
  readonly operation: OperationSnapshot;
}

const NOTHING: Verdict = { score: 0, anomalous: false, warmingUp: true };
/** What a larger state holds is learned anew after a restart. */
const MOST_CHARACTERS = 65_536;

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
    return this.#verdict.score;
  }

  get isAlarming(): boolean {
    return this.score >= 0.5;
  }

  look({ operation, timeMs }: FigureWindow): number {
    this.#value = figureOf(operation, this.figure);
    const context = contextOf(operation);
    this.#verdict = judged(this.detector, this.#value, timeMs, context, this.tally);
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
    const state = savedBy(this.detector);
    return JSON.stringify(state).length > MOST_CHARACTERS ? null : state;
  }

  restore(state: unknown): void {
    if (state === undefined || state === null) return;
    guardedCall(() => this.detector.restore(state), this.tally);
  }
}

/** Inputs are read only where a composite asks for them. */
function contextOf(operation: OperationSnapshot): ObservationContext {
  const { traffic, errors, latency } = operation;
  return {
    count: traffic.count,
    errors: errors.count,
    histogram: latency.histogram,
    get inputs() {
      return Object.fromEntries(FIGURES.map((figure) => [figure, figureOf(operation, figure)]));
    },
  };
}
