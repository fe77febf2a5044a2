import { isList } from "../readers/checks.js";
import type { Moment, TaskBegun, TaskDone } from "./facts.js";
import { LastHour } from "./last-hour.js";
import { LruMap } from "./lru-map.js";
import { nameOf } from "./names.js";
import { Recent, type Spread } from "./recent.js";
import { countIn, countsIn, fieldsIn, listIn } from "./saved.js";

const MAX_TYPES = 1000;
const LAST = 100;
const DAY_MS = 86_400_000;

/** One task that has ended. */
export interface Completion {
  /** Epoch ms. */
  readonly timeMs: number;
  readonly durationMs: number;
  readonly agent: string;
  readonly type: string;
}

/** Tasks against their limits. */
export interface Compliance {
  /** Tasks that had a limit. */
  readonly limited: number;
  /** Those that took longer, the waiting counted. */
  readonly late: number;
  /** In time ÷ limited; 1 when none had a limit. */
  readonly ratio: number;
}

export interface TaskTypeReading {
  readonly type: string;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  readonly aborted: number;
  /** Waiting is not in it. ms, of the last 100 that did not fail. */
  readonly duration: Spread;
  /** Since the start. */
  readonly sla: Compliance;
}

/** Tasks of all agents. */
export interface TasksOverall {
  readonly running: number;
  /** Ended without an error in the last hour. */
  readonly throughputPerHour: number;
  /** ms, of the last 100 that did not fail. */
  readonly duration: Spread;
  /** Of the last hour. */
  readonly sla: Compliance;
  /** Since midnight UTC. */
  readonly today: { readonly completed: number; readonly failed: number; readonly late: number };
  /** The last 100 that did not fail, oldest first. */
  readonly completions: readonly Completion[];
}

export interface TasksReading extends TasksOverall {
  /** By type; those that nothing was heard of longest are left out beyond 1,000. */
  readonly types: readonly TaskTypeReading[];
}

const COUNTS = ["done", "failed", "aborted", "limited", "late", "sumMs", "seenMs"] as const;

class TypeBook {
  running = 0;
  done = 0;
  failed = 0;
  aborted = 0;
  limited = 0;
  late = 0;
  readonly durations = new Recent(LAST);
  sumMs = 0;
  /** When one of it ended last, epoch ms. */
  seenMs = 0;

  constructor(readonly type: string) {}

  /** Of all that did not fail; undefined before the first. */
  get meanMs(): number | undefined {
    return this.done === 0 ? undefined : this.sumMs / this.done;
  }

  succeeded(durationMs: number): void {
    this.done++;
    this.sumMs += durationMs;
    this.durations.add(durationMs);
  }

  read(): TaskTypeReading {
    const { type, running, done, failed, aborted, limited, late } = this;
    const duration = this.durations.spread();
    return { type, running, done, failed, aborted, duration, sla: complianceOf(limited, late) };
  }

  save(): object {
    const counts = Object.fromEntries(COUNTS.map((name) => [name, this[name]]));
    return { type: this.type, ...counts, durations: this.durations.values() };
  }

  /** Adds what was saved to what has come since. */
  restore(saved: Readonly<Record<string, unknown>>): void {
    const seenMs = Math.max(this.seenMs, countIn(saved.seenMs));
    for (const name of COUNTS) this[name] += countIn(saved[name]);
    this.seenMs = seenMs;
    this.durations.precede(countsIn(saved.durations, LAST));
  }
}

/**
 * Throughput, completion times and compliance, over all and by type. A day after its last task nothing is
 * known of a type, nor of a completion.
 */
export class TaskBook {
  readonly #types = new LruMap<string, TypeBook>(MAX_TYPES);
  readonly #durations = new Recent(LAST);
  #completions: Completion[] = [];
  readonly #hour = { done: new LastHour(), limited: new LastHour(), late: new LastHour() };
  #today = { day: Number.NaN, completed: 0, failed: 0, late: 0 };
  #running = 0;

  /** @param limits - ms by type; they go before the limit that a task brings along */
  constructor(private readonly limits: ReadonlyMap<string, number>) {}

  begun({ type }: TaskBegun): void {
    this.#running++;
    this.#type(type).running++;
  }

  /** @param hasBegun - whether its beginning was told, so that it is among those that run */
  done(task: TaskDone, at: Moment, hasBegun = true): void {
    const type = this.#type(task.type);
    if (hasBegun) this.left(task);
    const today = this.#day(at);
    type.seenMs = at.wallMs;
    if (task.outcome === "aborted") {
      type.aborted++;
      return;
    }
    if (task.outcome === "error") {
      type.failed++;
      today.failed++;
    } else this.#succeeded(type, task, at);
    const limitMs = this.limits.get(task.type) ?? task.limitMs;
    if (limitMs === undefined) return;
    type.limited++;
    this.#hour.limited.add(at.nowMs);
    if (task.waitMs + task.durationMs <= limitMs) return;
    type.late++;
    today.late++;
    this.#hour.late.add(at.nowMs);
  }

