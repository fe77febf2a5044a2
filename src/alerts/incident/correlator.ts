import type { Anomaly, Incident } from "../../snapshot/events.js";
import type { DependencySnapshot } from "../../snapshot/model.js";
import type { Case } from "../case.js";
import { hashOf } from "../keys.js";
import type { Row } from "../series/table.js";
import { causesOf, MARKERS_AFTER_MS, MARKERS_BEFORE_MS } from "./causes.js";
import { describe, incidentEvent, type OpenIncident, sayingOf } from "./incident.js";
import { Commonness, type LinkKeys, linkKeysOf, Spread } from "./links.js";
import type { Markers } from "./markers.js";
import type { Topology } from "./topology.js";
import type { SaturationTrail } from "./trail.js";

/** What alerts are seen against. */
export interface Scene {
  readonly nowMs: number;
  /** Epoch ms, for people. */
  readonly timeMs: number;
  readonly shown: (steadyMs: number) => number;
  readonly operations: readonly Row[];
  readonly dependencies: readonly DependencySnapshot[];
  readonly topology: Topology;
  readonly anomalies: Iterable<Anomaly>;
  readonly markers: Markers;
  readonly trail: SaturationTrail;
}

/** What begins within this time of an incident's first alerts belongs to it. */
const NEAR_MS = 120_000;
/** What is related to one of its alerts belongs to it so long after the last of them. */
const RELATED_MS = 600_000;
/** An incident is over when it has been calm for so long. */
const SETTLE_MS = 120_000;
/** Causes are looked for anew so long: evidence may come late. */
const LOOKING_MS = 300_000;
const MAX_OPEN = 200;
const MAX_ALERTS = 2000;
const MAX_ANOMALIES = 200;
const MAX_RESOLVED = 100;

/** Puts alerts that belong together into incidents: near in time, in the map of calls, or in pattern. */
export class Correlator {
  readonly open = new Map<string, OpenIncident>();
  /** The last that are over, as they were said. */
  readonly resolved: Incident[] = [];
  #events: Incident[] = [];
  /** Incidents of this round that are part of another one now. */
  readonly #moved = new Map<string, OpenIncident>();

  /**
   * @param cases - all there are; those kept quiet by a silence or in maintenance belong to none
   * @returns what is to be said
   */
  *advance(cases: ReadonlyMap<string, Case>, scene: Scene): Generator<void, readonly Incident[]> {
    this.#events = [];
    const fresh = [...cases.values()]
      .filter((one) => one.isFiring && one.incident === undefined && isCounted(one))
      .sort((one, other) => one.alert.beganMs - other.alert.beganMs);
    let made: Commonness | undefined;
    const commonness = () => {
      made ??= new Commonness(scene.operations);
      return made;
    };
    if (fresh.length > 0) {
      commonness();
      yield;
      yield* this.#place(fresh, cases, scene, commonness());
    }
    for (const incident of this.open.values()) {
      this.#update(incident, cases, scene, commonness);
      yield;
    }
    return this.#events;
  }

