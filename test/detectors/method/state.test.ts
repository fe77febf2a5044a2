import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOf, freeze, thaw } from "../../../src/detectors/method/state.js";

class Inner {
  count = 0;
  readonly flags = new Uint8Array(3);
}

class Sample {
  mean = 0;
  readonly values = new Float64Array(4);
  readonly nodes = new Int16Array(2);
  readonly inner = new Inner();
  readonly list = [new Inner(), new Inner()];
  readonly #setting: number;
  derived = 0;

  constructor(setting = 1) {
    this.#setting = setting;
  }

  restored(): void {
    this.derived = this.#setting * this.mean;
  }
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a state", () => {
  it("comes back through JSON to the bit, whatever its numbers are", () => {
    fc.assert(
      fc.property(
        fc.double(),
        fc.array(fc.double(), { minLength: 4, maxLength: 4 }),
        (mean, all) => {
          const sample = new Sample(0);
          sample.mean = mean;
          sample.values.set(all);
          sample.nodes.set([-7, 32_767]);
          sample.list[1].count = 3;
          const restored = new Sample(0);
          expect(thaw(restored, throughJson(freeze(sample)))).toBe(true);
          // JSON has no negative zero, and a sum of it with anything else has none either.
          expect(restored.mean + 0).toBe(mean + 0);
          expect([...restored.values]).toEqual(all);
          expect([...restored.nodes]).toEqual([-7, 32_767]);
          expect(restored.list[1].count).toBe(3);
        },
      ),
    );
  });

  it("is without settings, and what follows from it is made anew", () => {
    const sample = new Sample(2);
    sample.mean = 5;
    expect(JSON.stringify(freeze(sample))).not.toContain("setting");
    const restored = new Sample(3);
    thaw(restored, freeze(sample));
    expect(restored.derived).toBe(15);
  });

  it("does not fit where a field is missing, is one too many, or has another shape", () => {
    const whole = throughJson(freeze(new Sample())) as Record<string, unknown>;
    const { mean: _, ...without } = whole;
    const unfit = [
      without,
      { ...whole, more: 1 },
      { ...whole, mean: "1" },
      { ...whole, mean: null },
      { ...whole, values: Buffer.alloc(8).toString("base64") },
      { ...whole, values: [0, 0, 0, 0] },
      { ...whole, inner: 1 },
      { ...whole, list: [{ count: 0, flags: "AAAA" }] },
      JSON.parse(JSON.stringify(whole).replace('"mean"', '"__proto__"')),
      null,
      "text",
    ];
    for (const state of unfit) expect(thaw(new Sample(), state)).toBe(false);
    expect(thaw(new Sample(), whole)).toBe(true);
  });

  it("has a check that differs when a character does", () => {
    const state = freeze(new Sample());
    expect(checkOf(state)).toBe(checkOf(throughJson(state)));
    expect(checkOf({ ...(state as object), mean: 1 })).not.toBe(checkOf(state));
    expect(checkOf(undefined)).toBe(checkOf(undefined));
  });
});
