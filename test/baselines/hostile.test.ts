import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  backTest,
  convergence,
  forecast,
  leak,
  loadModel,
  planCapacity,
  plateau,
  type Series,
  timeToReach,
  trend,
  withoutSeason,
} from "../../src/baselines/index.js";
import { HOSTILE } from "../helpers/hostile.js";
import { HOUR_MS, points } from "./series.js";

type Each = (series: Series, options: never) => unknown;

const FUNCTIONS: Readonly<Record<string, Each>> = {
  backTest,
  convergence,
  forecast,
  leak,
  planCapacity,
  plateau,
  trend,
  withoutSeason,
  timeToReach: (series, options) => timeToReach(series, 0.9, options),
  "loadModel, load": (series, options) => loadModel(series, good, options).whatIf({ load: 2 }),
  "loadModel, effect": (series, options) => loadModel(good, series, options).whatIf({ load: 2 }),
};

const good = points(60, HOUR_MS, (i) => 1 + (i % 24));

describe("functions of a series", () => {
  it("survive what is no series, and points that are none", () => {
    for (const [name, each] of Object.entries(FUNCTIONS)) {
      for (const [kind, make] of Object.entries(HOSTILE)) {
        expect(
          () => each(make() as Series, undefined as never),
          `${name} of ${kind}`,
        ).not.toThrow();
        const list = [...good, make()] as Series;
        expect(
          () => each(list, undefined as never),
          `${name} of a list with ${kind}`,
        ).not.toThrow();
      }
    }
  });

  it("survive options that throw, and nonsense in each of them", () => {
    const fields = "horizonMs level min max unit tolerance share minSpanMs limit origins capacity";
    for (const [name, each] of Object.entries(FUNCTIONS)) {
      for (const [kind, make] of Object.entries(HOSTILE)) {
        expect(() => each(good, make() as never), `${name} with ${kind}`).not.toThrow();
        const options = Object.fromEntries(fields.split(" ").map((field) => [field, make()]));
        expect(() => each(good, options as never), `${name} with ${kind} each`).not.toThrow();
      }
    }
    for (const make of Object.values(HOSTILE)) {
      expect(() => timeToReach(good, make() as number)).not.toThrow();
      expect(() => loadModel(good, good).whatIf(make() as never)).not.toThrow();
    }
  });

  it("survive options that are none, or out of all range", () => {
    const values = [Number.NaN, -1, 0, 1e300, Infinity, "text", null, {}];
    const fields =
      "horizonMs level min max worse minChange unit tolerance share minSpanMs minGrowth";
    const more = "limit origins from capacity target full stepMs direction";
    for (const [name, each] of Object.entries(FUNCTIONS)) {
      expect(() => each(good, null as never), name).not.toThrow();
      for (const field of `${fields} ${more}`.split(" ")) {
        for (const value of values) {
          const options = { [field]: value } as never;
          expect(() => each(good, options), `${name} with ${field} ${String(value)}`).not.toThrow();
        }
      }
    }
  });

  it("survive every series of numbers", () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(0, 1, -1, 1e308, 5e-324));
    const time = fc.oneof(fc.integer({ min: 0, max: 1e7 }), fc.double(), fc.constant(8.64e15));
    const series = fc.array(fc.record({ timeMs: time, value: number }), { maxLength: 60 });
    fc.assert(
      fc.property(series, (list) => {
        for (const [name, each] of Object.entries(FUNCTIONS)) {
          expect(() => each(list, { origins: 2 } as never), name).not.toThrow();
        }
      }),
      { numRuns: 60 },
    );
  });
});
