import type { Slices } from "../../time/slices.js";
import type { Command, Connection } from "./connection.js";
import { type Keys, MARKER, MARKER_VALUE } from "./keys.js";
import type { ProcessRecord } from "./process-record.js";
import type { Catalogue } from "./rollup-catalogue.js";
import { startsIn } from "./rollup-steps.js";
import { SeriesSum } from "./rollup-sum.js";

/** Raw windows that are asked for, and held in memory, at a time. */
const AT_ONCE = 16;

export interface RawSource {
  readonly connection: Connection;
  readonly keys: Keys;
  readonly service: string;
  readonly catalogue: Catalogue;
}

/** What could not be read, and is left out. */
export interface UnreadableTally {
  unreadable: number;
}

/**
 * All that processes did in the windows that begin in `[startMs, endMs)`, series by series.
 *
 * @throws when Redis fails; a window that is somebody else's value is left out
 */
export async function sumOfRaw(
  { connection, keys, service, catalogue }: RawSource,
  processes: readonly ProcessRecord[],
  startMs: number,
  endMs: number,
  fits: (category: string) => boolean,
  slices: Slices,
  tally: UnreadableTally,
): Promise<Map<string, SeriesSum>> {
  const sums = new Map<string, SeriesSum>();
  const windows = processes.flatMap((process) =>
    windowsOf(process, startMs, endMs).map((start) => ({ process, start })),
  );
  for (let at = 0; at < windows.length; at += AT_ONCE) {
    const asked = windows.slice(at, at + AT_ONCE);
    const commands = asked.map(({ process, start }): Command => {
      return ["HGETALL", keys.raw(service, process.id, start)];
    });
    const replies = await connection.batch(commands, { binary: true });
    for (const [i, reply] of replies.entries()) {
      const { process } = asked[i];
      const payloads = fieldsOf(reply, tally);
      await catalogue.meet(process.id, [...payloads.keys()], startMs);
      for (const [id, payload] of payloads) {
        const series = catalogue.get(id);
        if (series === undefined || !fits(series.descriptor.category)) continue;
        let sum = sums.get(id);
        if (sum === undefined) {
          sum = new SeriesSum(series, catalogue.layouts);
          sums.set(id, sum);
        }
        if (!sum.addRaw(process, payload)) tally.unreadable++;
        const pause = slices.pause();
        if (pause !== undefined) await pause;
      }
    }
  }
  return sums;
}

/** Starts of the windows that begin in `[startMs, endMs)` and that a process can have written. */
export function windowsOf(
  { windowMs, startMs: began, seenMs }: ProcessRecord,
  startMs: number,
  endMs: number,
): number[] {
  return startsIn(startMs, endMs, windowMs).filter((start) => {
    return start <= seenMs && start + windowMs > began;
  });
}

/** Fields of a hash of ours, without its marker; none of a hash that is not, which is counted. */
export function fieldsOf(reply: unknown, tally: UnreadableTally): ReadonlyMap<string, Buffer> {
  const payloads = new Map<string, Buffer>();
  if (reply instanceof Error) {
    if (!/\bWRONGTYPE\b/.test(reply.message)) throw reply;
    tally.unreadable++;
    return payloads;
  }
  const pairs = reply as readonly Buffer[];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    payloads.set(pairs[at].toString("latin1"), pairs[at + 1]);
  }
  const isOurs = payloads.get(MARKER)?.toString("latin1") === MARKER_VALUE;
  payloads.delete(MARKER);
  if (isOurs || payloads.size === 0) return payloads;
  tally.unreadable++;
  return new Map();
}
