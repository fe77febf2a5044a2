export { BURN_RATES, type BurnRate, type BurnStatus, FAST_BURN } from "./burn-rate.js";
export type { ErrorBudget } from "./error-budget.js";
export type { Events } from "./objective.js";
export { type SloOptions, SloOptionsError } from "./options.js";
export type { ReportDay, SloReport, Spending } from "./report.js";
export type { TargetReview } from "./review.js";
export type {
  CounterSelector,
  OperationSelector,
  SliOption,
  SnapshotSource,
} from "./sli.js";
export { Slo, type SloStatus, slo } from "./slo.js";
export type { Calendar } from "./window.js";
