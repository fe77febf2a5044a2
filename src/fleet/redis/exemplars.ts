import type { Command } from "../../exporters/redis/connection.js";
import { isLive } from "../../exporters/redis/rollup-processes.js";
import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import { MARKER } from "../../exporters/redis/schema.js";
import type { Exemplar } from "../../snapshot/model.js";
import { ownValues } from "./ask.js";
import type { Reading } from "./read.js";
import type { ServiceView } from "./view.js";

/** Traced values of a few series, of all that live, oldest first. @throws when Redis fails */
export async function exemplarsOf(
  view: ServiceView,
  series: readonly KnownSeries[],
  sinceMs: number,
  { asking, keys }: Reading,
): Promise<ReadonlyMap<string, readonly Exemplar[]>> {
  const found = new Map<string, Exemplar[]>();
  const ids = series.filter(({ kind }) => kind === "histogram").map(({ id }) => id);
  if (ids.length === 0) return found;
  const commands = view.processes
    .filter((record) => isLive(record, view.nowMs))
    .map(({ id }): Command => ["HMGET", keys.exemplars(view.service, id), MARKER, ...ids]);
  for (const reply of await asking.all(commands)) {
    for (const [at, text] of ownValues<string>(reply).entries()) {
      if (text === null) continue;
      const own = parse(text).filter(({ timeMs }) => timeMs >= sinceMs);
      if (own.length > 0) found.set(ids[at], [...(found.get(ids[at]) ?? []), ...own]);
    }
  }
  for (const all of found.values()) all.sort((a, b) => a.timeMs - b.timeMs);
  return found;
}

function parse(text: string): readonly Exemplar[] {
  try {
    const given: unknown = JSON.parse(text);
    return Array.isArray(given) ? given.filter(isExemplar) : [];
  } catch {
    return [];
  }
}

function isExemplar(given: Partial<Exemplar> | null): given is Exemplar {
  return (
    typeof given?.value === "number" &&
    typeof given.timeMs === "number" &&
    typeof given.traceId === "string" &&
    typeof given.spanId === "string"
  );
}
