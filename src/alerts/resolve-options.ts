import { Checks, isObject, show } from "../readers/checks.js";
import { checkTexts } from "./check-texts.js";
import { DEFAULT_RULES } from "./default-rules.js";
import type { ResolvedFatigue } from "./fatigue.js";
import type { ResolvedFlap } from "./flap.js";
import type { ResolvedInhibition } from "./inhibit.js";
import type { ResolvedMaintenance } from "./maintenance.js";
import { checkMatchers } from "./matcher.js";
import type { Notifier } from "./notice.js";
import type { AlertsOptions, FatigueOptions, FlapOptions, Link } from "./options.js";
import { resolveMaintenance } from "./resolve-maintenance.js";
import { resolveRoutes } from "./resolve-routes.js";
import { DAY_MS, type ResolvedRule, resolveRules } from "./resolve-rules.js";
import type { ResolvedRoute } from "./route.js";
import { checkSilence, type Silence } from "./silence.js";

export interface ResolvedAlertsOptions {
  readonly name: string;
  readonly rules: readonly ResolvedRule[];
  readonly notifiers: readonly Notifier[];
  readonly route: ResolvedRoute;
  readonly inhibit: readonly ResolvedInhibition[];
  readonly maintenance: readonly ResolvedMaintenance[];
  readonly silences: readonly Silence[];
  readonly links: readonly Link[];
  readonly fatigue: ResolvedFatigue;
  readonly flap: ResolvedFlap | undefined;
  readonly intervalMs: number;
  readonly maxAlerts: number;
  readonly leaseMs: number;
}

const KNOWN = [
  "name",
  "rules",
  "notifiers",
  "routes",
  "groupBy",
  "groupWaitMs",
  "groupIntervalMs",
  "repeatIntervalMs",
  "sendResolved",
  "escalate",
  "inhibit",
  "maintenance",
  "silences",
  "links",
  "fatigue",
  "flap",
  "intervalMs",
  "maxAlerts",
  "leaseMs",
] as const satisfies readonly (keyof AlertsOptions)[];

/** All faults of the options at once, each with its mend. */
export class AlertsOptionsError extends Error {
  override readonly name = "AlertsOptionsError";

  constructor(readonly faults: readonly string[]) {
    const list = faults.map((fault) => `\n  - ${fault}`).join("");
    super(`alerts: ${faults.length} option${faults.length === 1 ? "" : "s"} to mend:${list}`);
  }
}

/** @throws AlertsOptionsError listing every fault */
export function resolveAlertsOptions(given: AlertsOptions): ResolvedAlertsOptions {
  const checks = new Checks();
  if (!isObject(given)) checks.fault(`options is ${show(given)}; give { rules, notifiers }`);
  const options = checks.exactly("", given, KNOWN);
  const { name = "alerts" } = options;
  if (typeof name !== "string" || !/^[\w.-]{1,60}$/.test(name)) {
    checks.fault(`name is ${show(name)}; give letters, digits, ".", "-" and "_", at most 60`);
  }
  const notifiers = notifiersOf(options.notifiers, checks);
  const resolved: ResolvedAlertsOptions = {
    name,
    rules: resolveRules(options.rules === undefined ? DEFAULT_RULES : options.rules, checks),
    notifiers,
    route: resolveRoutes(
      options,
      notifiers.map((each) => each.name),
      checks,
    ),
    inhibit: inhibitOf(options.inhibit, checks),
    maintenance: resolveMaintenance(options.maintenance, checks),
    silences: silencesOf(options.silences, checks),
    links: linksOf(options.links, checks),
    fatigue: fatigueOf(options.fatigue, checks),
    flap: flapOf(options.flap, checks),
    intervalMs: checks.number("intervalMs", options.intervalMs, 10_000, 1000, 300_000),
    maxAlerts: checks.number("maxAlerts", options.maxAlerts, 2000, 10, 20_000),
    leaseMs: checks.number("leaseMs", options.leaseMs, 30_000, 3000, 600_000),
  };
  if (resolved.leaseMs < 2 * resolved.intervalMs) {
    checks.fault(
      `leaseMs is ${resolved.leaseMs}; give at least twice intervalMs, which is ${resolved.intervalMs}`,
    );
  }
  if (checks.faults.length > 0) throw new AlertsOptionsError(checks.faults);
  return Object.freeze(resolved);
}

