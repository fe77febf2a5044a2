import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allOf,
  anyOf,
  type Detector,
  quorum,
  threshold,
  type Verdict,
  zScore,
} from "../../../src/detectors/index.js";
import { HOSTILE } from "../../helpers/hostile.js";
import { Draw, MONDAY, Stream, values } from "../series.js";

/** Says what it is told to say. */
function saying(score: number, more: Partial<Verdict> = {}): Detector {
  const verdict = { score, anomalous: score >= 0.5, warmingUp: false, reason: `${score}`, ...more };
  return { name: "saying", observe: () => verdict, save: () => null, restore: () => undefined };
}

describe("composites", () => {
  it("have the score of the member they depend on: the least, the most, the n-th", () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 8 }), (all, some) => {
        const members = all.map((score) => saying(score));
        const needed = Math.min(some, all.length);
        const ranked = [...all].sort((a, b) => b - a);
        expect(allOf(...members).observe(1, 1).score).toBe(Math.min(...all));
        expect(anyOf(...members).observe(1, 1).score).toBe(Math.max(...all));
        expect(quorum(needed, ...members).observe(1, 1).score).toBe(ranked[needed - 1]);
      }),
    );
  });

  it("show detectors the value, and those that have a name the input of that name", () => {
    const detector = allOf(threshold({ above: 500 }), {
      errors: threshold({ above: 0.05 }),
      cpu: threshold({ above: 0.9 }),
    });
    const stream = new Stream(detector);
    expect(stream.one(600, { inputs: { errors: 0.1, cpu: 0.95 } })).toMatchObject({
      anomalous: true,
      upper: 500,
      reason:
        "600 is above the limit of 500; errors: 0.1 is above the limit of 0.05; cpu: 0.95 is above the limit of 0.9",
    });
    expect(stream.one(600, { inputs: { errors: 0.01, cpu: 0.95 } }).anomalous).toBe(false);
    expect(stream.one(400, { inputs: { errors: 0.1, cpu: 0.95 } }).anomalous).toBe(false);
    // An input that is not there is missing, and no alarm.
    expect(stream.one(600, { inputs: { errors: 0.1 } }).anomalous).toBe(false);
    expect(stream.one(600).anomalous).toBe(false);
  });

  it("take members one by one, in a list, or in an object", () => {
    const high = () => threshold({ above: 1 });
    for (const detector of [
      anyOf(high(), high()),
      anyOf([high(), high()]),
      anyOf({ x: high() }, high()),
    ]) {
      expect(detector.observe(2, MONDAY).anomalous).toBe(true);
    }
  });

  it("may be members of one another, with the same inputs", () => {
    const inner = anyOf({ errors: threshold({ above: 0.05 }), cpu: threshold({ above: 0.9 }) });
    const stream = new Stream(allOf(threshold({ above: 500 }), inner));
    expect(stream.one(600, { inputs: { errors: 0, cpu: 0.95 } }).anomalous).toBe(true);
    expect(stream.one(600, { inputs: { errors: 0, cpu: 0.5 } }).anomalous).toBe(false);
  });

  it("warm up until enough of their members judge", () => {
    const warming = saying(0, { warmingUp: true });
    expect(allOf(saying(1), warming).observe(1, 1)).toMatchObject({ score: 0, warmingUp: true });
    expect(anyOf(saying(1), warming).observe(1, 1)).toMatchObject({ score: 1, warmingUp: false });
    expect(quorum(2, saying(1), warming, saying(1)).observe(1, 1).warmingUp).toBe(false);
  });

  it("restore each member, and leave all as new when their number is another", () => {
    const draw = new Draw(1);
    const series = values(300, () => draw.normal());
    const make = () => allOf(zScore(), { twin: zScore({ window: 50 }) });
    const taught = new Stream(make());
    taught.show(series, (value) => ({ inputs: { twin: value } }));
    const state = JSON.parse(JSON.stringify(taught.detector.save()));
    const restored = make();
    restored.restore(state);
    const at = taught.timeMs + 1;
    const context = { inputs: { twin: 9 } };
    expect(restored.observe(9, at, context)).toEqual(taught.detector.observe(9, at, context));
    const other = allOf(zScore(), zScore(), zScore());
    other.restore(state);
    expect(other.observe(9, at).warmingUp).toBe(true);
  });

  it("survive members that throw, answer nonsense, or promise", () => {
    const throwing = () => {
      throw new Error("member");
    };
    const bad = [
      { name: "throws", observe: throwing, save: throwing, restore: throwing },
      {
        name: "promises",
        observe: async () => throwing(),
        save: async () => throwing(),
        restore: async () => throwing(),
      },
      ...Object.values(HOSTILE).map((hostile) => ({
        name: "hostile",
        observe: hostile,
        save: hostile,
        restore: hostile,
      })),
    ] as unknown as Detector[];
    const detector = anyOf(...bad, threshold({ above: 1 }));
    expect(detector.observe(0, MONDAY)).toMatchObject({ score: 0, anomalous: false });
    expect(detector.observe(2, MONDAY)).toMatchObject({ anomalous: true });
    expect(() => detector.restore(detector.save())).not.toThrow();
    expect(() => JSON.stringify(anyOf(bad[0] as Detector).save())).not.toThrow();
  });

  it("take no key of an object's prototype for an input", () => {
    const stream = new Stream(
      anyOf({
        ["__proto__x"]: threshold({ below: 1 }),
        constructor: threshold({ below: 1 }),
      } as never),
    );
    expect(stream.one(5, { inputs: {} })).toMatchObject({ score: 0, anomalous: false });
  });

  it("tell all that is wrong with their members", () => {
    expect(() => allOf()).toThrow(/there are no members; give detectors, or an object of them/);
    expect(() => anyOf(5 as never, { errors: "high" as never })).toThrow(
      /^anyOf: 2 options to mend:\n {2}- member 1 is 5; give a detector\n {2}- errors is "high"; give a detector$/,
    );
    expect(() => quorum(3, saying(1), saying(1))).toThrow(
      /needed is 3; give a whole number from 1 to 2/,
    );
    for (const hostile of Object.values(HOSTILE)) {
      for (const make of [
        () => allOf(hostile() as never),
        () => quorum(hostile() as never, saying(1)),
      ]) {
        try {
          make();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }
  });
});
