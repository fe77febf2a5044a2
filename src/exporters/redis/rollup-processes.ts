import type { Connection } from "./connection.js";
import { MARKER } from "./keys.js";
import { type ProcessRecord, parseProcess } from "./process-record.js";
import type { UnreadableTally } from "./rollup-raw.js";

/** Intervals without a flush after which nobody waits for a process any more. */
const PATIENCE = 3;
const LEAST_PATIENCE_MS = 5000;

/** @throws when Redis fails */
export async function readProcesses(
  connection: Connection,
  key: string,
  tally?: UnreadableTally,
): Promise<readonly ProcessRecord[]> {
  return processesOf(await connection.command("HGETALL", key), tally);
}

/** Records of a registry, read as field, value, field, value, ….  Those of no use are counted. */
export function processesOf(reply: unknown, tally?: UnreadableTally): readonly ProcessRecord[] {
  const pairs: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const found: ProcessRecord[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    if (String(pairs[at]) === MARKER) continue;
    const record = parseProcess(String(pairs[at + 1]));
    if (record !== undefined && isUsable(record)) found.push(record);
    else if (tally !== undefined) tally.unreadable++;
  }
  return found;
}

/** Whether its windows can be enumerated: nobody's are shorter than a second. */
function isUsable({ windowMs }: ProcessRecord): boolean {
  return Number.isSafeInteger(windowMs) && windowMs >= 1000;
}

/** Whether it has missed so many flushes that it must be frozen, cut off or dead. */
export function isSilent({ seenMs, intervalMs }: ProcessRecord, wallMs: number): boolean {
  return wallMs - seenMs > Math.max(PATIENCE * intervalMs, LEAST_PATIENCE_MS);
}

/** Whether it runs, as far as anybody can tell. */
export function isLive(record: ProcessRecord, wallMs: number): boolean {
  return record.endedMs === undefined && !isSilent(record, wallMs);
}

/** Whether it may still write about a window that begins in `[startMs, endMs)`: it has not flushed since. */
export function isPending(record: ProcessRecord, startMs: number, endMs: number): boolean {
  const { windowMs, startMs: began, seenMs, endedMs } = record;
  if (endedMs !== undefined) return false;
  const last = Math.ceil(endMs / windowMs) * windowMs - windowMs;
  return last >= startMs && last + windowMs > began && seenMs < last + windowMs;
}
