import { describeError } from "../diag/diag.js";
import type { WatchContext, Watcher } from "../readers/watcher.js";
import type { Severity } from "../snapshot/events.js";
import type { Snapshot } from "../snapshot/model.js";
import { type BurnStatus, burnStatusOf } from "./burn-rate.js";
import { DayBook } from "./day-book.js";
import { type ErrorBudget, errorBudgetOf } from "./error-budget.js";
import { History } from "./history.js";
import { type Events, ratioOf } from "./objective.js";
import { type ResolvedSloOptions, resolveSloOptions, type SloOptions } from "./options.js";
import { reportOf, type SloReport } from "./report.js";
import { reviewOf, type TargetReview } from "./review.js";
import { RunningEvents } from "./running.js";
import { SloSaved } from "./saved.js";
import { type Reading, type Sli, sliOf } from "./sli.js";
import { SloTelling } from "./telling.js";
import { longestOf, periodAt } from "./window.js";

const DAY = 86_400_000;
/** Reports look back so far, whatever the window. */
const REPORT_DAYS = 90;

/** How a promise stands now. */
export interface SloStatus {
  readonly name: string;
  readonly objective: number;
  /** Epoch ms of the window. */
  readonly from: number;
  readonly to: number;
  readonly events: Events;
  /** Good ÷ all in the window; 1 without events. */
  readonly ratio: number;
  readonly met: boolean;
  readonly budget: ErrorBudget;
  readonly burn: readonly BurnStatus[];
  /** The worst severity among the burn rates that alert; undefined: none does. */
  readonly severity: Severity | undefined;
  /** ms until the budget is gone at the pace of the last hour; undefined while it is not shrinking. */
  readonly exhaustedInMs: number | undefined;
}

const HOUR = 3_600_000;
const RANK: Readonly<Record<Severity, number>> = { critical: 3, warning: 2, info: 1 };

/**
 * A service level objective, kept on the monitor's timer: `createAuspex({ slos: [slo({ … })] })`.
 *
 * An evaluation costs a snapshot of the totals (shared by all SLOs) and some microseconds.
 */
export class Slo implements Watcher {
  readonly name: string;
  readonly intervalMs: number;
  readonly options: ResolvedSloOptions;
  readonly #sli: Sli;
  readonly #history: History;
  readonly #days: DayBook;
  readonly #running = new RunningEvents();
  readonly #saved: SloSaved;
  #context: WatchContext | undefined;
  #telling: SloTelling | undefined;
  /** What the history held before this process began. */
  #before: Events = { good: 0, total: 0 };
  #isFetching = false;
  #isFaulty = false;

  /** @throws SloOptionsError listing every fault */
  constructor(options: SloOptions) {
    this.options = resolveSloOptions(options);
    const { name, window, intervalMs, sli, operation } = this.options;
    this.name = name;
    this.intervalMs = intervalMs;
    this.#sli = sliOf(sli, operation);
    const keepDays = Math.max(REPORT_DAYS, Math.ceil(longestOf(window) / DAY));
    this.#history = new History(intervalMs, keepDays * DAY);
    this.#days = new DayBook(keepDays);
    this.#saved = new SloSaved(name, {
      save: () => ({ history: this.#history.save(), days: this.#days.save() }),
      restore: (state) => this.#restore(state),
    });
  }

  async start(context: WatchContext): Promise<void> {
    this.#context = context;
    this.#telling = new SloTelling(this.options, context);
    this.#sli.start(context);
    // What is there already is nobody's promise; what comes while the state is loaded is ours.
    this.#look();
    await this.#saved.load(context);
    this.#history.add(context.clock.wall(), this.#counted());
  }

  step(): void {
    this.#look();
  }

