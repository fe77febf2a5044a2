import type { Severity } from "../snapshot/events.js";
import { type Case, isStanding } from "./case.js";
import { hashOf } from "./keys.js";
import type { NoticeCause } from "./notice.js";
import type { ResolvedRoute, Routes } from "./route.js";
import { bySeverity, isAtLeast, worstOf } from "./severity.js";

/** Alerts that are told of together. Times are steady ms. */
export interface Group {
  readonly key: string;
  readonly route: string;
  /** What its alerts have in common. */
  readonly labels: Readonly<Record<string, string>>;
  readonly openedMs: number;
  /** Keys of its alerts, and whether a notice has told of them. */
  readonly members: Map<string, boolean>;
  /** Notices so far; 0: it waits for more of its kind. */
  sequence: number;
  firstToldMs: number;
  lastToldMs: number;
  /** The worst that was told. */
  severity: Severity;
  /** Escalations so far. */
  level: number;
  /** Who has been told, and is told how it ends. */
  readonly notifiers: Set<string>;
}

/** That a group is to be told of now. */
export interface Decision {
  readonly group: Group;
  readonly cause: Exclude<NoticeCause, "digest">;
  readonly dedupKey: string;
  readonly firing: readonly Case[];
  readonly ended: readonly Case[];
  readonly notifiers: readonly string[];
}

/** Most alerts that a group remembers to be over while others of it fire. */
const MAX_ENDED = 500;
const MAX_KEYS = 5000;
const BLOW_MS = 300_000;
/** So many that a notice did not list make it out of date, when they are more than it did. */
const MANY_MORE = 3;

/**
 * Puts alerts into groups, and decides when a group is told of.
 *
 * A group waits once, for what belongs to it. After that it speaks when it gets worse, after an interval
 * when there is more of it, after a longer one when nobody has acknowledged, and when all of it is over.
 */
export class Groups {
  readonly all = new Map<string, Group>();
  readonly #keys = new Map<string, string>();

  constructor(
    private readonly routes: Routes,
    /** Part of every key. */
    private readonly name: string,
  ) {}

  /** Takes note of an alert that is to be told of. */
  add(one: Case, nowMs: number): void {
    for (const route of this.routes.of(one.alert.labels)) {
      const values = route.groupBy.map((label) => labelOf(one, label));
      const key = this.#keyOf(route.id, values);
      const before = one.groups.get(route.id);
      if (before !== undefined && before !== key) {
        // Who was told of an alert is told how it ends under the same key.
        if (this.all.get(before)?.members.get(one.key)) continue;
        this.#remove(one, before);
      }
      let group = this.all.get(key);
      if (group === undefined) {
        group = newGroup(key, route, values, nowMs);
        this.all.set(key, group);
      }
      one.groups.set(route.id, key);
      if (!group.members.has(one.key)) group.members.set(one.key, false);
    }
  }

  /** Takes an alert that nobody was told of out of its groups: it is over, or kept quiet. */
  withdraw(one: Case): void {
    for (const [route, key] of one.groups) {
      if (this.all.get(key)?.members.get(one.key)) continue;
      this.#remove(one, key);
      one.groups.delete(route);
    }
  }

  /** What is to be told now, the worst first. */
  due(cases: ReadonlyMap<string, Case>, nowMs: number): Decision[] {
    const decisions: Decision[] = [];
    for (const group of this.all.values()) {
      const { standing, firing, ended } = split(group, cases);
      const decision = this.#decide(group, standing, firing, ended, nowMs);
      if (decision !== undefined) decisions.push(decision);
      else if (group.sequence === 0 && firing.length === 0) this.all.delete(group.key);
    }
    return decisions.sort((one, other) => bySeverity(one.group, other.group));
  }

  /** Makes true what a decision says: its alerts have been told of. */
  told({ group, cause, firing, ended, notifiers }: Decision, nowMs: number): void {
    group.sequence++;
    if (group.sequence === 1) group.firstToldMs = nowMs;
    group.lastToldMs = nowMs;
    if (cause === "escalation") group.level++;
    for (const notifier of notifiers) group.notifiers.add(notifier);
    group.severity = worstOf([group.severity, ...firing.map(({ alert }) => alert.severity)]);
    for (const one of firing) {
      group.members.set(one.key, true);
      one.isTold = true;
    }
    if (cause !== "resolved") {
      prune(group, ended);
      return;
    }
    this.all.delete(group.key);
    for (const one of ended) {
      one.groups.delete(group.route);
      if (one.groups.size === 0) one.isTold = false;
    }
  }

