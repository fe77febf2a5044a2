import type { Moment, TaskBegun, TaskDone } from "./facts.js";
import { type Load, loadOf } from "./load.js";
import { LruMap } from "./lru-map.js";
import { nameOf } from "./names.js";
import { type AgentRank, type Performance, ranked } from "./ranking.js";
import { countIn, fieldsIn, listIn } from "./saved.js";

const MAX_AGENTS = 1000;
/** What a message said of an agent that was not heard of since: it may have died with its work. */
const SAID_MS = 86_400_000;
/** An agent that nothing was heard of for a week is forgotten, unless it has something to do. */
const KEPT_MS = 7 * 86_400_000;
/** An agent that did something so lately takes part, though it has nothing to do now. */
const IN_SERVICE_MS = 300_000;
/** Tasks after which older ones count half: agents are ranked by what they do these days. */
const MEMORY_TASKS = 500;

export interface AgentReading {
  readonly agent: string;
  readonly active: boolean;
  /** Tasks under way. */
  readonly tasks: number;
  readonly done: number;
  readonly failed: number;
  /** Epoch ms. */
  readonly lastSeenMs: number;
}

export interface AgentsReading {
  readonly activeCount: number;
  /** Of the agents that are active. */
  readonly load: Load;
  /** Of those too that did something in the last five minutes: one that gets no work is part of it. */
  readonly inService: Load;
  readonly agents: readonly AgentReading[];
}

/** What a message says of an agent. */
export interface AgentStatus {
  readonly agent: string;
  readonly status: "busy" | "idle" | "offline";
  /** Undefined: not told. */
  readonly tasks: number | undefined;
}

class AgentRecord {
  isActive = false;
  /** Tasks whose beginning was told and whose end was not. */
  running = 0;
  /** What a message said last; it goes before what was counted. */
  reported: number | undefined;
  /** When a message said so, monotonic ms; undefined: none did, or this process knew better since. */
  saidMs: number | undefined;
  done = 0;
  failed = 0;
  seen: Moment = { nowMs: 0, wallMs: 0 };
  #performance = { tasks: 0, errors: 0, tookMs: 0, usualMs: 0 };

  constructor(readonly agent: string) {}

  get tasks(): number {
    return this.reported ?? this.running;
  }

  get works(): boolean {
    return this.isActive || this.tasks > 0;
  }

  get performance(): Performance {
    return { agent: this.agent, ...this.#performance };
  }

  ended({ outcome, durationMs }: TaskDone, usualMs: number): void {
    if (outcome === "aborted") return;
    const known = this.#performance;
    known.tasks++;
    if (outcome === "error") {
      this.failed++;
      known.errors++;
    } else {
      this.done++;
      known.tookMs += durationMs;
      known.usualMs += usualMs;
    }
    if (known.tasks < 2 * MEMORY_TASKS) return;
    known.tasks /= 2;
    known.errors /= 2;
    known.tookMs /= 2;
    known.usualMs /= 2;
  }

  save(): object {
    const { agent, done, failed, seen } = this;
    return { agent, done, failed, seenMs: seen.wallMs, performance: this.#performance };
  }

  /** Adds what was saved to what has come since; what it had under way then, it has not now. */
  restore(saved: Readonly<Record<string, unknown>>, at: Moment): void {
    this.done += countIn(saved.done);
    this.failed += countIn(saved.failed);
    const performance = fieldsIn(saved.performance);
    for (const name of ["tasks", "errors", "tookMs", "usualMs"] as const) {
      this.#performance[name] += countIn(performance[name]);
    }
    if (this.seen.wallMs > 0) return;
    const wallMs = Math.min(at.wallMs, countIn(saved.seenMs));
    this.seen = { nowMs: at.nowMs - (at.wallMs - wallMs), wallMs };
  }

  /** What was said too long ago is not believed any more. */
  doubt(nowMs: number): void {
    if (this.saidMs === undefined || nowMs - this.saidMs <= SAID_MS) return;
    this.saidMs = undefined;
    this.reported = undefined;
    this.isActive = false;
  }

  read(): AgentReading {
    const { agent, works: active, tasks, done, failed, seen } = this;
    return { agent, active, tasks, done, failed, lastSeenMs: seen.wallMs };
  }
}

/** Who works, on how much, and how well. */
export class AgentBook {
  readonly #agents = new LruMap<string, AgentRecord>(MAX_AGENTS);

  begun({ agent }: TaskBegun, at: Moment): void {
    this.#seen(agent, at).running++;
  }

  /** @param usualMs - what a task of its type takes on average */
  done(task: TaskDone, usualMs: number, at: Moment, hasBegun = true): void {
    const record = this.#seen(task.agent, at);
    if (hasBegun) record.running = Math.max(0, record.running - 1);
    record.ended(task, usualMs);
  }

  /** A task that runs no more, and nobody knows how it ended. */
  left({ agent }: TaskBegun): void {
    const record = this.#agents.peek(agent);
    if (record !== undefined) record.running = Math.max(0, record.running - 1);
  }

  activity(agent: string, isActive: boolean, at: Moment): void {
    const record = this.#seen(agent, at);
    record.isActive = isActive;
    if (record.reported === undefined) record.saidMs = undefined;
  }

  status({ agent, status, tasks }: AgentStatus, at: Moment): void {
    if (status === "offline") {
      this.#agents.delete(agent);
      return;
    }
    const record = this.#seen(agent, at);
    record.saidMs = at.nowMs;
    record.isActive = status === "busy";
    record.reported = status === "idle" ? (tasks ?? 0) : tasks;
  }

  expire({ nowMs }: Moment): void {
    for (const [key, { works, seen }] of this.#agents.entries()) {
      if (!works && nowMs - seen.nowMs > KEPT_MS) this.#agents.delete(key);
    }
  }

  save(): object[] {
    return [...this.#agents.values()].map((record) => ({ toJSON: () => record.save() }));
  }

  restore(saved: unknown, at: Moment): void {
    for (const each of listIn(saved, MAX_AGENTS)) {
      const agent = nameOf(each.agent);
      if (agent === undefined) continue;
      this.#agents.getOrMake(agent, () => new AgentRecord(agent)).restore(each, at);
    }
    this.expire(at);
  }

  rankings(): AgentRank[] {
    const known = [...this.#agents.values()].map(({ performance }) => performance);
    return ranked(known.filter(({ tasks }) => tasks > 0));
  }

  read({ nowMs }: Moment): AgentsReading {
    const known = [...this.#agents.values()];
    for (const record of known) record.doubt(nowMs);
    const active = known.filter(({ works }) => works);
    const inService = known.filter(
      ({ works, seen }) => works || nowMs - seen.nowMs < IN_SERVICE_MS,
    );
    return {
      activeCount: active.length,
      load: loadOf(active.map(({ tasks }) => tasks)),
      inService: loadOf(inService.map(({ tasks }) => tasks)),
      agents: known.map((record) => record.read()),
    };
  }

  #seen(agent: string, at: Moment): AgentRecord {
    const record = this.#agents.getOrMake(agent, () => new AgentRecord(agent));
    record.seen = at;
    return record;
  }
}
