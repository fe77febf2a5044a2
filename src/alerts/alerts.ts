import { Checks } from "../readers/checks.js";
import type { WatchContext, Watcher } from "../readers/watcher.js";
import type { Incident } from "../snapshot/events.js";
import type { ActiveAlert } from "./active.js";
import type { Act } from "./acts.js";
import { textOf } from "./check-texts.js";
import { Engine } from "./engine.js";
import type { HistoryEntry } from "./history.js";
import type { Marker } from "./incident/markers.js";
import { hashOf } from "./keys.js";
import type { AlertRule, AlertsOptions, SilenceOptions } from "./options.js";
import type { RuleQuality } from "./quality.js";
import { type RecordedStep, type RuleReplay, testRules } from "./replay.js";
import { type ResolvedAlertsOptions, resolveAlertsOptions } from "./resolve-options.js";
import { checkSilence, type Silence } from "./silence.js";

/** Acts made before the monitor runs; more are not kept. */
const MAX_EARLY = 100;

/**
 * Alert rules at work: hand it to `createAuspex({ alerts })`, which runs it on the monitor's timer.
 *
 * After construction nothing here throws. Reading is cheap: it shows what is there.
 */
export class Alerts implements Watcher {
  readonly name: string;
  readonly intervalMs: number;
  readonly #options: ResolvedAlertsOptions;
  #engine: Engine | undefined;
  #isRunning = false;
  #isOver = false;
  #context: WatchContext | undefined;
  #silences = 0;
  readonly #early: ((engine: Engine) => void)[] = [];

  /** @throws AlertsOptionsError listing every fault */
  constructor(options: AlertsOptions = {}) {
    this.#options = resolveAlertsOptions(options);
    this.name = this.#options.name;
    this.intervalMs = this.#options.intervalMs;
  }

  async start(context: WatchContext): Promise<void> {
    if (this.#engine !== undefined) {
      throw new Error("it runs already: make one for each monitor");
    }
    this.#context = context;
    const engine = new Engine(this.#options, context);
    this.#engine = engine;
    await engine.start();
    this.#isRunning = true;
    for (const act of this.#early.splice(0)) act(engine);
  }

  step(): Iterator<void> | undefined {
    return this.#isRunning ? this.#engine?.step() : undefined;
  }

  async stop(timeoutMs: number): Promise<void> {
    this.#isOver = true;
    if (!this.#isRunning) return;
    this.#isRunning = false;
    await this.#engine?.stop(timeoutMs);
  }

  /** What is pending or fires: here, and as far as it is known, in the other processes of the fleet. */
  active(): readonly ActiveAlert[] {
    return this.#engine?.active() ?? [];
  }

  /** Incidents that are open, then the last that are over. In a fleet as of the process that notifies. */
  incidents(): readonly Incident[] {
    return this.#engine?.incidents() ?? [];
  }

  /** What happened last, oldest first; at most 1000 entries. */
  history(): readonly HistoryEntry[] {
    return this.#engine?.desk.history.list() ?? [];
  }

  /** How good each rule is, over the last 30 days: what fired, was acknowledged, went away by itself. */
  quality(): readonly RuleQuality[] {
    return this.#engine?.desk.quality.report() ?? [];
  }

  /** How much each notifier has been asked to tell, 0…1; at 1 what comes goes into a digest. */
  fatigue(): Readonly<Record<string, number>> {
    return this.#engine?.fatigue() ?? {};
  }

  silences(): readonly Silence[] {
    return this.#engine?.desk.quieting.silences.list() ?? [];
  }

  /**
   * Somebody looks after it: no repeats, no escalation, until it fires anew.
   *
   * @param key - of an alert (`active()`), of a notice, or id of an incident
   * @returns whether that is known here; in a fleet the process that notifies hears of it in any case
   */
  acknowledge(key: string, by?: string, comment?: string): boolean {
    return this.#do((engine) => this.#about("acknowledge", key, by, comment, engine));
  }

  /**
   * It counts as over, and that is told. When it goes on, it is told anew once it has been over or when a
   * repeat is due.
   */
  resolve(key: string, by?: string, comment?: string): boolean {
    return this.#do((engine) => this.#about("resolve", key, by, comment, engine));
  }

  /** A remark, shown by `active()`. */
  comment(key: string, text: string, by?: string): boolean {
    return this.#do((engine) => this.#about("comment", key, by, text, engine));
  }

  /**
   * Nobody is told of alerts that fit, until the time given.
   *
   * @returns its id; undefined for options with a fault, which the logger is told of
   */
  silence(options: SilenceOptions): string | undefined {
    const checks = new Checks();
    const given = checkSilence("silence", options, checks);
    if (given === undefined) {
      this.#context?.diag.warn("alerts:silence", checks.faults.join("; "));
      return undefined;
    }
    const { incarnation } = this.#context ?? {};
    const id = hashOf(incarnation?.id ?? "", ++this.#silences, given.untilMs);
    const isAdded = this.#do((engine) => {
      const atMs = engine.now();
      return engine.act({ kind: "silence", silence: { fromMs: 0, ...given, id }, atMs });
    });
    return isAdded ? id : undefined;
  }

  /** Ends a silence before its time. */
  unsilence(id: string): boolean {
    return this.#do((engine) => engine.act({ kind: "unsilence", id, atMs: engine.now() }));
  }

  /** Something was done that may be the cause of what comes: a deploy, a changed flag. */
  marker(marker: Marker): void {
    const { kind, text, timeMs } = marker ?? {};
    this.#do((engine) => {
      const nowMs = engine.now();
      const isTime = typeof timeMs === "number" && Number.isFinite(timeMs);
      const atMs = isTime ? Math.min(nowMs, engine.steadyOf(timeMs)) : nowMs;
      const kept = { kind: textOf(kind, "marker"), text: textOf(text, ""), atMs };
      return engine.act({ kind: "marker", marker: kept, atMs: nowMs });
    });
  }

  /**
   * What rules would have done, over a record of the past.
   *
   * @throws AlertsOptionsError listing every fault of the rules
   */
  test(rules: readonly AlertRule[], record: Iterable<RecordedStep>): readonly RuleReplay[] {
    return testRules(rules, record);
  }

  toJSON(): object {
    return { name: this.name, active: this.active(), incidents: this.incidents() };
  }

  /** Now, or as soon as the engine has what was kept. */
  #do(act: (engine: Engine) => boolean): boolean {
    if (this.#engine !== undefined && this.#isRunning) return act(this.#engine);
    if (this.#isOver || this.#early.length >= MAX_EARLY) return false;
    this.#early.push(act);
    return true;
  }

  #about(
    kind: "acknowledge" | "resolve" | "comment",
    target: string,
    by: unknown,
    comment: unknown,
    engine: Engine,
  ): boolean {
    const who = textOf(by, "somebody");
    const said = textOf(comment, "");
    const base = { target: String(target), by: who, atMs: engine.now() };
    if (kind === "comment") return engine.act({ ...base, kind, comment: said } satisfies Act);
    return engine.act({ ...base, kind, ...(said !== "" && { comment: said }) });
  }
}

/**
 * Alert rules, and who is told: `createAuspex({ alerts: alerts({ rules, notifiers }) })`.
 *
 * @throws AlertsOptionsError listing every fault of the options
 */
export function alerts(options: AlertsOptions = {}): Alerts {
  return new Alerts(options);
}
