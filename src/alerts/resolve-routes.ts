import { type Checks, show } from "../readers/checks.js";
import { checkTexts } from "./check-texts.js";
import { checkMatchers } from "./matcher.js";
import type { AlertsOptions, Escalation, Route, RouteSettings } from "./options.js";
import { DAY_MS } from "./resolve-rules.js";
import type { ResolvedRoute } from "./route.js";

const SETTINGS = [
  "notifiers",
  "groupBy",
  "groupWaitMs",
  "groupIntervalMs",
  "repeatIntervalMs",
  "sendResolved",
  "escalate",
] as const satisfies readonly (keyof RouteSettings)[];
const KNOWN = [...SETTINGS, "match", "continue", "routes"] as const;
const MAX_ROUTES = 200;
const MAX_DEPTH = 8;
const MEND = 'give a list: [{ match: { severity: "critical" }, notifiers: ["pager"] }]';

type Settings = Required<RouteSettings> & Pick<ResolvedRoute, "calmWaitMs" | "calmRepeatMs">;

/** The tree of routes; its root takes what no route does. */
export function resolveRoutes(
  options: Partial<AlertsOptions>,
  notifiers: readonly string[],
  checks: Checks,
): ResolvedRoute {
  const defaults: Settings = {
    notifiers,
    groupBy: ["incident"],
    groupWaitMs: 10_000,
    calmWaitMs: 300_000,
    groupIntervalMs: 900_000,
    repeatIntervalMs: 14_400_000,
    calmRepeatMs: DAY_MS,
    sendResolved: true,
    escalate: [],
  };
  const reader = new RouteReader(notifiers, checks);
  const { groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs, sendResolved, escalate } =
    options;
  const given = { groupBy, groupWaitMs, groupIntervalMs, repeatIntervalMs, sendResolved, escalate };
  const settings = reader.settings("", given, defaults);
  return {
    ...settings,
    id: "/",
    match: undefined,
    continue: false,
    routes: reader.routes("routes", options.routes, "/", settings, 0),
  };
}

class RouteReader {
  #count = 0;

  constructor(
    private readonly notifiers: readonly string[],
    private readonly checks: Checks,
  ) {}

  routes(
    name: string,
    given: unknown,
    id: string,
    around: Settings,
    depth: number,
  ): readonly ResolvedRoute[] {
    const { checks } = this;
    const list = checks.list(name, given, MEND);
    this.#count += list.length;
    if (depth >= MAX_DEPTH || this.#count > MAX_ROUTES) {
      if (list.length > 0) {
        checks.fault(
          `${name}: give at most ${MAX_ROUTES} routes, nested at most ${MAX_DEPTH} deep`,
        );
      }
      return [];
    }
    return list.map((each, at) => {
      const path = `${name}[${at}]`;
      checks.type(path, each ?? null, ["object"], "give { match, notifiers }");
      const route = checks.exactly(`${path}.`, each as Route, KNOWN);
      checks.type(`${path}.continue`, route.continue, ["boolean"], "give true or false");
      const settings = this.settings(`${path}.`, route, around);
      const own = `${id}${at}/`;
      return {
        ...settings,
        id: own,
        match: checkMatchers(`${path}.match`, route.match, checks),
        continue: route.continue === true,
        routes: this.routes(`${path}.routes`, route.routes, own, settings, depth + 1),
      };
    });
  }

  settings(
    path: string,
    given: Partial<Record<keyof Settings, unknown>>,
    around: Settings,
  ): Settings {
    const { checks } = this;
    const ms = (name: "groupWaitMs" | "groupIntervalMs" | "repeatIntervalMs", min: number) =>
      checks.number(`${path}${name}`, given[name], around[name], min, 30 * DAY_MS, false);
    const groupWaitMs = ms("groupWaitMs", 0);
    const repeatIntervalMs = ms("repeatIntervalMs", 10_000);
    // What somebody has said holds for all severities.
    const { calmWaitMs, calmRepeatMs } = around;
    checks.type(`${path}sendResolved`, given.sendResolved, ["boolean"], "give true or false");
    return {
      notifiers: this.#names(`${path}notifiers`, given.notifiers) ?? around.notifiers,
      groupBy: this.#texts(`${path}groupBy`, given.groupBy) ?? around.groupBy,
      groupWaitMs,
      calmWaitMs: given.groupWaitMs === undefined ? calmWaitMs : groupWaitMs,
      groupIntervalMs: ms("groupIntervalMs", 1000),
      repeatIntervalMs,
      calmRepeatMs: given.repeatIntervalMs === undefined ? calmRepeatMs : repeatIntervalMs,
      sendResolved: (given.sendResolved as boolean | undefined) ?? around.sendResolved,
      escalate: this.#escalate(`${path}escalate`, given.escalate) ?? around.escalate,
    };
  }

  #escalate(name: string, given: unknown): readonly Escalation[] | undefined {
    if (given === undefined) return undefined;
    const { checks } = this;
    const mend = 'give a list: [{ afterMs: 900_000, notifiers: ["boss"] }]';
    const steps = checks.list(name, given, mend).map((each, at) => {
      const path = `${name}[${at}]`;
      const fields = checks.exactly(`${path}.`, each as Escalation, ["afterMs", "notifiers"]);
      return {
        afterMs: checks.number(`${path}.afterMs`, fields.afterMs ?? null, 0, 1000, 30 * DAY_MS),
        notifiers: this.#names(`${path}.notifiers`, fields.notifiers ?? null) ?? [],
      };
    });
    return steps.sort((one, other) => one.afterMs - other.afterMs);
  }

  #names(name: string, given: unknown): readonly string[] | undefined {
    const names = this.#texts(name, given);
    for (const each of names ?? []) {
      if (this.notifiers.includes(each)) continue;
      const known = this.notifiers.join(", ") || "none";
      this.checks.fault(`${name} has ${show(each)}; give the names of notifiers: ${known}`);
    }
    return names;
  }

  #texts(name: string, given: unknown): readonly string[] | undefined {
    return given === undefined ? undefined : checkTexts(name, given, this.checks);
  }
}
