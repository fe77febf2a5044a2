import type { Cause, Severity } from "../snapshot/events.js";

/** Why a notice goes out now. */
export type NoticeCause =
  | "new"
  | "worse"
  | "more"
  | "repeat"
  | "escalation"
  | "resolved"
  | "digest";

/** One alert as a notice tells of it. Plain data. */
export interface NoticeAlert {
  /** The same for the same alert in every process, over restarts. */
  readonly key: string;
  readonly rule: string;
  readonly status: "firing" | "resolved";
  readonly severity: Severity;
  readonly operation: string;
  readonly signal: string;
  /** `alertname`, `severity`, `service` and `operation` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value?: number;
  readonly threshold?: number;
  /** Of value and threshold: `ms`, `1` (a ratio), `1/s`, … */
  readonly unit: string;
  /** Epoch ms. */
  readonly startsAtMs: number;
  readonly endsAtMs?: number;
  /** In words a person can act on. */
  readonly reason: string;
  /** It comes and goes; until it is calm it counts as firing. In words. */
  readonly flapping?: string;
  readonly acknowledgedBy?: string;
}

/** What an incident adds to its alerts. */
export interface NoticeIncident {
  readonly id: string;
  readonly title: string;
  readonly sinceMs: number;
  /** The likeliest first. */
  readonly causes: readonly Cause[];
  /** Share of requests affected, 0…1. */
  readonly affectedRatio: number;
}

export interface NoticeLink {
  readonly title: string;
  /** http or https. */
  readonly url: string;
}

/**
 * What a notifier is asked to tell. Immutable, plain data.
 *
 * `key` is of the thing told of, and stays from "firing" to "resolved": what PagerDuty calls its
 * `dedup_key`. `dedupKey` is of this one notice: the same notice has the same, whichever process sends it
 * and however often, so that a receiver can drop a double after a failover.
 */
export interface Notice {
  readonly key: string;
  readonly dedupKey: string;
  readonly status: "firing" | "resolved" | "digest";
  readonly cause: NoticeCause;
  /** The worst of its alerts. */
  readonly severity: Severity;
  readonly service: string;
  /** The labels that its alerts are grouped by. */
  readonly group: Readonly<Record<string, string>>;
  /** One line. */
  readonly title: string;
  /** A few lines of plain text. Not escaped for any format. */
  readonly text: string;
  /** Epoch ms. */
  readonly timeMs: number;
  /** The worst first, at most 50. */
  readonly alerts: readonly NoticeAlert[];
  /** Alerts that there was no room for. */
  readonly omitted: number;
  readonly incident?: NoticeIncident;
  /** From annotations whose name ends in `_url`. */
  readonly links: readonly NoticeLink[];
  /** How often it has been escalated; 0: not yet. */
  readonly escalation: number;
  /** Of a digest: the notices that it stands for, at most 50, without their alerts. */
  readonly parts?: readonly DigestPart[];
}

/** A notice that was put into a digest. */
export type DigestPart = Pick<
  Notice,
  "key" | "dedupKey" | "status" | "severity" | "title" | "timeMs" | "group"
>;

/**
 * Tells people, or another system. Five lines make one:
 *
 * @example
 * const pager = { name: "pager", notify: (notice, signal) => page(notice.title, { signal }) };
 */
export interface Notifier {
  /** Low cardinality: routes name it, and so do metrics. */
  readonly name: string;
  /**
   * Sends one notice. What it throws or rejects with is a failure, and the notice is sent again after a
   * while, with the same `dedupKey`; a `NotifyError` says more.
   * @param signal - aborts when its time is up; the promise is not waited for any longer
   */
  notify(notice: Notice, signal: AbortSignal): Promise<void> | void;
  /** False for a system with a restraint of its own: it gets every notice, never a digest. @default true */
  readonly digests?: boolean;
}

export interface NotifyErrorOptions {
  /** It would be refused again: no retry. @default false */
  readonly permanent?: boolean;
  /** The receiver asks to be left alone for so long, ms. */
  readonly retryAfterMs?: number;
  /** What the drop is counted as when it is given up: low cardinality, `undelivered` say. */
  readonly reason?: string;
}

/** Thrown by a notifier that knows what a failure means. Its message is logged: no secrets. */
export class NotifyError extends Error {
  override readonly name = "NotifyError";
  readonly permanent: boolean;
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;

  constructor(message: string, options: NotifyErrorOptions = {}) {
    super(message);
    this.permanent = options.permanent ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.reason = options.reason;
  }
}
