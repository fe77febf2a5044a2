import type { AttributesData } from "../../snapshot/model.js";
import { seriesKey } from "../keys.js";
import type { Subject } from "./subject.js";

/** What all rows of a snapshot have. */
export interface Row {
  readonly name: string;
  readonly attributes: AttributesData;
}

/** Series that are gone are forgotten when they are this many more than those that live. */
const SLACK = 256;

/**
 * The series of one kind of row, numbered once and for all, so that rules scan arrays of numbers.
 *
 * A row that stands where it stood in the last snapshot is known by two comparisons; only a new one is
 * looked up by its key.
 */
export class SeriesTable<R extends Row = Row> {
  readonly subjects: Subject[] = [];
  /** By number; undefined where the series is not in this snapshot. */
  readonly rows: (R | undefined)[] = [];
  /** Changes when numbers are given anew: whoever keeps numbers takes them anew. */
  generation = 0;
  readonly #numbers = new Map<string, number>();
  readonly #columns = new Map<string, { values: Float64Array; step: number }>();
  #order: { row: Row; number: number }[] = [];
  #step = 0;

  /** Takes the rows of the next snapshot. */
  update(rows: readonly R[]): void {
    this.#step++;
    this.#forget(rows.length);
    this.rows.length = this.subjects.length;
    this.rows.fill(undefined);
    for (const [at, row] of rows.entries()) {
      const before = this.#order[at];
      const isSame =
        before?.row.name === row.name &&
        before.row.attributes === row.attributes &&
        this.rows[before.number] === undefined;
      const number = isSame ? before.number : this.#number(row);
      if (!isSame) {
        const { name, attributes } = row;
        this.#order[at] = { row: { name, attributes }, number };
      }
      this.rows[number] = row;
    }
    this.#order.length = rows.length;
  }

  /** Lets go of the snapshot. */
  release(): void {
    this.rows.fill(undefined);
  }

  numberOf(key: string): number | undefined {
    return this.#numbers.get(key);
  }

  /**
   * One figure of every series, by number; NaN where there is none. Made once a snapshot.
   * @param field - names the figure
   */
  column(field: string, read: (row: R) => number): Float64Array {
    let column = this.#columns.get(field);
    if (column === undefined || column.values.length < this.rows.length) {
      const values = new Float64Array(Math.ceil(this.rows.length * 1.25) + 16);
      column = { values, step: 0 };
      this.#columns.set(field, column);
    }
    if (column.step !== this.#step) {
      column.step = this.#step;
      const { values } = column;
      const { rows } = this;
      for (let number = 0; number < rows.length; number++) {
        const row = rows[number];
        values[number] = row === undefined ? Number.NaN : read(row);
      }
      values.fill(Number.NaN, rows.length);
    }
    return column.values;
  }

  #number(row: Row): number {
    // Two instruments may have operations of one name: each later one has a key of its own.
    let key = seriesKey(row.name, row.attributes);
    for (let more = 2; ; more++) {
      const known = this.#numbers.get(key);
      if (known === undefined) break;
      if (this.rows[known] === undefined) return known;
      key = `${seriesKey(row.name, row.attributes)}#${more}`;
    }
    const number = this.subjects.length;
    this.#numbers.set(key, number);
    this.subjects.push({ key, operation: row.name, attributes: row.attributes });
    this.rows.push(undefined);
    return number;
  }

  #forget(living: number): void {
    if (this.subjects.length <= 2 * living + SLACK) return;
    this.generation++;
    this.subjects.length = 0;
    this.rows.length = 0;
    this.#order = [];
    this.#numbers.clear();
    this.#columns.clear();
  }
}
