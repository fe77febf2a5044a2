import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fits } from "../../src/attributes/pattern.js";

describe("a pattern", () => {
  it("fits what the regular expression it stands for fits", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (wanted, given) => {
        const source = wanted.split("*").map((part) => part.replaceAll(".", "\\."));
        expect(fits(wanted, given)).toBe(new RegExp(`^${source.join(".*")}$`).test(given));
      }),
      { numRuns: 5000 },
    );
  });
});
