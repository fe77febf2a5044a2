import type { Incident } from "../snapshot/events.js";
import { type Case, isStanding, newCase, type QuietKind } from "./case.js";
import { compose, flappingText } from "./compose.js";
import type { Outcome, Parcel } from "./delivery.js";
import { Fatigue, type ResolvedFatigue } from "./fatigue.js";
import type { FiringAlert } from "./firing-alert.js";
import { Flapping, type ResolvedFlap } from "./flap.js";
import { type Decision, Groups } from "./group.js";
import { History } from "./history.js";
import { Correlator, type Scene } from "./incident/correlator.js";
import { incidentEvent } from "./incident/incident.js";
import { Markers } from "./incident/markers.js";
import type { ResolvedInhibition } from "./inhibit.js";
import type { ResolvedMaintenance } from "./maintenance.js";
import type { Notice, Notifier } from "./notice.js";
import { Outbox } from "./outbox.js";
import { Quality, type QualityFigures } from "./quality.js";
import { Quieting } from "./quieting.js";
import { type ResolvedRoute, Routes } from "./route.js";

export interface DeskOptions {
  readonly name: string;
  readonly service: string;
  readonly notifiers: readonly Notifier[];
  readonly route: ResolvedRoute;
  readonly inhibit: readonly ResolvedInhibition[];
  readonly maintenance: readonly ResolvedMaintenance[];
  readonly fatigue: ResolvedFatigue;
  readonly flap: ResolvedFlap | undefined;
  readonly maxAlerts: number;
  readonly meter: DeskMeter;
}

/** Counts how firings end, and what became of notices. */
export interface DeskMeter {
  /** A firing that nobody was told of. @param reason - what kept it quiet, or `brief` */
  untold(reason: QuietKind | "brief" | "limit"): void;
  /** What became of the firings of a rule: by it a bad one can be seen. */
  rule(rule: string, what: keyof QualityFigures): void;
  notice(notifier: string, outcome: "delivered" | "dropped" | "digested", reason: string): void;
}

const SLICE = 100;

/**
 * What people are told of: takes what fires over all processes, and keeps most of it to itself.
 *
 * Each firing ends in a notice, in a reason to keep quiet, or in a counted drop. One desk notifies; those
 * of other processes follow its saved state.
 */
export class Desk {
  readonly cases = new Map<string, Case>();
  readonly quality: Quality;
  readonly history = new History();
  readonly correlator = new Correlator();
  readonly outbox = new Outbox();
  readonly markers = new Markers();
  readonly quieting: Quieting;
  readonly groups: Groups;
  readonly fatigue: Fatigue;
  readonly #flapping: Flapping;
  readonly #notifiers: ReadonlyMap<string, Notifier>;
  /** When it last advanced: what fires since then is new. */
  #steppedMs = 0;

  constructor(private readonly options: DeskOptions) {
    const { route, name, service, notifiers, meter } = options;
    this.quality = new Quality((rule, what) => meter.rule(rule, what));
    this.groups = new Groups(new Routes(route), `${name} ${service}`);
    this.quieting = new Quieting(options.inhibit, options.maintenance);
    this.fatigue = new Fatigue(options.fatigue);
    this.#flapping = new Flapping(options.flap);
    this.#notifiers = new Map(notifiers.map((each) => [each.name, each]));
  }

  /**
   * One step. What is to be sent is in the outbox afterwards.
   * @param board - what fires now
   * @returns what is to be said of incidents
   */
  *advance(
    board: ReadonlyMap<string, FiringAlert>,
    scene: Scene,
    wallMs: number,
  ): Generator<void, readonly Incident[]> {
    yield* this.#reconcile(board, scene);
    const { nowMs } = scene;
    const firing = [...this.cases.values()].filter(({ isFiring }) => isFiring);
    this.quieting.begin(firing, nowMs, wallMs);
    let at = 0;
    for (const one of this.cases.values()) {
      this.#judge(one, scene);
      if (++at % SLICE === 0) yield;
    }
    const incidents = yield* this.correlator.advance(this.cases, scene);
    for (const one of this.cases.values()) {
      if (isStanding(one) && one.quiet === undefined) this.groups.add(one, nowMs);
      else if (one.groups.size > 0) this.groups.withdraw(one);
      if (++at % SLICE === 0) yield;
    }
    for (const decision of this.groups.due(this.cases, nowMs)) {
      this.#tell(decision, scene);
      yield;
    }
    const base = { service: this.options.service, timeMs: scene.timeMs };
    for (const [notifier, digest] of this.fatigue.due(nowMs, base)) {
      this.#send(notifier, digest, scene);
    }
    this.#forget(nowMs);
    this.#steppedMs = nowMs;
    return incidents;
  }

  /** What became of a notice that was in the outbox. */
  settled(parcel: Parcel, outcome: Outcome, timeMs: number): void {
    if (outcome.status === "withdrawn") {
      this.outbox.takeBack(parcel);
      return;
    }
    this.outbox.remove(parcel);
    const reason = outcome.status === "dropped" ? outcome.reason : "";
    this.options.meter.notice(parcel.notifier, outcome.status, reason);
    const { key, title, severity } = parcel.notice;
    const text = `${parcel.notifier}${reason === "" ? "" : ` (${reason})`}: ${title}`;
    this.history.add({ timeMs, what: outcome.status, key, severity, text });
  }

