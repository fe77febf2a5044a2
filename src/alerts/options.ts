import type { Severity } from "../snapshot/events.js";
import type { Condition } from "./conditions/condition.js";
import type { Matchers } from "./matcher.js";
import type { Notifier } from "./notice.js";

/** When to fire, and what to say. Each series that fits is an alert of its own. */
export interface AlertRule {
  /** Unique. It is part of the alert's key: a new name is a new alert. */
  readonly name: string;
  /** @default that of the anomaly or of the burning SLO, else "warning" */
  readonly severity?: Severity;
  readonly when: Condition;
  /** How long it must hold before it fires, ms; until then it is pending. @default 0 */
  readonly forMs?: number;
  /** How long it must be over before it is resolved, ms. @default 0 */
  readonly keepFiringMs?: number;
  /** Share of a threshold by which the value must come back, where no `resolveAt` says so; 0 … 1. @default 0 */
  readonly hysteresis?: number;
  /** Firing again so soon after it was resolved is not told, ms; it is when it still fires then. @default 0 */
  readonly cooldownMs?: number;
  /** What to make of a series without data: it is fine, it fires, or it stays as it was. @default "ok" */
  readonly missing?: "ok" | "firing" | "keep";
  /** Added to those of the series. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Texts for people, with `{{operation}}`, `{{value}}`, `{{threshold}}`, `{{severity}}`, `{{rule}}`,
   * `{{service}}`, or the name of a label. `summary` becomes the alert's reason; `…_url` become links.
   */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Who is told again when nobody has acknowledged. */
export interface Escalation {
  /** After the first notice, ms. */
  readonly afterMs: number;
  /** Names of notifiers. */
  readonly notifiers: readonly string[];
}

/** How notices go out. What is left out is taken from the route around it. */
export interface RouteSettings {
  /** Names of notifiers. @default all */
  readonly notifiers?: readonly string[];
  /** Labels that the alerts of one notice share; `incident` is one of them. @default ["incident"] */
  readonly groupBy?: readonly string[];
  /**
   * From the first alert of a group to its notice, so that what belongs together comes together; and from
   * the end of the last to the notice of that, ms.
   * @default 10_000; 300_000 to the first notice while nothing is critical
   */
  readonly groupWaitMs?: number;
  /** Between a notice and the next about further alerts of the group, ms. @default 900_000 */
  readonly groupIntervalMs?: number;
  /**
   * Between two notices while nothing changes and nobody has acknowledged, ms.
   * @default 14_400_000 while something critical fires, else a day
   */
  readonly repeatIntervalMs?: number;
  /** @default true */
  readonly sendResolved?: boolean;
  /** In order of their times. @default [] */
  readonly escalate?: readonly Escalation[];
}

/** Where alerts go that fit; the first one that fits takes them. */
export interface Route extends RouteSettings {
  /** Labels; `severity`, `alertname`, `service` and `operation` among them. @default all alerts */
  readonly match?: Matchers;
  /** Asks the routes after it as well. @default false */
  readonly continue?: boolean;
  /** Inner routes; alerts that fit none of them stay here. */
  readonly routes?: readonly Route[];
}

/** While an alert that fits `source` fires, those that fit `target` are not told of. */
export interface Inhibition {
  readonly source: Matchers;
  readonly target: Matchers;
  /** Labels that must be the same on both. @default [] */
  readonly equal?: readonly string[];
}

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

interface MaintenanceInfo {
  /** @default "maintenance" */
  readonly name?: string;
  /** Which alerts. @default all */
  readonly match?: Matchers;
}

/** Once, at an instant. */
export interface MaintenanceOnce extends MaintenanceInfo {
  /** Epoch ms. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Every week, by the clock on the wall. In the night in which that clock jumps, the window is never
 * shorter than on other nights.
 */
export interface MaintenanceWeekly extends MaintenanceInfo {
  /** Days on which it begins. @default all */
  readonly weekdays?: readonly Weekday[];
  /** `"22:00"` */
  readonly from: string;
  /** `"04:00"`; not after `from`: of the next day. */
  readonly until: string;
  /** IANA. @default "UTC" */
  readonly timeZone?: string;
}

export type Maintenance = MaintenanceOnce | MaintenanceWeekly;

/** Alerts that nobody wants to hear of for a while. */
export interface SilenceOptions {
  /** At least one. */
  readonly matchers: Matchers;
  /** Epoch ms. */
  readonly untilMs: number;
  /** Epoch ms. @default now */
  readonly fromMs?: number;
  readonly by?: string;
  readonly comment?: string;
}

/** One that depends on another: operations, services, or dependencies by their names. */
export interface Link {
  readonly caller: string;
  readonly dependency: string;
}

/** How much a notifier may be asked to tell. */
export interface FatigueOptions {
  /** Notices at once; what is more comes as a digest. 1 … 1000. @default 4 */
  readonly burst?: number;
  /** Notices an hour in the long run. 1 … 3600. @default 12 */
  readonly perHour?: number;
  /** Between two digests, ms; one with something critical comes after a minute. @default 1_800_000 */
  readonly digestMs?: number;
}

/** When an alert that comes and goes is held back. */
export interface FlapOptions {
  /** Each firing counts 1 and is forgotten with this half-life, ms. @default 600_000 */
  readonly halfLifeMs?: number;
  /** Flapping from here; above 1. @default 2 */
  readonly suppressAt?: number;
  /** Calm again below; 0 … suppressAt. @default 1 */
  readonly reuseAt?: number;
}

export interface AlertsOptions extends RouteSettingsOfAll {
  /** Tells two of them apart in one process. @default "alerts" */
  readonly name?: string;
  /** @default DEFAULT_RULES: what is unusual, budgets that burn, what stays full */
  readonly rules?: readonly AlertRule[];
  /** Whom to tell. Without one, events and `active()` are all there is. @default [] */
  readonly notifiers?: readonly Notifier[];
  /** @default one that takes everything to all notifiers */
  readonly routes?: readonly Route[];
  /** @default [] */
  readonly inhibit?: readonly Inhibition[];
  /** @default [] */
  readonly maintenance?: readonly Maintenance[];
  /** Those known from the start; `silence()` adds more. @default [] */
  readonly silences?: readonly SilenceOptions[];
  /** What calls what, beside what outgoing calls show. @default [] */
  readonly links?: readonly Link[];
  readonly fatigue?: FatigueOptions;
  /** False: nothing is held back. */
  readonly flap?: FlapOptions | false;
  /** Between two evaluations, 1000 … 300_000 ms. @default 10_000 */
  readonly intervalMs?: number;
  /** Most alerts at a time, pending or firing; more are counted. 10 … 20_000. @default 2000 */
  readonly maxAlerts?: number;
  /** How long the process that notifies may be silent before another takes over, ms; at least twice `intervalMs`. @default 30_000 */
  readonly leaseMs?: number;
}

/** Settings of the outermost route; those of `routes` win. */
type RouteSettingsOfAll = Omit<RouteSettings, "notifiers">;