  /** One that runs no more, and nobody knows how it ended. */
  left({ type }: TaskBegun): void {
    this.#running = Math.max(0, this.#running - 1);
    const book = this.#types.peek(type);
    if (book !== undefined) book.running = Math.max(0, book.running - 1);
  }

  /** Lets go of what is older than a day. */
  expire({ wallMs }: Moment): void {
    const since = wallMs - DAY_MS;
    for (const [key, { running, seenMs }] of this.#types.entries()) {
      if (running === 0 && seenMs < since) this.#types.delete(key);
    }
    if ((this.#completions[0]?.timeMs ?? since) >= since) return;
    this.#completions = this.#completions.filter(({ timeMs }) => timeMs >= since);
  }

  save(at: Moment): object {
    const { done, limited, late } = this.#hour;
    return {
      types: [...this.#types.values()].map((type) => ({ toJSON: () => type.save() })),
      durations: this.#durations.values(),
      completions: this.#completions.slice(-LAST),
      hour: {
        done: done.save(at.nowMs),
        limited: limited.save(at.nowMs),
        late: late.save(at.nowMs),
      },
      today: this.#day(at),
    };
  }

  /** Adds what was saved, by this or anything else, to what has come since the start. */
  restore(saved: Readonly<Record<string, unknown>>, savedMs: number, at: Moment): void {
    for (const each of listIn(saved.types, MAX_TYPES)) {
      const type = nameOf(each.type);
      if (type !== undefined) this.#type(type).restore(each);
    }
    this.#durations.precede(countsIn(saved.durations, LAST));
    const completions = listIn(saved.completions, LAST).flatMap((each) => completionIn(each) ?? []);
    this.#completions = [...completions, ...this.#completions].slice(-LAST);
    const hour = fieldsIn(saved.hour);
    const passedMs = Math.max(0, at.wallMs - savedMs);
    for (const name of ["done", "limited", "late"] as const) {
      const slots = hour[name];
      if (isList(slots)) this.#hour[name].restore(slots, at.nowMs, passedMs);
    }
    const today = this.#day(at);
    const { day, completed, failed, late } = fieldsIn(saved.today);
    if (day === today.day) {
      today.completed += countIn(completed);
      today.failed += countIn(failed);
      today.late += countIn(late);
    }
    this.expire(at);
  }

  /** What a task of a type takes on average, ms. */
  usualMs(type: string): number | undefined {
    return this.#types.peek(type)?.meanMs;
  }

  read(at: Moment): TasksReading {
    return { ...this.overall(at), types: [...this.#types.values()].map((type) => type.read()) };
  }

  overall(at: Moment): TasksOverall {
    const { done } = this.#hour;
    const { completed, failed, late } = this.#day(at);
    return {
      running: this.#running,
      throughputPerHour: done.total(at.nowMs),
      duration: this.#durations.spread(),
      sla: this.compliance(at),
      today: { completed, failed, late },
      completions: this.#completions.slice(-LAST),
    };
  }

  /** Of the last hour. */
  compliance({ nowMs }: Moment): Compliance {
    return complianceOf(this.#hour.limited.total(nowMs), this.#hour.late.total(nowMs));
  }

  #succeeded(type: TypeBook, { agent, durationMs }: TaskDone, { nowMs, wallMs }: Moment): void {
    type.succeeded(durationMs);
    this.#today.completed++;
    this.#hour.done.add(nowMs);
    this.#durations.add(durationMs);
    this.#completions.push({ timeMs: wallMs, durationMs, agent, type: type.type });
    if (this.#completions.length >= 2 * LAST) this.#completions.splice(0, LAST);
  }

  #type(type: string): TypeBook {
    return this.#types.getOrMake(type, () => new TypeBook(type));
  }

  #day({ wallMs }: Moment) {
    const day = Math.floor(wallMs / DAY_MS);
    if (this.#today.day !== day) this.#today = { day, completed: 0, failed: 0, late: 0 };
    return this.#today;
  }
}

function completionIn(given: Readonly<Record<string, unknown>>): Completion | undefined {
  const agent = nameOf(given.agent);
  const type = nameOf(given.type);
  if (agent === undefined || type === undefined) return undefined;
  return { timeMs: countIn(given.timeMs), durationMs: countIn(given.durationMs), agent, type };
}

export function complianceOf(limited: number, late: number): Compliance {
  return { limited, late, ratio: limited === 0 ? 1 : (limited - late) / limited };
}
