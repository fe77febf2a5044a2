import type { WindowName } from "../../window/rolling-window.js";
import { seriesKey } from "../keys.js";
import type { Matcher } from "../matcher.js";
import { matcherOf, matchersOf } from "../matcher.js";
import type { Subject } from "../series/subject.js";
import type { SeriesTable } from "../series/table.js";
import type { View } from "../series/view.js";
import type { Selection, Threshold } from "./condition.js";
import type { Breach, Evaluable, Verdict } from "./evaluable.js";
import { affectedBy, type Measure } from "./measure.js";

export const WINDOW_MS: Readonly<Record<WindowName, number>> = {
  "10s": 10_000,
  "1m": 60_000,
  "5m": 300_000,
  "1h": 3_600_000,
  total: 0,
};

/** What a threshold is set on, checked. */
export interface ThresholdOn extends Threshold, Selection {
  readonly minCount?: number;
}

/**
 * A figure of every series against a threshold: a scan of an array of numbers a step.
 *
 * @param hysteresis - share of the threshold by which the value must come back where no `resolveAt` says so
 */
export function threshold(measure: Measure, given: ThresholdOn, hysteresis: number): Evaluable {
  return new ThresholdEvaluable(measure, given, hysteresis);
}

class ThresholdEvaluable implements Evaluable {
  readonly isOfOperations: boolean;
  readonly windowMs: number;
  readonly #window: WindowName;
  /** The value times this is beyond the limit when it is larger: `below` is `above` upside down. */
  readonly #sign: 1 | -1;
  readonly #limit: number;
  readonly #resolveAt: number;
  readonly #minCount: number;
  readonly #selected: Selected;
  #table: SeriesTable | undefined;
  #values: Float64Array = new Float64Array(0);

  constructor(
    private readonly measure: Measure,
    given: ThresholdOn,
    hysteresis: number,
  ) {
    const { above, below, window = "1m", minCount = 0 } = given;
    this.isOfOperations = measure.kind === "operations";
    this.#window = window;
    this.windowMs = WINDOW_MS[window];
    this.#sign = above === undefined ? -1 : 1;
    const limit = above ?? below ?? 0;
    const room = Math.abs(limit) * hysteresis * this.#sign;
    this.#limit = limit * this.#sign;
    this.#resolveAt = (given.resolveAt ?? limit - room) * this.#sign;
    this.#minCount = minCount;
    this.#selected = new Selected(given);
  }

  breaches(view: View, tell: (breach: Breach) => void): void {
    const values = this.#read(view);
    const table = this.#table as SeriesTable;
    const limit = this.#limit;
    const sign = this.#sign;
    const selected = this.#selected.in(table);
    const count = selected === undefined ? table.subjects.length : selected.length;
    for (let at = 0; at < count; at++) {
      const number = selected === undefined ? at : (selected[at] as number);
      if (sign * (values[number] as number) > limit && this.#isEnough(number)) {
        tell(this.#breach(view, table, number));
      }
    }
  }

  verdict({ key }: Subject): Verdict {
    const number = this.#table?.numberOf(key);
    if (number === undefined) return "missing";
    const value = this.#sign * (this.#values[number] as number);
    if (Number.isNaN(value) || !this.#isEnough(number)) return "missing";
    if (value > this.#limit) return "breach";
    return value > this.#resolveAt ? "between" : "clear";
  }

  absent(view: View, tell: (breach: Breach) => void): void {
    const values = this.#read(view);
    const table = this.#table as SeriesTable;
    const { signal, unit, what } = this.measure;
    let found = 0;
    for (const number of this.#selected.numbers(table)) {
      found++;
      if (!Number.isNaN(values[number])) continue;
      const subject = table.subjects[number] as Subject;
      tell({ subject, signal, unit, what, reason: `no data for the ${what}` });
    }
    const { name } = this.#selected;
    if (found > 0 || name === undefined) return;
    const subject = { key: seriesKey(name, {}), operation: name, attributes: {} };
    tell({ subject, signal, unit, what, reason: `no data for the ${what}` });
  }

  *known(): Iterable<Subject> {
    const table = this.#table;
    if (table === undefined) return;
    for (const number of this.#selected.numbers(table)) yield table.subjects[number] as Subject;
  }

  #read(view: View): Float64Array {
    const { kind, field, read } = this.measure;
    this.#table = view.table(this.#window, kind) as unknown as SeriesTable;
    this.#values = this.#table.column(field, read);
    return this.#values;
  }

  #isEnough(number: number): boolean {
    if (this.#minCount === 0 || this.measure.count === undefined) return true;
    const row = this.#table?.rows[number];
    return row !== undefined && this.measure.count(row) >= this.#minCount;
  }

  #breach(view: View, table: SeriesTable, number: number): Breach {
    const { signal, unit, what } = this.measure;
    const limit = this.#limit * this.#sign;
    const row = table.rows[number];
    const requests = () => view.requests(this.#window);
    const affected = affectedBy(this.measure, row, limit, requests);
    return {
      subject: table.subjects[number] as Subject,
      value: this.#values[number],
      threshold: limit,
      signal,
      unit: unit === "" ? ((row as { unit?: string } | undefined)?.unit ?? "") : unit,
      what,
      ...(affected !== undefined && { affected }),
    };
  }
}

/** The numbers of the series that a selection fits; new ones are looked at once. */
class Selected {
  /** Where it is one operation by its full name, and nothing else. */
  readonly name: string | undefined;
  readonly #fits: ((subject: Subject) => boolean) | undefined;
  #numbers: number[] = [];
  #seen = 0;
  #generation = -1;
  #table: SeriesTable | undefined;

  constructor({ operation, attributes }: Pick<Selection, "operation" | "attributes">) {
    this.name = isName(operation) && attributes === undefined ? String(operation) : undefined;
    const isNamed = operation === undefined ? undefined : matcherOf(operation);
    const isLabelled = matchersOf(attributes);
    if (isNamed === undefined && isLabelled === undefined) return;
    this.#fits = (subject) =>
      isNamed?.(subject.operation) !== false && isLabelled?.(subject.attributes) !== false;
  }

  /** Undefined: all of them. */
  in(table: SeriesTable): readonly number[] | undefined {
    const fits = this.#fits;
    if (fits === undefined) return undefined;
    const { subjects, generation } = table;
    if (this.#generation !== generation || this.#table !== table) {
      this.#table = table;
      this.#generation = generation;
      this.#numbers = [];
      this.#seen = 0;
    }
    for (; this.#seen < subjects.length; this.#seen++) {
      if (fits(subjects[this.#seen] as Subject)) this.#numbers.push(this.#seen);
    }
    return this.#numbers;
  }

  numbers(table: SeriesTable): Iterable<number> {
    return this.in(table) ?? table.subjects.keys();
  }
}

function isName(matcher: Matcher | undefined): boolean {
  if (typeof matcher === "string") return !matcher.includes("*");
  return typeof matcher === "number" || typeof matcher === "boolean";
}
