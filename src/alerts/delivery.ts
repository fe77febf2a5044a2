import { type Diag, describeError } from "../diag/diag.js";
import { isThenable } from "../diag/guarded-call.js";
import { readFields } from "../diag/read-fields.js";
import type { Clock } from "../time/clock.js";
import { limitOf } from "../time/limit.js";
import type { Notice, Notifier, NotifyError } from "./notice.js";

/** A notice on its way to one notifier. */
export interface Parcel {
  readonly notifier: string;
  readonly notice: Notice;
}

/** What became of a parcel. Withdrawn: it is somebody else's to send now, or kept for the next start. */
export type Outcome =
  | { readonly status: "delivered" }
  | { readonly status: "dropped"; readonly reason: string }
  | { readonly status: "withdrawn" };

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly diag: Diag;
  readonly notifiers: readonly Notifier[];
  /** Whether this process may send just now: asked before each attempt. */
  readonly maySend: () => boolean;
  readonly onOutcome: (parcel: Parcel, outcome: Outcome) => void;
  /** 0…1, for the jitter. @default Math.random */
  readonly random?: () => number;
}

const ATTEMPTS = 6;
/** Longest that one attempt is waited for. */
const ATTEMPT_MS = 10_000;
/** A notice that could not be told for so long is no news any more. */
const DEADLINE_MS = 600_000;
const BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 120_000;
const MAX_QUEUED = 100;
const MAX_BYTES = 2_097_152;
/** Attempts that never settle: a notifier that has so many is not called again before one does. */
const MAX_HANGING = 4;

/** Sends notices: one at a time to each notifier, with retries, and never without end. */
export class Delivery {
  readonly #lanes: ReadonlyMap<string, Lane>;

  constructor(private readonly options: DeliveryOptions) {
    this.#lanes = new Map(options.notifiers.map((each) => [each.name, new Lane(each, options)]));
  }

  /** Never throws. What there is no room for is dropped, and counted through `onOutcome`. */
  add(parcel: Parcel): void {
    const lane = this.#lanes.get(parcel.notifier);
    if (lane !== undefined) lane.add(parcel);
    // Decided before a restart that came without this notifier.
    else this.options.onOutcome(parcel, { status: "dropped", reason: "no_notifier" });
  }

  /** Notices that wait, by notifier. */
  *queued(): Generator<readonly [notifier: string, count: number]> {
    for (const [name, lane] of this.#lanes) yield [name, lane.size];
  }

  /**
   * Tries everything once more without waiting, then gives up what is left. Never rejects.
   * @param timeoutMs - when to give up at the latest
   */
  async stop(timeoutMs: number): Promise<void> {
    await Promise.all(Array.from(this.#lanes.values(), (lane) => lane.stop(timeoutMs)));
  }
}

interface Queued {
  readonly parcel: Parcel;
  readonly bytes: number;
  readonly deadlineMs: number;
  attempts: number;
}

type Answer =
  | { readonly is: "ok" }
  | { readonly is: "late" }
  | { readonly is: "failed"; readonly error: unknown };

/** The queue of one notifier. */
class Lane {
  readonly #queue: Queued[] = [];
  #bytes = 0;
  #isBusy = false;
  #isStopping = false;
  #hanging = 0;
  #cancelWait: () => void = () => {};
  #idle: () => void = () => {};

  constructor(
    private readonly notifier: Notifier,
    private readonly options: DeliveryOptions,
  ) {}

  get size(): number {
    return this.#queue.length;
  }

  add(parcel: Parcel): void {
    const bytes = JSON.stringify(parcel.notice).length;
    const { clock } = this.options;
    const queued = { parcel, bytes, deadlineMs: clock.now() + DEADLINE_MS, attempts: 0 };
    this.#supersede(parcel.notice);
    this.#queue.push(queued);
    this.#bytes += bytes;
    this.#makeRoom();
    this.#run();
  }

  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#queue.length > 0) {
      const limit = limitOf(this.options.clock, timeoutMs, true);
      const idle = new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      this.#cancelWait();
      this.#run();
      await Promise.race([idle, limit.expired]);
      limit.cancel();
    }
    this.#cancelWait();
    for (const queued of [...this.#queue]) this.#settle(queued, { status: "withdrawn" });
  }

  /** Of two notices of one group that say the same, the newer says it all. */
  #supersede({ key, status }: Notice): void {
    for (const queued of this.#waiting()) {
      const { notice } = queued.parcel;
      if (notice.key !== key || notice.status !== status || status === "digest") continue;
      this.#settle(queued, { status: "dropped", reason: "superseded" });
    }
  }

  /** The oldest of the least severe give way. */
  #makeRoom(): void {
    while (this.#queue.length > MAX_QUEUED || (this.#bytes > MAX_BYTES && this.#queue.length > 1)) {
      const waiting = this.#waiting();
      const least =
        waiting.find(({ parcel }) => parcel.notice.severity === "info") ??
        waiting.find(({ parcel }) => parcel.notice.severity === "warning") ??
        waiting[0];
      if (least === undefined) return;
      this.#settle(least, { status: "dropped", reason: "queue_full" });
    }
  }

  /** All but the one that is being sent. */
  #waiting(): Queued[] {
    return this.#queue.slice(this.#isBusy ? 1 : 0);
  }