  async stop(timeoutMs: number): Promise<void> {
    if (this.#context === undefined) return;
    if (this.options.source === undefined) this.#look();
    await this.#saved.stop(timeoutMs);
    this.#context = undefined;
  }

  /** How the promise stands. Cheap enough for every request to a status page. */
  status(): SloStatus {
    const { name, objective, window, burnRates, minEvents } = this.options;
    const now = this.#now();
    const { from, to } = periodAt(window, now);
    const within = (ms: number) => this.#history.between(now - ms, now);
    const events = this.#history.between(from, now);
    const budget = errorBudgetOf(events, objective, to - from);
    const knownMs = now - (this.#history.since ?? now);
    const burning = { objective, minEvents, knownMs, within };
    const burn = burnRates.map((rate) => burnStatusOf(rate, burning));
    return {
      name,
      objective,
      from,
      to,
      events,
      ratio: ratioOf(events),
      met: ratioOf(events) >= objective,
      budget,
      burn,
      severity: worstOf(burn),
      exhaustedInMs: exhaustionOf(budget, within(HOUR), objective),
    };
  }

  /**
   * How it was kept: over the window of the objective, or the last day or seven days.
   *
   * Days are those of UTC; the first of them counts whole.
   */
  report(over: "day" | "week" | "window" = "window"): SloReport {
    const now = this.#now();
    const { name, objective, window } = this.options;
    const lengths = { day: DAY, week: 7 * DAY };
    const from = over === "window" ? periodAt(window, now).from : now - lengths[over];
    const firstDay = Math.floor(from / DAY) * DAY;
    return reportOf({ name, objective }, this.#days.days, firstDay, now);
  }

  /** What target would have held over all that is known. */
  review(): TargetReview {
    const now = this.#now();
    const all = this.#history.between(now - longestOf(this.options.window), now);
    return reviewOf(this.options.objective, all);
  }

  toJSON(): SloStatus {
    return this.status();
  }

  #look(): void {
    const { source } = this.options;
    const context = this.#context;
    if (context === undefined) return;
    if (source === undefined) this.#take(() => context.snapshot("total"));
    else void this.#fetch(source);
  }

  async #fetch(source: NonNullable<SloOptions["source"]>): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      const snapshot = await source.snapshot("total");
      this.#take(() => snapshot);
    } catch (error) {
      this.#fault(error);
    } finally {
      this.#isFetching = false;
    }
  }

  #take(snapshot: () => Snapshot): void {
    let reading: Reading;
    try {
      reading = this.#sli.read(snapshot());
    } catch (error) {
      this.#fault(error);
      return;
    }
    this.#isFaulty = false;
    const context = this.#context;
    if (context === undefined) return;
    const now = context.clock.wall();
    const before = this.#running.sum;
    this.#running.read(reading);
    const { good, total } = this.#running.sum;
    const added = { good: good - before.good, total: total - before.total };
    this.#history.add(now, this.#counted());
    this.#days.add(now, added, reading.causes);
    this.#telling?.told(added, this.status());
    this.#saved.tick();
  }

  #restore(state: unknown): boolean {
    const { history, days } = (state ?? {}) as { history?: unknown; days?: unknown };
    const before = this.#history.restore(history);
    if (before === undefined) return false;
    this.#before = before;
    this.#days.restore(days);
    return true;
  }

  #counted(): Events {
    const { good, total } = this.#running.sum;
    return { good: this.#before.good + good, total: this.#before.total + total };
  }

  #fault(error: unknown): void {
    if (this.#isFaulty) return;
    this.#isFaulty = true;
    this.#context?.diag.warn(
      `slo:${this.name}`,
      `SLO ${this.name} cannot be read: ${describeError(error)}`,
    );
  }

  #now(): number {
    return this.#context?.clock.wall() ?? Date.now();
  }
}

/**
 * An SLO: give it to `createAuspex({ slos: […] })`.
 *
 * @throws SloOptionsError listing every fault of the options and how to mend it
 */
export function slo(options: SloOptions): Slo {
  return new Slo(options);
}

function worstOf(burn: readonly BurnStatus[]): Severity | undefined {
  let worst: Severity | undefined;
  for (const { firing, severity } of burn) {
    if (firing && (worst === undefined || RANK[severity] > RANK[worst])) worst = severity;
  }
  return worst;
}

/** At the pace of the last hour. */
function exhaustionOf(
  budget: ErrorBudget,
  lastHour: Events,
  objective: number,
): number | undefined {
  const spending = lastHour.total - lastHour.good - (1 - objective) * lastHour.total;
  if (!(spending > 0) || budget.remaining <= 0) return undefined;
  return (budget.remaining / spending) * HOUR;
}
