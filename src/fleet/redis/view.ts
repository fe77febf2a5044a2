import { rewindsOf } from "../../exporters/redis/rollup-late.js";
import { isLive, processesOf } from "../../exporters/redis/rollup-processes.js";
import { parseState, type RollupState, stateKey } from "../../exporters/redis/rollup-state.js";
import {
  DEFAULT_RETENTION,
  type Keys,
  MARKER,
  type ProcessRecord,
  type ResolvedRetention,
} from "../../exporters/redis/schema.js";
import type { FleetMissing, FleetProcess } from "../model.js";
import type { Asking } from "./ask.js";
import type { SeriesBook } from "./book.js";

/** Clocks of writers may be ahead of the reader's by this much. */
export const AHEAD_MS = 60_000;

/** How long somebody who fell silent is missed; after that it is gone. */
const MISSED_MS = 60_000;

/** One service at one moment: who is there, how far its roll-ups have come, what its series are. */
export interface ServiceView {
  readonly service: string;
  readonly nowMs: number;
  readonly processes: readonly ProcessRecord[];
  readonly state: RollupState;
  readonly retention: ResolvedRetention;
  readonly book: SeriesBook;
}

/** Reads what changes from moment to moment. @throws when Redis fails */
export async function viewOf(
  service: string,
  { asking, keys, book, nowMs }: ViewOptions,
): Promise<ServiceView> {
  const [registry, reached] = await asking.all([
    ["HGETALL", keys.processes(service)],
    ["HGETALL", stateKey(keys, service)],
  ]);
  const processes = [...processesOf(registry)].sort(byAge);
  const read = parseState(Array.isArray(reached) ? reached : []);
  const retention = read.retention ?? DEFAULT_RETENTION;
  const state = read.takenBack(rewindsOf(read, processes, retention, nowMs));
  const recent = processes.filter(({ seenMs }) => nowMs - seenMs < retention.rawMs);
  await book.sync(recent, nowMs);
  return { service, nowMs, processes, state, retention, book };
}

function byAge(a: ProcessRecord, b: ProcessRecord): number {
  return a.startMs - b.startMs || (a.id < b.id ? -1 : 1);
}

export interface ViewOptions {
  readonly asking: Asking;
  readonly keys: Keys;
  readonly book: SeriesBook;
  readonly nowMs: number;
}

/** Names of all services that write below one prefix. @throws when Redis fails */
export async function servicesOf(asking: Asking, keys: Keys): Promise<readonly string[]> {
  const [reply] = await asking.all([["HKEYS", keys.services()]]);
  const names = (Array.isArray(reply) ? reply : []) as readonly string[];
  return names.filter((name) => name !== MARKER).sort();
}

/** A process as fleets show it. */
export function fleetProcess(service: string, record: ProcessRecord, nowMs: number): FleetProcess {
  const { id, host, pid, thread, startMs, seenMs } = record;
  return Object.freeze({
    id,
    service,
    host,
    pid,
    ...(thread !== 0 && { threadId: thread }),
    startTimeMs: startMs,
    lastSeenMs: seenMs,
    live: isLive(record, nowMs),
  });
}

/**
 * Who should be writing and is not: frozen, cut off or killed, nobody can tell which. And whose values cannot
 * be found, because they are dated in the future; but for totals, which have no date.
 *
 * @param windowMs - 0 or Infinity: of totals
 */
export function missingOf(
  processes: readonly ProcessRecord[],
  nowMs: number,
  windowMs: number,
): FleetMissing[] {
  const missedMs = Number.isFinite(windowMs) ? Math.max(windowMs, MISSED_MS) : MISSED_MS;
  const isDated = Number.isFinite(windowMs) && windowMs > 0;
  return processes.flatMap((record) => {
    const { id, pid, host, thread, seenMs, endedMs } = record;
    const isAhead = isDated && seenMs > nowMs + AHEAD_MS;
    const isMissed = !isLive(record, nowMs) && nowMs - seenMs <= missedMs;
    if (endedMs !== undefined || !(isAhead || isMissed)) return [];
    const reason = isAhead ? "clock" : "timeout";
    const of = thread === 0 ? {} : { threadId: thread };
    return [Object.freeze({ id, reason, pid, host, ...of, lastSeenMs: seenMs })];
  });
}
