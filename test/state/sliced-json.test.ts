import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slicedJson } from "../../src/state/sliced-json.js";

function whole(value: unknown): { text: string | undefined; pieces: number } {
  const steps = slicedJson(value);
  for (let pieces = 1; ; pieces++) {
    const step = steps.next();
    if (step.done) return { text: step.value, pieces };
  }
}

describe("JSON in slices", () => {
  it("is what JSON.stringify writes", () => {
    const odd = fc.constantFrom(undefined, Number.NaN, new Date(0), new Map(), () => 1, {
      toJSON: () => ({ as: "this" }),
    });
    const leaf = fc.oneof(fc.jsonValue(), odd);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.array(tie("tree")),
        fc.dictionary(fc.string(), tie("tree")),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(whole(value).text).toBe(JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
  });

  it("gives way between entries", () => {
    const series = Array.from({ length: 100 }, (_, i) => ({ toJSON: () => [i] }));
    expect(whole({ series }).pieces).toBeGreaterThan(100);
  });
});