/** Copies whose names stay as they are; each calls the host's own object. */
function notifiersOf(given: unknown, checks: Checks): readonly Notifier[] {
  const mend = "give a list: [{ name, notify(notice, signal) }]";
  const names = new Set<string>();
  return checks.list("notifiers", given, mend).flatMap((each, at) => {
    const path = `notifiers[${at}]`;
    const notifier = each as Notifier;
    const { name, notify, digests } = checks.fields(`${path}.`, notifier, [
      "name",
      "notify",
      "digests",
    ]);
    if (typeof name !== "string" || name === "" || name.length > 100) {
      checks.fault(`${path}.name is ${show(name)}; give a name of at most 100 characters`);
      return [];
    }
    if (names.has(name)) {
      checks.fault(`${path}.name is ${show(name)} again; give each notifier its own`);
    }
    names.add(name);
    checks.type(`${path}.digests`, digests, ["boolean"], "give true or false");
    if (typeof notify !== "function") {
      checks.fault(`${path}.notify is ${show(notify)}; give a function of a notice`);
      return [];
    }
    return [
      {
        name,
        notify: (notice, signal) => notifier.notify(notice, signal),
        digests: digests !== false,
      } satisfies Notifier,
    ];
  });
}

function inhibitOf(given: unknown, checks: Checks): readonly ResolvedInhibition[] {
  const mend = "give a list: [{ source: { alertname }, target: { severity }, equal: [] }]";
  return checks.list("inhibit", given, mend).flatMap((each, at) => {
    const path = `inhibit[${at}]`;
    const fields = checks.exactly(`${path}.`, each as Record<string, unknown>, [
      "source",
      "target",
      "equal",
    ]);
    const source = checkMatchers(`${path}.source`, fields["source"] ?? null, checks);
    const target = checkMatchers(`${path}.target`, fields["target"] ?? null, checks);
    const equal = checkTexts(`${path}.equal`, fields["equal"], checks);
    return source === undefined || target === undefined ? [] : [{ source, target, equal }];
  });
}

function silencesOf(given: unknown, checks: Checks): readonly Silence[] {
  const mend = "give a list: [{ matchers, untilMs }]";
  return checks.list("silences", given, mend).flatMap((each, at) => {
    const silence = checkSilence(`silences[${at}]`, each, checks);
    return silence === undefined ? [] : [{ fromMs: 0, ...silence, id: `option-${at}` }];
  });
}

function linksOf(given: unknown, checks: Checks): readonly Link[] {
  const mend = 'give a list: [{ caller: "GET /orders", dependency: "postgres" }]';
  return checks.list("links", given, mend).flatMap((each, at) => {
    const path = `links[${at}]`;
    const { caller, dependency } = checks.exactly(`${path}.`, each as Link, [
      "caller",
      "dependency",
    ]);
    if (typeof caller === "string" && typeof dependency === "string") {
      return [{ caller, dependency }];
    }
    checks.fault(`${path} is ${show(each)}; give { caller, dependency }, both texts`);
    return [];
  });
}

function fatigueOf(given: unknown, checks: Checks): ResolvedFatigue {
  checks.type("fatigue", given, ["object"], "give { burst, perHour, digestMs }");
  const { burst, perHour, digestMs } = checks.exactly("fatigue.", given as FatigueOptions, [
    "burst",
    "perHour",
    "digestMs",
  ]);
  return {
    burst: checks.number("fatigue.burst", burst, 4, 1, 1000),
    perHour: checks.number("fatigue.perHour", perHour, 12, 1, 3600),
    digestMs: checks.number("fatigue.digestMs", digestMs, 1_800_000, 1000, DAY_MS),
  };
}

function flapOf(given: unknown, checks: Checks): ResolvedFlap | undefined {
  const mend = "give false, or { halfLifeMs, suppressAt, reuseAt }";
  checks.type("flap", given, ["object", "boolean"], mend);
  if (given === true) checks.fault(`flap is true, which it is anyway; ${mend}`);
  if (given === false) return undefined;
  const fields = checks.exactly("flap.", given as FlapOptions, [
    "halfLifeMs",
    "suppressAt",
    "reuseAt",
  ]);
  const suppressAt = checks.number("flap.suppressAt", fields.suppressAt, 2, 1.1, 100, false);
  return {
    halfLifeMs: checks.number("flap.halfLifeMs", fields.halfLifeMs, 600_000, 1000, DAY_MS),
    suppressAt,
    reuseAt: checks.number("flap.reuseAt", fields.reuseAt, 1, 0.1, suppressAt, false),
  };
}