  #run(): void {
    const [head] = this.#queue;
    if (this.#isBusy) return;
    if (head === undefined) {
      this.#idle();
      return;
    }
    if (!this.options.maySend()) {
      for (const queued of [...this.#queue]) this.#settle(queued, { status: "withdrawn" });
      this.#idle();
      return;
    }
    this.#isBusy = true;
    void this.#attempt(head);
  }

  async #attempt(head: Queued): Promise<void> {
    const outcome = await this.#send(head);
    if (outcome !== undefined) {
      this.#settle(head, outcome);
      this.#isBusy = false;
      this.#run();
    }
  }

  /** @returns undefined: it is tried again later */
  async #send(head: Queued): Promise<Outcome | undefined> {
    head.attempts++;
    if (this.#hanging >= MAX_HANGING) return this.#later(head, undefined, "timeout");
    const answer = await this.#call(head.parcel.notice);
    if (answer.is === "ok") return { status: "delivered" };
    const { error } = answer.is === "failed" ? answer : { error: undefined };
    const { permanent, retryAfterMs, reason } = readFields(error as NotifyError, [
      "permanent",
      "retryAfterMs",
      "reason",
    ]);
    const { diag } = this.options;
    const { name } = this.notifier;
    const what = answer.is === "late" ? "no answer in time" : describeError(error);
    diag.warn(`alerts:notifier:${name}`, `notifier ${name}: ${what}`);
    const why =
      typeof reason === "string" && reason !== ""
        ? reason.slice(0, 40)
        : answer.is === "late"
          ? "timeout"
          : permanent === true
            ? "rejected"
            : "failed";
    if (permanent === true) return { status: "dropped", reason: why };
    return this.#later(head, retryAfterMs, why);
  }

  /** Waits for the next attempt, or gives up. */
  #later(head: Queued, askedMs: unknown, reason: string): Outcome | undefined {
    const { clock, random = Math.random } = this.options;
    const backoffMs = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 4 ** (head.attempts - 1));
    const jitteredMs = backoffMs * (0.5 + 0.5 * random());
    const isAsked = typeof askedMs === "number" && askedMs >= 0;
    const waitMs = isAsked ? Math.max(askedMs, jitteredMs) : jitteredMs;
    // Whoever asks to be left alone is not asked in vain: such an attempt is not one of the few.
    const isSpent = head.attempts >= ATTEMPTS && !isAsked;
    if (isSpent || clock.now() + waitMs > head.deadlineMs) return { status: "dropped", reason };
    if (this.#isStopping) return { status: "withdrawn" };
    const resume = () => {
      this.#cancelWait = () => {};
      this.#isBusy = false;
      this.#run();
    };
    const cancel = clock.schedule(waitMs, resume);
    this.#cancelWait = () => {
      cancel();
      resume();
    };
    return undefined;
  }

  /** One call of foreign code, with a deadline. */
  async #call(notice: Notice): Promise<Answer> {
    const { clock } = this.options;
    const controller = new AbortController();
    try {
      const pending: unknown = this.notifier.notify(notice, controller.signal);
      if (!isThenable(pending)) return { is: "ok" };
      this.#hanging++;
      const settled: Promise<Answer> = Promise.resolve(pending)
        .then(
          (): Answer => ({ is: "ok" }),
          (error: unknown): Answer => ({ is: "failed", error }),
        )
        .finally(() => {
          this.#hanging--;
        });
      const limit = limitOf(clock, ATTEMPT_MS);
      const answer = await Promise.race([
        settled,
        limit.expired.then((): Answer => ({ is: "late" })),
      ]);
      limit.cancel();
      if (answer.is === "late") controller.abort(new Error("no answer in time"));
      return answer;
    } catch (error) {
      return { is: "failed", error };
    }
  }

  #settle(queued: Queued, outcome: Outcome): void {
    const at = this.#queue.indexOf(queued);
    if (at < 0) return;
    this.#queue.splice(at, 1);
    this.#bytes -= queued.bytes;
    this.options.onOutcome(queued.parcel, outcome);
  }
}
