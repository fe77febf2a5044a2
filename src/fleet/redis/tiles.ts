import { floorTo } from "../../exporters/redis/rollup-steps.js";
import { tiersOf } from "../../exporters/redis/schema.js";
import type { ServiceView } from "./view.js";

/** A stretch of time that one roll-up holds. */
export interface Tile {
  readonly stepMs: number;
  readonly startMs: number;
}

/** A range of time as it can be read: roll-ups, and from `rawMs` on the raw windows. */
export interface Tiling {
  readonly tiles: readonly Tile[];
  /** `[from, to)`; raw windows that begin in it. */
  readonly raw?: readonly [fromMs: number, toMs: number];
  /** Where it begins: later than asked for, where nothing older is kept. */
  readonly fromMs: number;
}

/**
 * The fewest pieces that make up `[fromMs, toMs)` of one category, oldest first: each instant is in one
 * roll-up, or in raw windows where none was made yet.
 */
export function tilingOf(
  view: ServiceView,
  category: string,
  fromMs: number,
  toMs: number,
): Tiling {
  const { retention, state, nowMs } = view;
  const tiers = tiersOf(retention, category);
  const steps = tiers.map(({ stepMs }) => stepMs);
  const kept = tiers.map(({ stepMs, keepMs }) => ({
    stepMs,
    oldestMs: nowMs - keepMs,
    reachedMs: state.reached(steps, stepMs) ?? Number.NEGATIVE_INFINITY,
  }));
  const [finest] = kept;
  const tiles: Tile[] = [];
  let at = fromMs;
  let begins = fromMs;
  while (at < toMs && at < finest.reachedMs) {
    const fitting = kept.filter(({ stepMs, oldestMs, reachedMs }) => {
      const end = at + stepMs;
      return at % stepMs === 0 && end <= toMs && end <= reachedMs && at >= oldestMs;
    });
    const coarsest = fitting.at(-1);
    if (coarsest !== undefined) {
      tiles.push({ stepMs: coarsest.stepMs, startMs: at });
      at += coarsest.stepMs;
      continue;
    }
    at = floorTo(at, finest.stepMs) + finest.stepMs;
    if (tiles.length === 0) begins = at;
  }
  if (at >= toMs) return { tiles, fromMs: begins };
  const oldest = Math.max(at, nowMs - retention.rawMs);
  if (tiles.length === 0) begins = Math.min(toMs, oldest);
  return { tiles, fromMs: begins, ...(oldest < toMs && { raw: [oldest, toMs] as const }) };
}
