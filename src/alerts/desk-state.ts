import { isList, isObject } from "../readers/checks.js";
import type { Case } from "./case.js";
import type { Parcel } from "./delivery.js";
import type { Desk } from "./desk.js";
import type { FatigueState } from "./fatigue.js";
import { CALM } from "./flap.js";
import type { Group } from "./group.js";
import type { HistoryEntry } from "./history.js";
import type { OpenIncident } from "./incident/incident.js";
import type { KeptMarker } from "./incident/markers.js";
import type { QualityState } from "./quality.js";
import type { Silence } from "./silence.js";

/** Changes with the shape of what is kept: a state of another version is not read. */
const VERSION = 1;
const KEPT_HISTORY = 100;

/** As JSON has it: maps and sets are lists. */
interface Saved {
  readonly v: number;
  readonly cases: readonly (Omit<Case, "groups"> & { groups: [string, string][] })[];
  readonly groups: readonly (Omit<Group, "members" | "notifiers"> & {
    members: [string, boolean][];
    notifiers: string[];
  })[];
  readonly incidents: readonly (Omit<OpenIncident, "alerts" | "anomalies"> & {
    alerts: string[];
    anomalies: string[];
  })[];
  readonly silences: readonly Silence[];
  readonly markers: readonly KeptMarker[];
  readonly outbox: readonly Parcel[];
  readonly fatigue: readonly [string, FatigueState][];
  readonly quality: QualityState;
  readonly history: readonly HistoryEntry[];
}

/** Everything a desk must not forget, as plain data. Some of it is the desk's own: write it down at once. */
export function savedDesk(desk: Desk): Saved {
  return {
    v: VERSION,
    cases: Array.from(desk.cases.values(), (one) => ({ ...one, groups: [...one.groups] })),
    groups: Array.from(desk.groups.all.values(), (group) => {
      return { ...group, members: [...group.members], notifiers: [...group.notifiers] };
    }),
    incidents: Array.from(desk.correlator.open.values(), (incident) => {
      return { ...incident, alerts: [...incident.alerts], anomalies: [...incident.anomalies] };
    }),
    silences: desk.quieting.silences.list(),
    markers: desk.markers.list(),
    outbox: desk.outbox.list(),
    fatigue: desk.fatigue.save(),
    quality: desk.quality.save(),
    history: desk.history.list().slice(-KEPT_HISTORY),
  };
}

/**
 * Goes on from what a desk has saved, instead of from what this one has.
 *
 * @param given - parsed; may come from an older version, or be damaged
 * @param nowMs - no time of an alert may lie after it
 * @returns false: it cannot be read, and nothing has changed
 */
export function restoreDesk(desk: Desk, given: unknown, nowMs: number): boolean {
  const saved = read(given);
  if (saved === undefined) return false;
  const incidents = new Set(saved.incidents.map(({ id }) => id));
  desk.cases.clear();
  for (const { groups, ...one } of saved.cases) {
    desk.cases.set(one.key, {
      ...one,
      firedMs: Math.min(nowMs, one.firedMs),
      endedMs: one.endedMs,
      coolMs: one.coolMs,
      flap: one.flap ?? CALM,
      groups: new Map(groups),
      quiet: one.quiet,
      acknowledged: one.acknowledged,
      closedMs: one.closedMs,
      incident:
        one.incident !== undefined && incidents.has(one.incident) ? one.incident : undefined,
    });
  }
  desk.groups.all.clear();
  for (const { members, notifiers, ...group } of saved.groups) {
    const restored = { ...group, members: new Map(members), notifiers: new Set(notifiers) };
    desk.groups.all.set(group.key, restored);
  }
  desk.correlator.open.clear();
  for (const { alerts, anomalies, ...incident } of saved.incidents) {
    const restored = { ...incident, alerts: new Set(alerts), anomalies: new Set(anomalies) };
    desk.correlator.open.set(incident.id, restored);
  }
  const { silences } = desk.quieting;
  for (const silence of saved.silences) silences.add(silence);
  desk.markers.restore(saved.markers);
  desk.outbox.restore(saved.outbox);
  desk.fatigue.states.clear();
  for (const [notifier, state] of saved.fatigue) desk.fatigue.states.set(notifier, state);
  desk.quality.restore(saved.quality);
  desk.history.restore(saved.history);
  return true;
}

const LISTS = [
  "cases",
  "groups",
  "incidents",
  "silences",
  "markers",
  "outbox",
  "fatigue",
  "quality",
  "history",
] as const;

function read(saved: unknown): Saved | undefined {
  try {
    if (!isObject(saved) || saved["v"] !== VERSION) return undefined;
    if (!LISTS.every((name) => isList(saved[name]))) return undefined;
    const known = saved as unknown as Saved;
    const isSound =
      known.cases.every(({ key, alert, groups }) => {
        return typeof key === "string" && isObject(alert) && isList(groups);
      }) &&
      known.groups.every(({ members, notifiers }) => isList(members) && isList(notifiers)) &&
      known.incidents.every(({ alerts, anomalies }) => isList(alerts) && isList(anomalies)) &&
      known.outbox.every(({ notifier, notice }) => {
        return typeof notifier === "string" && isObject(notice);
      });
    return isSound ? known : undefined;
  } catch {
    return undefined;
  }
}
