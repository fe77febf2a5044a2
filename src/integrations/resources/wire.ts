import { textOf } from "../../attributes/attributes.js";
import { INTERNALS, type Instrumented, type Internals } from "../../instruments/internals.js";
import type { Readings } from "./level.js";
import { readingsOf, type Shape } from "./source.js";
import type { Watched } from "./watched.js";

/** How a kind of resource is made and read. */
export interface Kind<K extends string, W extends Watched<K>> {
  /** `pool`, `queue`, …: one name space each. */
  readonly name: string;
  readonly shapes: readonly Shape<K>[];
  /** Names a source's own readings go by. */
  readonly readings: readonly K[];
  /** Readings that go before the source's, which may lack them. */
  readonly told?: object;
  make(internals: Internals, title: string): W;
}

const wired = new WeakMap<Instrumented, Map<string, Watched<never>>>();

/**
 * Get or create: one handle per monitor, kind and name; another source takes the place of the one
 * before, and the diagnostics say so.
 */
export function wire<K extends string, W extends Watched<K>>(
  auspex: Instrumented,
  name: string,
  source: unknown,
  kind: Kind<K, W>,
): W {
  const internals = auspex[INTERNALS];
  const { diag } = internals;
  const title = textOf(name);
  const known = wired.get(auspex) ?? new Map<string, Watched<never>>();
  wired.set(auspex, known);
  const key = `${kind.name}:${title}`;
  const before = known.get(key) as unknown as W | undefined;
  const found = readingsOf(source, kind.shapes, kind.readings);
  const readings = found && { ...found, ...readingsOf(kind.told, [], kind.readings) };
  if (readings === undefined && source !== undefined && source !== null) {
    diag.warn(
      `unknown:${key}`,
      `${kind.name} "${title}": its source is of no known kind and has none of ${kind.readings.join(", ")}; nothing is read`,
    );
  }
  if (before !== undefined) {
    if (readings === undefined || before.source === source) return before;
    if (before.source !== undefined) {
      diag.warn(
        `replaced:${key}`,
        `${kind.name} "${title}" is read from another source from now on`,
      );
    }
    before.watch(source, readings);
    return before;
  }
  const made = kind.make(internals, title);
  known.set(key, made as unknown as Watched<never>);
  made.onStop = () => known.delete(key);
  made.watch(readings === undefined ? undefined : source, readings ?? ({} as Readings<K>));
  return made;
}
