import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Row, SeriesTable } from "../../../src/alerts/series/table.js";

const rows = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b", "__proto__", ""),
    zone: fc.constantFrom(1, 2, "1", true),
    value: fc.integer(),
  }),
  { maxLength: 12 },
);

interface Valued extends Row {
  readonly value: number;
}

describe("a table of series", () => {
  it("has for every row its value, whatever order rows come and go in", () => {
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 10 }), (snapshots) => {
        const table = new SeriesTable<Valued>();
        // As in a monitor: the attributes of a series are the same object in every snapshot.
        const attributes = new Map<unknown, { zone: string | number | boolean }>();
        const numbers = new Map<string, number>();
        for (const [at, snapshot] of snapshots.entries()) {
          const given = snapshot.map(({ name, zone, value }): Valued => {
            const fresh = at % 3 === 2 ? { zone } : (attributes.get(zone) ?? { zone });
            if (!attributes.has(zone)) attributes.set(zone, fresh);
            return { name, attributes: fresh, value };
          });
          table.update(given);
          const values = table.column("value", ({ value }) => value);
          const found = table.rows.flatMap((row, number) =>
            row === undefined ? [] : [[row.name, values[number]] as const],
          );
          const sorted = (list: readonly (readonly [string, unknown])[]) =>
            list.map((each) => JSON.stringify(each)).sort();
          expect(sorted(found)).toEqual(sorted(given.map(({ name, value }) => [name, value])));
          for (const [number, { key }] of table.subjects.entries()) {
            expect(table.numberOf(key)).toBe(number);
            expect(numbers.get(key) ?? number).toBe(number);
            numbers.set(key, number);
            if (table.rows[number] === undefined) expect(values[number]).toBeNaN();
          }
        }
      }),
    );
  });

  it("forgets series that are gone when they are many", () => {
    const table = new SeriesTable();
    for (let generation = 0; generation < 20; generation++) {
      const given = Array.from({ length: 200 }, (_, at) => {
        return { name: `${generation} ${at}`, attributes: {} };
      });
      table.update(given);
      expect(table.subjects.length).toBeLessThanOrEqual(2 * 200 + 256 + 200);
      expect(table.rows.filter((row) => row !== undefined)).toHaveLength(200);
    }
    expect(table.generation).toBeGreaterThan(3);
  });
});
