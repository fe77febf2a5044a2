import type { AgentBook } from "../agent-book.js";
import type { Moment } from "../facts.js";
import { LruMap } from "../lru-map.js";
import type { SeriesBook } from "../series/series-book.js";
import type { TaskBook } from "../task-book.js";
import {
  agentStatusOf,
  CHANNELS,
  type TaskUpdate,
  taskUpdateOf,
  trainingProgressOf,
} from "./events.js";
import { type MessageFault, readMessage } from "./message.js";

/** What became of messages, since the start: each is in `received`, and in `accepted` or one of the others. */
export interface InboxTally extends Record<MessageFault, number> {
  received: number;
  accepted: number;
}

/** Tasks of others that are known by their id, under way and ended. */
const MAX_RUNNING = 10_000;
const MAX_ENDED = 10_000;
/** One whose end nobody told of has ended all the same. */
const LOST_MS = 86_400_000;
/** Clocks of two machines differ; a time that is further ahead is none. */
const AHEAD_MS = 60_000;

interface Running {
  readonly agent: string;
  readonly type: string;
  readonly sinceMs: number;
}

/** Enters what other programs report into the books of this one. */
export class Inbox {
  readonly tally: InboxTally = {
    received: 0,
    accepted: 0,
    oversized: 0,
    deep: 0,
    unreadable: 0,
    malformed: 0,
    duplicate: 0,
    unknown_channel: 0,
  };
  readonly #running = new LruMap<string, Running>(MAX_RUNNING);
  readonly #ended = new LruMap<string, true>(MAX_ENDED);

  constructor(
    private readonly books: {
      readonly tasks: TaskBook;
      readonly agents: AgentBook;
      readonly series: SeriesBook;
    },
  ) {}

  /** @returns whether it was taken. Never throws. */
  accept(channel: string, message: unknown, at: Moment): boolean {
    this.tally.received++;
    const fault = this.#enter(channel, message, at);
    this.tally[fault ?? "accepted"]++;
    return fault === undefined;
  }

  /** Takes tasks out of the books whose end nobody told of. */
  expire(at: Moment): void {
    for (const [id, running] of this.#running.entries()) {
      if (at.nowMs - running.sinceMs <= LOST_MS) break;
      this.#running.delete(id);
      this.#leave(running);
    }
  }

  #enter(channel: string, message: unknown, at: Moment): MessageFault | undefined {
    const read = readMessage(message);
    if ("fault" in read) return read.fault;
    const { fields } = read;
    switch (channel) {
      case CHANNELS.tasks: {
        const update = taskUpdateOf(fields);
        return update === undefined ? "malformed" : this.#task(update, at);
      }
      case CHANNELS.agents: {
        const status = agentStatusOf(fields);
        if (status === undefined) return "malformed";
        this.books.agents.status(status, at);
        return undefined;
      }
      case CHANNELS.training: {
        const progress = trainingProgressOf(fields);
        if (progress === undefined) return "malformed";
        const { projectId, step, metrics, timeMs = at.wallMs } = progress;
        const told = Math.min(timeMs, at.wallMs + AHEAD_MS);
        for (const [metric, value] of metrics) {
          this.books.series.get(`training:${projectId}:${metric}`).append(step, value, told);
        }
        return undefined;
      }
      default:
        return "unknown_channel";
    }
  }

  #task(update: TaskUpdate, at: Moment): MessageFault | undefined {
    const { taskId: id, outcome, agent, type } = update;
    const key = id === undefined ? undefined : JSON.stringify([agent, id]);
    const { tasks, agents } = this.books;
    if (outcome === undefined) {
      // Without an id nobody could tell whose end it is; the end alone is counted then.
      if (key === undefined) return undefined;
      if (this.#running.peek(key) !== undefined) return undefined;
      this.#makeRoom();
      this.#running.set(key, { agent, type, sinceMs: at.nowMs });
      this.#ended.delete(key);
      tasks.begun(update);
      agents.begun(update, at);
      return undefined;
    }
    if (key !== undefined && this.#ended.peek(key) !== undefined) return "duplicate";
    const begun = key === undefined ? undefined : this.#running.peek(key);
    if (key !== undefined) {
      this.#running.delete(key);
      this.#ended.set(key, true);
    }
    if (begun !== undefined) this.#leave(begun);
    const usualMs = tasks.usualMs(type) ?? update.durationMs;
    const done = { ...update, outcome };
    tasks.done(done, at, false);
    agents.done(done, usualMs, at, false);
    return undefined;
  }

  /** The one that began first, of too many, has probably ended. */
  #makeRoom(): void {
    if (this.#running.size < MAX_RUNNING) return;
    const [oldest] = this.#running.entries();
    if (oldest === undefined) return;
    this.#running.delete(oldest[0]);
    this.#leave(oldest[1]);
  }

  #leave(running: Running): void {
    this.books.tasks.left(running);
    this.books.agents.left(running);
  }
}
