import { hashOf } from "./keys.js";
import type { DigestPart, Notice, NoticeAlert } from "./notice.js";
import { bySeverity, worstOf } from "./severity.js";
import { plural } from "./words.js";

export interface ResolvedFatigue {
  readonly burst: number;
  readonly perHour: number;
  readonly digestMs: number;
}

/** What waits to be told in one notice. */
interface Digest {
  readonly sinceMs: number;
  /** Notices that it stands for; the first of them are its parts. */
  count: number;
  readonly dedupKeys: string[];
  readonly parts: DigestPart[];
  readonly alerts: NoticeAlert[];
  omitted: number;
}

/** How much one notifier has been asked to tell. Kept over restarts. */
export interface FatigueState {
  load: number;
  atMs: number;
  digestedMs: number;
  digest: Digest | undefined;
}

const HOUR_MS = 3_600_000;
/** Something critical waits no longer than this for company. */
const URGENT_MS = 60_000;
const MAX_PARTS = 50;
/** Lines of a digest. */
const SHOWN = 20;
/** The end of something bothers people less than its beginning. */
const RESOLVED_WEIGHT = 0.5;

/**
 * Notices that come too thick are told together.
 *
 * A leaky bucket for each notifier: every notice fills it, an hour drains `perHour`. What would make it
 * run over goes into a digest.
 */
export class Fatigue {
  readonly states = new Map<string, FatigueState>();

  constructor(private readonly options: ResolvedFatigue) {}

  /** 0: rested; 1: what comes now goes into a digest. */
  score(notifier: string, nowMs: number): number {
    const state = this.states.get(notifier);
    return state === undefined ? 0 : Math.min(1, this.#load(state, nowMs) / this.options.burst);
  }

  /** @returns whether to tell it now; otherwise it is in the digest */
  admit(notifier: string, notice: Notice, nowMs: number): boolean {
    const state = this.#state(notifier);
    const weight = notice.status === "resolved" ? RESOLVED_WEIGHT : 1;
    const load = this.#load(state, nowMs);
    // While a digest waits, nothing overtakes it: the end of something must not come before it.
    if (state.digest === undefined && load + weight <= this.options.burst) {
      state.load = load + weight;
      state.atMs = nowMs;
      return true;
    }
    state.digest ??= {
      sinceMs: nowMs,
      count: 0,
      dedupKeys: [],
      parts: [],
      alerts: [],
      omitted: 0,
    };
    put(state.digest, notice);
    return false;
  }

  /** Digests that are due. */
  *due(nowMs: number, base: Pick<Notice, "service" | "timeMs">): Generator<[string, Notice]> {
    for (const [notifier, state] of this.states) {
      const { digest } = state;
      if (digest === undefined) continue;
      const isUrgent = digest.parts.some(
        ({ severity, status }) => severity === "critical" && status === "firing",
      );
      const waitMs = isUrgent ? Math.min(URGENT_MS, this.options.digestMs) : this.options.digestMs;
      const isDue = isUrgent
        ? nowMs - state.digestedMs >= waitMs
        : nowMs - Math.max(digest.sinceMs, state.digestedMs) >= waitMs;
      if (!isDue) continue;
      state.digest = undefined;
      state.digestedMs = nowMs;
      yield [notifier, noticeOf(notifier, digest, base)];
    }
  }

  /** A copy, to be kept. */
  save(): [string, FatigueState][] {
    return structuredClone([...this.states]);
  }

  #state(notifier: string): FatigueState {
    let state = this.states.get(notifier);
    if (state === undefined) {
      state = { load: 0, atMs: 0, digestedMs: 0, digest: undefined };
      this.states.set(notifier, state);
    }
    return state;
  }

  #load({ load, atMs }: FatigueState, nowMs: number): number {
    const drained = (Math.max(0, nowMs - atMs) * this.options.perHour) / HOUR_MS;
    return Math.max(0, load - drained);
  }
}

function put(digest: Digest, notice: Notice): void {
  const { key, dedupKey, status, severity, title, timeMs, group } = notice;
  digest.count++;
  digest.dedupKeys.push(dedupKey);
  if (digest.parts.length < MAX_PARTS) {
    digest.parts.push({ key, dedupKey, status, severity, title, timeMs, group });
  }
  const room = MAX_PARTS - digest.alerts.length;
  digest.alerts.push(...notice.alerts.slice(0, room));
  digest.omitted += notice.omitted + Math.max(0, notice.alerts.length - room);
  if (digest.dedupKeys.length <= MAX_PARTS) return;
  // One key stands for all of them, so that a digest is bounded however many it takes in.
  digest.dedupKeys.splice(0, digest.dedupKeys.length, hashOf(...digest.dedupKeys));
}

function noticeOf(
  notifier: string,
  digest: Digest,
  base: Pick<Notice, "service" | "timeMs">,
): Notice {
  const { count, dedupKeys, omitted } = digest;
  const parts = digest.parts.toSorted(bySeverity);
  const severity = worstOf(parts.map((part) => part.severity));
  return Object.freeze({
    ...base,
    key: hashOf("digest", notifier),
    dedupKey: hashOf("digest", notifier, ...dedupKeys),
    status: "digest",
    cause: "digest",
    severity,
    group: {},
    title: `${base.service}: ${plural(count, "notice")} in one`,
    text: [
      ...parts
        .slice(0, SHOWN)
        .map(({ status, severity, title }) => `${severity} ${status}: ${title}`),
      ...(count > SHOWN ? [`… and ${count - SHOWN} more`] : []),
    ].join("\n"),
    alerts: Object.freeze(digest.alerts.toSorted(bySeverity)),
    omitted,
    links: [],
    escalation: 0,
    parts: Object.freeze(parts),
  });
}
