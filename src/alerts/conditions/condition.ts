import type { Severity } from "../../snapshot/events.js";
import type { Snapshot } from "../../snapshot/model.js";
import type { WindowName } from "../../window/rolling-window.js";
import type { Matcher, Matchers } from "../matcher.js";

/** Beyond which value it is too much, or too little. Give one of `above` and `below`. */
export interface Threshold {
  /** Fires while the value is larger. */
  readonly above?: number;
  /** Fires while the value is smaller. */
  readonly below?: number;
  /** Once it fires, the value must come back to this one. @default the threshold itself */
  readonly resolveAt?: number;
}

/** Which series; each is an alert of its own. */
export interface Selection {
  /** Name of the operation. @default all */
  readonly operation?: Matcher;
  /** Values of its attributes. @default any */
  readonly attributes?: Matchers;
  /** @default "1m" */
  readonly window?: WindowName;
}

/** Latency of what did not fail, in ms. */
export interface LatencyCondition extends Threshold, Selection {
  readonly signal: "latency";
  /** 0 … 100. @default 99 */
  readonly percentile?: number;
  /** Fewer requests in the window are too few to judge: the data is missing. @default 10 */
  readonly minCount?: number;
}

/** Errors ÷ traffic, 0 … 1. */
export interface ErrorsCondition extends Threshold, Selection {
  readonly signal: "errors";
  /** Fewer requests in the window are too few to judge: the data is missing. @default 10 */
  readonly minCount?: number;
}

/** Requests a second. */
export interface TrafficCondition extends Threshold, Selection {
  readonly signal: "traffic";
}

/** Something that can run full; `saturation` is its name. */
export interface SaturationCondition extends Threshold, Omit<Selection, "operation"> {
  readonly saturation: Matcher;
  /** Its last sample as a share of its limit, or in its own unit; mean or largest of the window. @default "saturation" */
  readonly of?: "saturation" | "value" | "mean" | "max";
}

/** A gauge of the application; `gauge` is its name. */
export interface GaugeCondition extends Threshold, Omit<Selection, "operation"> {
  readonly gauge: Matcher;
  /** @default "value" */
  readonly of?: "value" | "mean" | "min" | "max";
}

/** A counter of the application, per second; `counter` is its name. */
export interface CounterCondition extends Threshold, Omit<Selection, "operation"> {
  readonly counter: Matcher;
}

/** What a detector calls unusual. */
export interface AnomalyCondition {
  readonly anomaly: {
    readonly operation?: Matcher;
    readonly attributes?: Matchers;
    readonly signal?: Matcher;
    /** This one or worse. @default "info" */
    readonly severity?: Severity;
  };
}

/** An error budget that burns too fast. */
export interface SloCondition {
  /** Its name, known from the `alert` events of SLOs; or the SLO itself. */
  readonly slo: Matcher | BurnSource;
  /** This one or worse. @default "info" */
  readonly severity?: Severity;
}

/** Something that will be full before long, if it goes on as it did. */
export interface ForecastCondition {
  readonly forecast: {
    readonly saturation: Matcher;
    readonly attributes?: Matchers;
    readonly withinMs: number;
  };
}

/** All at once. Conditions on operations are joined by operation; of any other one, some series must hold. */
export interface AllOfCondition {
  readonly allOf: readonly Condition[];
}

export interface AnyOfCondition {
  readonly anyOf: readonly Condition[];
}

export interface NotCondition {
  readonly not: Condition;
}

/**
 * Whether to fire, or how much: a number fires unless it is 0, and is the value of the alert. What throws,
 * answers NaN, nothing or a promise, is missing data. Sees the last minute.
 */
export type CustomCondition = (snapshot: Snapshot) => boolean | number;

/** When a rule fires. */
export type Condition =
  | LatencyCondition
  | ErrorsCondition
  | TrafficCondition
  | SaturationCondition
  | GaugeCondition
  | CounterCondition
  | AnomalyCondition
  | SloCondition
  | ForecastCondition
  | AllOfCondition
  | AnyOfCondition
  | NotCondition
  | CustomCondition;

/** What one burn rate of an SLO shows now. */
export interface Burn {
  readonly severity: Severity;
  /** Times as fast as allowed from which it is told. */
  readonly factor: number;
  /** Times as fast as allowed now, over its long window. */
  readonly long: number;
  readonly firing: boolean;
}

/** An SLO as alerts see it: what `slo(…)` answers is one. */
export interface BurnSource {
  readonly name: string;
  /** How it stands. Guarded: what it throws is missing data. */
  status(): { readonly burn: readonly Burn[] };
}
