import { processWide } from "../../diag/process-wide.js";
import { INTERNALS, type Instrumented } from "../../instruments/internals.js";
import type { Series, SeriesOptions } from "./series.js";
import { SeriesBook } from "./series-book.js";

/** One for all copies of this library in the process. */
function booksOf(): WeakMap<Instrumented, SeriesBook> {
  return processWide("auspex.series@0", () => new WeakMap());
}

/** The series of a monitor. */
export function seriesBookOf(auspex: Instrumented): SeriesBook {
  const books = booksOf();
  let known = books.get(auspex);
  if (known === undefined) {
    known = new SeriesBook();
    books.set(auspex, known);
    auspex[INTERNALS].watch(known);
  }
  return known;
}

/**
 * A series of values by step, of a training say: get or create, by its name. Never throws; there are 500 at
 * most, and one that keeps nothing for those beyond.
 *
 * @param name - `category:subject:metric`: `training:proj-1:loss`
 * @param options - count the first time only
 */
export function series(auspex: Instrumented, name: string, options?: SeriesOptions): Series {
  return seriesBookOf(auspex).get(name, options);
}
