import type { Clock } from "./clock.js";

interface Task {
  readonly intervalMs: number;
  readonly run: () => void;
  due: number;
}

/**
 * The one timer of a monitor, and a queue of deadlines.
 *
 * A task that comes late runs once and skips what it missed; it never catches up. What a task throws
 * goes to `onFault`, and the other tasks still run.
 */
export class Ticker {
  readonly #tasks: Task[] = [];
  #cancel: (() => void) | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /**
   * Calls `run` every `intervalMs`, on a grid that begins `offsetMs` from now.
   * @returns stop
   */
  every(intervalMs: number, run: () => void, offsetMs = intervalMs): () => void {
    const task: Task = { intervalMs, run, due: this.clock.now() + offsetMs };
    this.#tasks.push(task);
    this.#arm();
    return () => {
      const at = this.#tasks.indexOf(task);
      if (at >= 0) this.#tasks.splice(at, 1);
      this.#arm();
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#tasks.length = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    if (this.#stopped) return;
    let due = Number.POSITIVE_INFINITY;
    for (const task of this.#tasks) due = Math.min(due, task.due);
    if (due === this.#armedFor && this.#cancel !== undefined) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedFor = due;
    if (due === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.clock.schedule(Math.ceil(due - this.clock.now()), () => {
      this.#cancel = undefined;
      this.#fire();
    });
  }

  #fire(): void {
    const now = this.clock.now();
    for (const task of [...this.#tasks]) {
      // Node's timers may fire up to a millisecond early.
      if (task.due > now + 1 || !this.#tasks.includes(task)) continue;
      const missed = Math.floor((now - task.due) / task.intervalMs);
      task.due += Math.max(1, missed + 1) * task.intervalMs;
      try {
        task.run();
      } catch (error) {
        this.onFault(error);
      }
    }
    this.#arm();
  }
}
