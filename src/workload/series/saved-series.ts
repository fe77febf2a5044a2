import { isList, isObject } from "../../readers/checks.js";
import { nameOf } from "../names.js";
import { Points, type SavedPoints } from "./points.js";
import { pointsOf, type Series } from "./series.js";

/** A series as it is kept over restarts. */
export interface SavedSeries {
  readonly name: string;
  readonly goal: "down" | "up" | undefined;
  readonly retentionMs: number;
  readonly points: SavedPoints;
}

/** One that was kept, read again. */
export interface RestoredSeries extends Omit<SavedSeries, "points"> {
  readonly points: Points;
}

/** A store may take no more than 8 MiB at a time. */
const MOST_CHARACTERS = 6_000_000;

/**
 * Series as a list of which each entry is made when its turn comes; those appended to last come first, and
 * what there is no room for is left out.
 */
export function savedSeries(all: readonly Series[], onFull: () => void): unknown[] {
  let left = MOST_CHARACTERS;
  const known = all.filter(({ last }) => last !== undefined);
  known.sort((a, b) => (b.last?.timeMs ?? 0) - (a.last?.timeMs ?? 0));
  return known.map((series) => ({
    toJSON: () => {
      const { name, goal, retentionMs } = series;
      const saved = { name, goal, retentionMs, points: pointsOf(series).save() };
      left -= JSON.stringify(saved).length + 1;
      if (left >= 0) return saved;
      onFull();
      return undefined;
    },
  }));
}

/** What `savedSeries` made, or anything else. @returns those that can be read; undefined: it is no list */
export function restoredSeries(state: unknown, most: number): RestoredSeries[] | undefined {
  if (!isList(state)) return undefined;
  return state.slice(0, most).flatMap((each) => restoredOne(each) ?? []);
}

function restoredOne(given: unknown): RestoredSeries | undefined {
  if (!isObject(given)) return undefined;
  const { name: text, goal, retentionMs, points: saved } = given;
  const name = nameOf(text);
  if (name === undefined || !isObject(saved) || typeof retentionMs !== "number") return undefined;
  const points = Points.restored(saved);
  if (points === undefined) return undefined;
  return { name, goal: goal === "down" || goal === "up" ? goal : undefined, retentionMs, points };
}
