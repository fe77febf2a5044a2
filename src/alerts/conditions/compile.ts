import { type Anomalies, anomaly } from "./anomaly.js";
import { allOf, anyOf, not } from "./composite.js";
import type { Condition } from "./condition.js";
import { custom } from "./custom.js";
import type { Evaluable } from "./evaluable.js";
import { forecast } from "./forecast.js";
import {
  counterMeasure,
  errorsMeasure,
  gaugeMeasure,
  latencyMeasure,
  type Measure,
  saturationMeasure,
  trafficMeasure,
} from "./measure.js";
import { type Burns, slo } from "./slo.js";
import { type ThresholdOn, threshold } from "./threshold.js";

/** What conditions listen to besides snapshots. */
export interface Sources {
  readonly anomalies: Anomalies;
  readonly burns: Burns;
  /** Counts foreign functions that threw. */
  readonly tally: { callbackErrors: number };
}

const MIN_COUNT = 10;

/**
 * Makes a condition ready to be asked. It has state of its own: one a rule.
 *
 * @param condition - has passed `checkCondition`
 * @param rule - its name, for the subject of a function
 */
export function compile(
  condition: Condition,
  rule: string,
  hysteresis: number,
  sources: Sources,
): Evaluable {
  const inner = (each: Condition) => compile(each, rule, hysteresis, sources);
  const on = (measure: Measure<never>, given: ThresholdOn) =>
    threshold(measure as unknown as Measure, given, hysteresis);
  if (typeof condition === "function") return custom(condition, rule, sources.tally);
  if ("signal" in condition) {
    if (condition.signal === "traffic") return on(trafficMeasure, condition);
    const gated = { ...condition, minCount: condition.minCount ?? MIN_COUNT };
    if (condition.signal === "errors") return on(errorsMeasure, gated);
    return on(latencyMeasure(condition.percentile ?? 99), gated);
  }
  if ("saturation" in condition) {
    const measure = saturationMeasure(condition.of ?? "saturation");
    return on(measure, { ...condition, operation: condition.saturation });
  }
  if ("gauge" in condition) {
    return on(gaugeMeasure(condition.of ?? "value"), { ...condition, operation: condition.gauge });
  }
  if ("counter" in condition) {
    return on(counterMeasure, { ...condition, operation: condition.counter });
  }
  if ("anomaly" in condition) return anomaly(condition, sources.anomalies);
  if ("slo" in condition) return slo(condition, sources.burns, sources.tally);
  if ("forecast" in condition) return forecast(condition);
  if ("allOf" in condition) return allOf(condition.allOf.map(inner));
  if ("anyOf" in condition) return anyOf(condition.anyOf.map(inner));
  return not(inner(condition.not));
}