  #decide(
    group: Group,
    standing: readonly Case[],
    firing: readonly Case[],
    ended: readonly Case[],
    nowMs: number,
  ): Decision | undefined {
    const route = this.routes.byId(group.route);
    const { notifiers } = route;
    const decide = (cause: Decision["cause"], to: readonly string[]): Decision => {
      const dedupKey = dedupKeyOf(group, cause, firing, ended);
      return { group, cause, dedupKey, firing, ended, notifiers: to };
    };
    const worst = worstOf(firing.map(({ alert }) => alert.severity));
    if (group.sequence === 0) {
      const waitMs = worst === "critical" ? route.groupWaitMs : route.calmWaitMs;
      if (firing.length === 0 || nowMs - group.openedMs < waitMs) return undefined;
      group.severity = worst;
      return decide("new", notifiers);
    }
    const everybody = [...group.notifiers];
    if (standing.length === 0) {
      // As long as a beginning waits for company, an end waits for a change of mind.
      const isCalm = ended.every(
        ({ closedMs, endedMs = 0 }) =>
          closedMs !== undefined || nowMs - endedMs >= route.groupWaitMs,
      );
      return isCalm ? decide("resolved", route.sendResolved ? everybody : []) : undefined;
    }
    if (firing.length === 0) return undefined;
    if (!isAtLeast(group.severity, worst)) return decide("worse", everybody);
    const quietMs = nowMs - group.lastToldMs;
    if (quietMs >= route.groupIntervalMs && isMoreThanTold(firing, standing, group)) {
      return decide("more", everybody);
    }
    if (firing.every(({ acknowledged }) => acknowledged !== undefined)) return undefined;
    const step = route.escalate[group.level];
    if (step !== undefined && nowMs - group.firstToldMs >= step.afterMs) {
      return decide("escalation", step.notifiers);
    }
    return quietMs >= repeatMsOf(route, worst) ? decide("repeat", everybody) : undefined;
  }

  /** Asked for every alert in every step: kept, because to hash is dear. */
  #keyOf(route: string, values: readonly string[]): string {
    const text = JSON.stringify([route, ...values]);
    let key = this.#keys.get(text);
    if (key === undefined) {
      key = hashOf("group", this.name, text);
      if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
      this.#keys.set(text, key);
    }
    return key;
  }

  #remove({ key }: Case, from: string): void {
    const group = this.all.get(from);
    group?.members.delete(key);
    if (group?.sequence === 0 && group.members.size === 0) this.all.delete(from);
  }
}

/**
 * Whether there is more trouble than was told of. A further rule about what was told of is none; nor is a
 * budget that it spends. What began at about the time of the first notice is of the same blow, which shows
 * later where there is little traffic: it is worth a notice when it makes that one look small.
 */
function isMoreThanTold(
  firing: readonly Case[],
  standing: readonly Case[],
  { members, firstToldMs }: Group,
): boolean {
  const told = new Set(
    standing.filter(({ key }) => members.get(key)).map(({ alert }) => subjectOf(alert)),
  );
  const more = firing.filter(
    ({ key, alert }) =>
      !members.get(key) &&
      !told.has(subjectOf(alert)) &&
      (alert.signal !== "slo" || told.size === 0),
  );
  if (more.some(({ alert }) => alert.beganMs >= firstToldMs + BLOW_MS)) return true;
  return more.length >= MANY_MORE && more.length > told.size;
}

function subjectOf({ signal, series }: Case["alert"]): string {
  return `${signal} ${series}`;
}

/** What is not critical is not worth the same again before the next day, unless somebody has said so. */
export function repeatMsOf(
  { repeatIntervalMs, calmRepeatMs }: Pick<ResolvedRoute, "repeatIntervalMs" | "calmRepeatMs">,
  severity: Severity,
): number {
  return severity === "critical" ? repeatIntervalMs : calmRepeatMs;
}

function newGroup(
  key: string,
  { id, groupBy }: ResolvedRoute,
  values: readonly string[],
  nowMs: number,
): Group {
  const labels: Record<string, string> = Object.create(null);
  for (const [at, label] of groupBy.entries()) labels[label] = values[at] as string;
  return {
    key,
    route: id,
    labels,
    openedMs: nowMs,
    members: new Map(),
    sequence: 0,
    firstToldMs: 0,
    lastToldMs: 0,
    severity: "info",
    level: 0,
    notifiers: new Set(),
  };
}

function labelOf({ key, alert, incident }: Case, label: string): string {
  if (label === "incident") return incident ?? key;
  return alert.labels[label] ?? "";
}

/** `standing`: all that fire, those kept quiet included; `firing`: those to be told of. */
function split(group: Group, cases: ReadonlyMap<string, Case>) {
  const standing: Case[] = [];
  const firing: Case[] = [];
  const ended: Case[] = [];
  for (const [key, isTold] of group.members) {
    const one = cases.get(key);
    if (one === undefined) {
      group.members.delete(key);
    } else if (!isStanding(one)) {
      if (isTold) ended.push(one);
    } else {
      standing.push(one);
      if (one.quiet === undefined) firing.push(one);
    }
  }
  return { standing, firing, ended };
}

/** What a group forgets is over for those who were told of it: the next notice lists it a last time. */
function prune(group: Group, ended: readonly Case[]): void {
  for (const one of ended.slice(0, Math.max(0, ended.length - MAX_ENDED))) {
    group.members.delete(one.key);
    one.groups.delete(group.route);
    if (one.groups.size === 0) one.isTold = false;
  }
}

/** The same in every process that decides the same, and in none that decides something else. */
function dedupKeyOf(
  group: Group,
  cause: string,
  firing: readonly Case[],
  ended: readonly Case[],
): string {
  const of = (one: Case, state: string) => `${one.key} ${state} ${one.firedMs}`;
  const alerts = [
    ...firing.map((one) => of(one, "firing")),
    ...ended.map((one) => of(one, "over")),
  ].sort();
  return hashOf(group.key, group.sequence, cause, ...alerts);
}