  *#place(
    fresh: readonly Case[],
    cases: ReadonlyMap<string, Case>,
    scene: Scene,
    commonness: Commonness,
  ): Generator<void> {
    // Which incidents have an alert by which others find it.
    const index = new Map<string, Set<OpenIncident>>();
    const spread = new Spread<OpenIncident>();
    this.#moved.clear();
    const enter = (incident: OpenIncident, { alert }: Case, keys: LinkKeys): void => {
      spread.add(incident, alert.series, keys.spreading);
      for (const key of keys.own) {
        const known = index.get(key);
        if (known === undefined) index.set(key, new Set([incident]));
        else known.add(incident);
      }
    };
    const keysOf = ({ alert }: Case) => linkKeysOf(alert, scene.topology, commonness);
    for (const incident of this.open.values()) {
      for (const key of incident.alerts) {
        const one = cases.get(key);
        if (one?.isFiring) enter(incident, one, keysOf(one));
      }
      yield;
    }
    for (const [at, one] of fresh.entries()) {
      const keys = keysOf(one);
      const { beganMs } = one.alert;
      const found = new Set<OpenIncident>();
      for (const incident of this.open.values()) {
        if (isNear(beganMs, incident)) found.add(incident);
      }
      for (const key of keys.same) {
        for (const incident of index.get(key) ?? []) found.add(this.#now(incident));
      }
      const related = keys.wanted.flatMap((key) => [...(index.get(key) ?? [])]);
      for (const incident of [...related, ...spread.of(keys.spreading)]) {
        const now = this.#now(incident);
        if (beganMs - now.lastMs <= RELATED_MS) found.add(now);
      }
      const incident = this.#merge([...found], cases, scene);
      const chosen = incident ?? this.#begin(one);
      if (chosen !== undefined) {
        enter(chosen, one, keys);
        join(chosen, one);
      }
      if (at % 50 === 49) yield;
    }
  }

  /** The incident that one has become part of. */
  #now(incident: OpenIncident): OpenIncident {
    let now = incident;
    for (let next = this.#moved.get(now.id); next; next = this.#moved.get(now.id)) now = next;
    return now;
  }

  #begin(one: Case): OpenIncident | undefined {
    if (this.open.size >= MAX_OPEN) return undefined;
    const { alert } = one;
    const id = hashOf("incident", one.key, one.firedMs);
    const incident: OpenIncident = {
      id,
      alerts: new Set(),
      anomalies: new Set(),
      firstMs: alert.beganMs,
      lastMs: alert.beganMs,
      calmMs: undefined,
      severity: alert.severity,
      title: alert.reason,
      reason: alert.reason,
      causes: [],
      affectedRatio: 0,
      operation: alert.operation,
      signal: alert.signal,
      attributes: alert.attributes,
      acknowledged: undefined,
      comments: [],
      state: "open",
      said: "",
    };
    this.open.set(id, incident);
    return incident;
  }

  /** The oldest of them, with what the others had. */
  #merge(
    incidents: OpenIncident[],
    cases: ReadonlyMap<string, Case>,
    scene: Scene,
  ): OpenIncident | undefined {
    const [oldest, ...others] = incidents.sort((one, other) => one.firstMs - other.firstMs);
    for (const other of others) {
      if (oldest === undefined) break;
      for (const key of other.alerts) {
        const one = cases.get(key);
        if (one === undefined) oldest.alerts.add(key);
        else join(oldest, one);
      }
      for (const id of other.anomalies) oldest.anomalies.add(id);
      oldest.acknowledged ??= other.acknowledged;
      oldest.comments = [...oldest.comments, ...other.comments];
      other.reason = `merged into incident ${oldest.id}`;
      this.#moved.set(other.id, oldest);
      this.#end(other, scene);
    }
    return oldest;
  }

  #update(
    incident: OpenIncident,
    cases: ReadonlyMap<string, Case>,
    scene: Scene,
    commonness: () => Commonness,
  ): void {
    const { nowMs, timeMs, shown } = scene;
    const own = [...incident.alerts].flatMap((key) => {
      const one = cases.get(key);
      return one?.incident === incident.id ? [one] : [];
    });
    const firing = own.filter(({ isFiring }) => isFiring);
    if (firing.length === 0) {
      incident.calmMs ??= nowMs;
      if (nowMs - incident.calmMs < SETTLE_MS) return;
      incident.reason = `over: ${incident.title}`;
      for (const one of own) one.incident = undefined;
      this.#end(incident, scene);
      return;
    }
    incident.calmMs = undefined;
    this.#attach(incident, scene);
    if (incident.causes.length === 0 || nowMs - incident.firstMs <= LOOKING_MS) {
      const { firstMs: onsetMs } = incident;
      incident.causes = causesOf({
        onsetMs,
        alerts: firing.map(({ alert }) => alert),
        anomalies: [...scene.anomalies].filter(({ id }) => incident.anomalies.has(id)),
        markers: scene.markers.between(onsetMs - MARKERS_BEFORE_MS, onsetMs + MARKERS_AFTER_MS),
        rises: scene.trail.rises(onsetMs),
        dependencies: scene.dependencies,
        topology: scene.topology,
        commonness: commonness(),
      });
    }
    describe(incident, own);
    const isAcknowledged =
      incident.acknowledged !== undefined ||
      firing.every(({ acknowledged }) => acknowledged !== undefined);
    incident.state = isAcknowledged ? "acknowledged" : "open";
    this.#say(incident, incidentEvent(incident, timeMs, shown));
  }

  /** Anomalies of about the same time, and those of its own operations. */
  #attach(incident: OpenIncident, { anomalies }: Scene): void {
    for (const { id, sinceMs } of anomalies) {
      if (incident.anomalies.size >= MAX_ANOMALIES) return;
      const isNear =
        sinceMs >= incident.firstMs - LOOKING_MS && sinceMs <= incident.firstMs + NEAR_MS;
      if (isNear) incident.anomalies.add(id);
    }
  }

  #end(incident: OpenIncident, { timeMs, shown }: Scene): void {
    this.open.delete(incident.id);
    incident.state = "resolved";
    const event = incidentEvent(incident, timeMs, shown);
    this.resolved.push(event);
    if (this.resolved.length > MAX_RESOLVED) this.resolved.shift();
    // One that was merged before anybody heard of it needs no end.
    if (incident.said !== "") this.#say(incident, event);
  }

  #say(incident: OpenIncident, event: Incident): void {
    const saying = sayingOf(incident);
    if (saying === incident.said) return;
    incident.said = saying;
    this.#events.push(event);
  }
}

function join(incident: OpenIncident, one: Case): void {
  one.incident = incident.id;
  if (incident.alerts.size < MAX_ALERTS) incident.alerts.add(one.key);
  incident.firstMs = Math.min(incident.firstMs, one.alert.beganMs);
  incident.lastMs = Math.max(incident.lastMs, one.alert.beganMs);
}

/** At about the time of the first of its alerts, or of those that came hard on that one's heels. */
function isNear(beganMs: number, { firstMs, lastMs }: OpenIncident): boolean {
  const untilMs = Math.min(lastMs, firstMs + RELATED_MS) + NEAR_MS;
  return beganMs >= firstMs - NEAR_MS && beganMs <= untilMs;
}

/** What people have said they expect is no incident; what another alert keeps quiet is part of one. */
function isCounted({ quiet, closedMs }: Case): boolean {
  return closedMs === undefined && quiet?.kind !== "silence" && quiet?.kind !== "maintenance";
}
