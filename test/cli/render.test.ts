import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coloured } from "../../src/cli/paint.js";
import { render } from "../../src/cli/render.js";
import { widthOf } from "../../src/cli/text.js";
import { firstView, type Shown, SORTS, type View } from "../../src/cli/view.js";
import { fleetOf } from "./snapshots.js";

const ALL = { columns: 100, rows: Number.POSITIVE_INFINITY };
const view = firstView("1m");

const names = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => /^(?:GET|POST|job) /.test(line))
    .map((line) => line.split(/ {2,}/)[0] as string);

describe("a rendered fleet", () => {
  const fleet = fleetOf(["GET /users/:id", "POST /orders", "job night"]);

  it("shows who lives, what flows and what is full, fullest first, where it is", () => {
    const text = render(fleet, view, ALL);
    expect(text).toMatchInlineSnapshot(`
      "shop · total · 2 processes live · 00:00:11 UTC                                                      
      12.2/s · 1.64% errors · 2 in flight                                                                 
      pg.pool                                      ██████████████████░░   90% web-1/2                     

      OPERATION                                    RATE/S▼      P50      P95      P99   ERRORS   IN FLIGHT
      GET /users/:id                                     6      1ms      1ms      1ms        –           0
      POST /orders                                     4.2   2.01ms   2.01ms   2.01ms    4.76%           0
      job night                                          2   3.01ms   3.01ms   3.01ms        –           2"
    `);
  });

  it("is sorted by the column that is asked for, either way", () => {
    const by = (more: Partial<View>) => names(render(fleet, { ...view, ...more }, ALL));
    expect(by({})).toEqual(["GET /users/:id", "POST /orders", "job night"]);
    expect(by({ isAscending: true })).toEqual(["job night", "POST /orders", "GET /users/:id"]);
    expect(by({ sort: "p99" })[0]).toBe("job night");
    expect(by({ sort: "errors" })[0]).toBe("POST /orders");
    expect(by({ sort: "in flight" })[0]).toBe("job night");
    expect(by({ sort: "name" })).toEqual(["GET /users/:id", "POST /orders", "job night"]);
  });

  it("says how many operations have no room, and scrolls to them", () => {
    const many = fleetOf(Array.from({ length: 30 }, (_, i) => `job ${i}`));
    const text = render(many, view, { columns: 100, rows: 15 });
    expect(text.split("\n")).toHaveLength(15);
    expect(text).toMatch(/… \d+ more/);
    const end = render(many, { ...view, skipped: 29 }, { columns: 100, rows: 15 });
    expect(names(end)).toEqual(["job 29"]);
    expect(end).not.toMatch(/more/);
  });

  it("names who is missing, and why", () => {
    const missing = [
      {
        id: "x",
        reason: "timeout" as const,
        host: "web-1",
        pid: 7,
        lastSeenMs: fleet.end - 12_000,
      },
      { id: "thread 3", reason: "silent" as const },
    ];
    const text = render({ ...fleet, partial: true, missing }, view, ALL);
    expect(text).toContain("PARTIAL: 2 missing: web-1/7 timeout (seen 12s ago), thread 3 silent");
    expect(render(fleet, view, ALL)).not.toContain("PARTIAL");
  });

  it("says that it is out of date", () => {
    const text = render(
      { ...fleet, partial: true, stale: true, reason: "ECONNREFUSED" },
      view,
      ALL,
    );
    expect(text).toContain("OUT OF DATE: ECONNREFUSED");
  });

  it("has an empty state", () => {
    const text = render({ ...fleetOf([]), service: "", saturation: [], processes: [] }, view, ALL);
    expect(text).toContain("no service yet");
    expect(text).toContain("no operations yet");
  });

  it("tells operations of several services apart, and those of one name by their attributes", () => {
    const [one] = fleet.operations;
    const other = { ...one, service: "pay", attributes: { tenant: "a" } } as typeof one;
    const text = render({ ...fleet, operations: [one, other] as never }, view, ALL);
    expect(text).toContain("shop: GET /users/:id ");
    expect(text).toContain("pay: GET /users/:id {tenant=a}");
  });

  it("shows names that were meant for the terminal as text", () => {
    const evil = "\u001b[2J\u001b]0;owned\u0007\r\n";
    const [one] = fleet.operations;
    const process = { ...fleet.processes[0], host: evil };
    const text = render(
      {
        ...fleet,
        service: evil,
        window: evil,
        operations: [{ ...one, name: evil, service: evil, attributes: { [evil]: evil } }] as never,
        saturation: [{ ...fleet.saturation[0], name: evil, attributes: { [evil]: evil } }] as never,
        processes: [process] as never,
        partial: true,
        missing: [{ id: evil, reason: "timeout" }],
        reason: evil,
      },
      view,
      ALL,
    );
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it("fits whatever size the terminal has, coloured or not", () => {
    const odd: Shown = fleetOf(["GET 注文/🙂", "POST /orders", "job e\u0301"], {
      partial: true,
      missing: [{ id: "somebody with a long name", reason: "timeout" }],
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(...SORTS),
        fc.nat(5),
        (columns, rows, sort, skipped) => {
          const looks = { ...view, sort, skipped };
          const text = render(odd, looks, { columns, rows });
          const lines = text.split("\n");
          expect(lines.length).toBeLessThanOrEqual(rows);
          for (const line of lines)
            expect(widthOf(line)).toBeLessThanOrEqual(Math.max(20, columns));
          const painted = render(odd, looks, { columns, rows }, coloured);
          expect(stripVTControlCharacters(painted)).toBe(text);
        },
      ),
      { numRuns: 300 },
    );
  });
});
