export type { ActiveAlert } from "./active.js";
export { Alerts, alerts } from "./alerts.js";
export type { Acknowledgement, Comment, Quiet, QuietKind } from "./case.js";
export type {
  AllOfCondition,
  AnomalyCondition,
  AnyOfCondition,
  Burn,
  BurnSource,
  Condition,
  CounterCondition,
  CustomCondition,
  ErrorsCondition,
  ForecastCondition,
  GaugeCondition,
  LatencyCondition,
  NotCondition,
  SaturationCondition,
  Selection,
  SloCondition,
  Threshold,
  TrafficCondition,
} from "./conditions/condition.js";
export { DEFAULT_RULES } from "./default-rules.js";
export type { HistoryEntry } from "./history.js";
export type { Marker } from "./incident/markers.js";
export type { Matcher, Matchers } from "./matcher.js";
export {
  type DigestPart,
  type Notice,
  type NoticeAlert,
  type NoticeCause,
  type NoticeIncident,
  type NoticeLink,
  type Notifier,
  NotifyError,
  type NotifyErrorOptions,
} from "./notice.js";
export {
  type AlertmanagerOptions,
  alertmanager,
  type ConsoleNotifierOptions,
  consoleNotifier,
  type DogstatsdNotifierOptions,
  dogstatsdNotifier,
  type EventSender,
  NotifierOptionsError,
  type PagerDutyOptions,
  type Publisher,
  pagerDuty,
  type RedisNotifierOptions,
  redisNotifier,
  SIGNATURE_HEADER,
  type SlackOptions,
  slack,
  verifySignature,
  type WebhookOptions,
  webhook,
} from "./notifiers/index.js";
export type {
  AlertRule,
  AlertsOptions,
  Escalation,
  FatigueOptions,
  FlapOptions,
  Inhibition,
  Link,
  Maintenance,
  MaintenanceOnce,
  MaintenanceWeekly,
  Route,
  RouteSettings,
  SilenceOptions,
  Weekday,
} from "./options.js";
export type { QualityFigures, RuleQuality } from "./quality.js";
export {
  type RecordedStep,
  type ReplayedFiring,
  type RuleReplay,
  testRules,
} from "./replay.js";
export { AlertsOptionsError } from "./resolve-options.js";
export type { Silence } from "./silence.js";