  *#reconcile(board: ReadonlyMap<string, FiringAlert>, scene: Scene): Generator<void> {
    let at = 0;
    for (const alert of board.values()) {
      let one = this.cases.get(alert.key);
      if (one === undefined) {
        if (this.cases.size >= 2 * this.options.maxAlerts && !this.#makeRoom()) {
          if (alert.sinceMs > this.#steppedMs) this.options.meter.untold("limit");
          continue;
        }
        one = newCase(alert);
        this.cases.set(alert.key, one);
      }
      one.alert = alert;
      if (!one.isFiring) this.#fire(one, scene);
      if (++at % SLICE === 0) yield;
    }
    for (const one of this.cases.values()) {
      if (one.isFiring && !board.has(one.key)) this.#end(one, scene);
      if (++at % SLICE === 0) yield;
    }
  }

  #fire(one: Case, { nowMs, timeMs }: Scene): void {
    const { key, alert } = one;
    const { rule, severity, reason: text } = alert;
    one.isFiring = true;
    // The same in whichever process is asked; but what has been said to be over begins anew.
    const isNew = alert.sinceMs > (one.endedMs ?? Number.NEGATIVE_INFINITY);
    one.firedMs = isNew ? Math.min(nowMs, alert.sinceMs) : nowMs;
    one.coolMs = one.endedMs;
    one.endedMs = undefined;
    if (!one.isTold) {
      one.acknowledged = undefined;
      one.comments = [];
    }
    const wasFlapping = one.flap.isFlapping;
    one.flap = this.#flapping.fired(one.flap, nowMs);
    this.quality.fired(rule, timeMs);
    this.history.add({ timeMs, what: "fired", key, rule, severity, text });
    if (!one.flap.isFlapping || wasFlapping) return;
    const often = flappingText(one.flap, nowMs);
    this.history.add({ timeMs, what: "flapping", key, rule, severity, text: often });
  }

  #end(one: Case, { nowMs, timeMs }: Scene): void {
    const { key, alert, quiet, acknowledged } = one;
    const { rule, severity, reason: text } = alert;
    one.isFiring = false;
    one.endedMs = nowMs;
    one.closedMs = undefined;
    this.quality.resolved(rule, timeMs, nowMs - one.firedMs, acknowledged !== undefined);
    this.history.add({ timeMs, what: "resolved", key, rule, severity, text });
    if (one.isTold) return;
    this.quality.untold(rule, timeMs);
    this.options.meter.untold(quiet?.kind ?? "brief");
  }

  #judge(one: Case, { nowMs, timeMs }: Scene): void {
    one.flap = this.#flapping.at(one.flap, nowMs);
    const { closedMs } = one;
    if (closedMs !== undefined && nowMs - closedMs >= this.options.route.repeatIntervalMs) {
      one.closedMs = undefined;
    }
    if (!one.isFiring && !one.flap.isFlapping) {
      one.quiet = undefined;
      return;
    }
    const before = one.quiet?.kind;
    one.quiet = this.quieting.of(one);
    if (one.quiet === undefined || one.quiet.kind === before || one.isTold) return;
    const { key, alert } = one;
    const { rule, severity } = alert;
    const { kind, text } = one.quiet;
    this.history.add({ timeMs, what: "kept-quiet", key, rule, severity, text: `${kind}: ${text}` });
  }

  #tell(decision: Decision, scene: Scene): void {
    const { nowMs, timeMs, shown } = scene;
    const { service } = this.options;
    if (decision.notifiers.length === 0 && decision.cause === "resolved") {
      this.groups.told(decision, nowMs);
      return;
    }
    const incident = this.#incidentOf(decision, scene);
    const notice = compose(decision, { service, nowMs, timeMs, shown, incident });
    this.groups.told(decision, nowMs);
    const { key, severity, title: text } = notice;
    this.history.add({ timeMs, what: "notice", key, severity, text });
    if (decision.notifiers.length === 0) {
      this.options.meter.notice("", "dropped", "no_notifier");
    }
    for (const name of decision.notifiers) {
      const notifier = this.#notifiers.get(name);
      const isNow = notifier?.digests === false || this.fatigue.admit(name, notice, nowMs);
      if (isNow) this.#send(name, notice, scene);
      else {
        this.options.meter.notice(name, "digested", "");
        this.history.add({ timeMs, what: "digested", key, severity, text: `${name}: ${text}` });
      }
    }
  }

  #send(notifier: string, notice: Notice, { timeMs }: Scene): void {
    const refused = this.outbox.add({ notifier, notice });
    if (refused === undefined) return;
    const { key, title: text, severity } = refused.notice;
    this.options.meter.notice(refused.notifier, "dropped", "queue_full");
    this.history.add({ timeMs, what: "dropped", key, severity, text });
  }

  /** The incident that most of the alerts are of. */
  #incidentOf({ firing, ended }: Decision, { timeMs, shown }: Scene): Incident | undefined {
    const counts = new Map<string, number>();
    for (const { incident } of firing.length > 0 ? firing : ended) {
      if (incident !== undefined) counts.set(incident, (counts.get(incident) ?? 0) + 1);
    }
    const [most] = [...counts].sort(([, one], [, other]) => other - one);
    const incident = most === undefined ? undefined : this.correlator.open.get(most[0]);
    return incident === undefined ? undefined : incidentEvent(incident, timeMs, shown);
  }

  /** Cases that nothing will be asked of any more. */
  #forget(nowMs: number): void {
    for (const [key, one] of this.cases) {
      const { isFiring, groups, flap, endedMs = nowMs, alert, incident } = one;
      const isBusy = isFiring || groups.size > 0 || flap.firings > 0 || incident !== undefined;
      if (!isBusy && nowMs - endedMs >= alert.cooldownMs) this.cases.delete(key);
    }
  }

  /** Gives up the oldest that is over and in no group. @returns whether there was one */
  #makeRoom(): boolean {
    for (const [key, { isFiring, groups }] of this.cases) {
      if (isFiring || groups.size > 0) continue;
      this.cases.delete(key);
      return true;
    }
    return false;
  }
}
