import type { Series } from "../series.js";
import { copyOf, within } from "../within.js";
import { duration, figure, instant } from "../words.js";
import { type Forecast, type ForecastOptions, forecast } from "./forecast.js";
import { type Reach, reachOf } from "./reach.js";

const MONTH_MS = 30 * 86_400_000;
/** From here on demand may be cut off: what does not fit is not seen. */
const FULL = 0.98;

export interface CapacityOptions extends Omit<ForecastOptions, "max"> {
  /** How far ahead is planned, in ms. @default 2_592_000_000, 30 days */
  readonly horizonMs?: number;
  /** What there is now, in the unit of the series. @default 1, of a saturation */
  readonly capacity?: number;
  /** Share of the capacity that the predicted peak is to take up, above 0 to 1. @default 0.7 */
  readonly target?: number;
  /** Share of the capacity that counts as full. @default 0.9 */
  readonly full?: number;
}

/** What there is, what it will take, and when it is full. */
export interface CapacityPlan {
  readonly capacity: number;
  readonly current: number;
  /** The predicted peak, its upper bound, and when; NaN when too little is known. */
  readonly peak: { readonly expected: number; readonly upper: number; readonly timeMs: number };
  /** Capacity at which the upper bound of the peak takes up the target. */
  readonly recommended: number;
  /** `recommended` ÷ `capacity`: above 1 it takes more, below 1 there is room. */
  readonly factor: number;
  readonly full: Reach;
  /** In words. */
  readonly reason: string;
}

/**
 * Predicted peak and recommended capacity of whatever can run full. Give peaks rather than means where both
 * are known. Costs a forecast. Never throws.
 */
export function planCapacity(series: Series, options?: CapacityOptions): CapacityPlan {
  const { horizonMs = MONTH_MS, ...rest } = copyOf(options);
  return planOf(forecast(series, { ...rest, horizonMs }), rest);
}

/** The plan that a forecast, made without `max`, leads to. */
export function planOf(foreseen: Forecast, options?: CapacityOptions): CapacityPlan {
  const { unit = "1", ...given } = copyOf(options);
  const capacity = within(given.capacity, 1, Number.MIN_VALUE, Number.MAX_VALUE);
  const target = within(given.target, 0.7, 0.01, 1);
  const fullAt = within(given.full, 0.9, 0.01, 1);
  const { points, current } = foreseen;
  const full = reachOf(foreseen, fullAt * capacity, "up", unit);
  if (points.length === 0) {
    const peak = { expected: Number.NaN, upper: Number.NaN, timeMs: Number.NaN };
    const unknown = { peak, recommended: Number.NaN, factor: Number.NaN };
    return { capacity, current, ...unknown, full, reason: foreseen.reason };
  }
  const top = points.reduce((best, point) => (point.upper > best.upper ? point : best));
  const expected = points.reduce((most, point) => Math.max(most, point.expected), 0);
  const recommended = top.upper / target;
  const factor = recommended / capacity;
  const horizon = duration((points.at(-1)?.timeMs ?? 0) - foreseen.asOfMs);
  const sentences = [
    `predicted peak within ${horizon}: ${figure(expected, unit)}, at most ${figure(top.upper, unit)} (${instant(top.timeMs)})`,
    `${figure(factor)} × today's capacity keeps it at ${figure(target, "1")}`,
    full.reason,
  ];
  if (current >= FULL * capacity) {
    sentences.push("it is full now, so what did not fit is not in these figures");
  }
  const peak = { expected, upper: top.upper, timeMs: top.timeMs };
  return { capacity, current, peak, recommended, factor, full, reason: sentences.join("; ") };
}
