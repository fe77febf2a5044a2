import type { Severity } from "../snapshot/events.js";
import type { AttributesData } from "../snapshot/model.js";

/** Requests that an alert is of: so many of all of their kind in this process. */
export interface Affected {
  readonly count: number;
  readonly of: number;
  /** They are calls that the service makes, not requests to it. */
  readonly outgoing: boolean;
}

/** An alert that fires, as one process sees it. Plain data, handed from process to process. */
export interface FiringAlert {
  readonly key: string;
  readonly rule: string;
  readonly severity: Severity;
  /** Which series: `seriesKey` of operation and attributes. */
  readonly series: string;
  readonly operation: string;
  readonly attributes: AttributesData;
  readonly signal: string;
  readonly unit: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value?: number;
  readonly threshold?: number;
  readonly reason: string;
  /** Steady ms: since when it fires, and since when what it fires for has been so. */
  readonly sinceMs: number;
  readonly beganMs: number;
  readonly cooldownMs: number;
  readonly affected?: Affected;
  /** Of a budget: the operation that spends it. Undefined: any may. */
  readonly spentBy?: string;
}
