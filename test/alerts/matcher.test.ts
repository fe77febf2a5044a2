import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkMatcher, checkMatchers, matcherOf, matchersOf } from "../../src/alerts/matcher.js";
import { Checks } from "../../src/readers/checks.js";
import { HOSTILE } from "../helpers/hostile.js";

describe("a matcher", () => {
  it("fits a text, one of several, or none of them; * stands for any text", () => {
    expect(matcherOf("GET /cart")("GET /cart")).toBe(true);
    expect(matcherOf("GET /cart")("GET /cart/1")).toBe(false);
    expect(matcherOf("GET *")("GET /cart/1")).toBe(true);
    expect(matcherOf(["a", "b*"])("bcd")).toBe(true);
    expect(matcherOf({ not: ["a", "b*"] })("bcd")).toBe(false);
    expect(matcherOf({ not: { not: "x" } })("x")).toBe(true);
    expect(matcherOf(200)("200")).toBe(true);
    expect(matcherOf([])("a")).toBe(false);
  });

  it("has no wildcard but *: whatever else a text holds stands for itself", () => {
    const plain = fc.string().filter((text) => !text.includes("*"));
    fc.assert(
      fc.property(plain, plain, (pattern, text) => {
        expect(matcherOf(pattern)(text)).toBe(pattern === text);
      }),
    );
  });

  it("takes an absent label as an empty one, and a label of Object.prototype as any other", () => {
    const fits = matchersOf({ team: { not: "*" }, severity: ["critical"] });
    expect(fits?.({ severity: "critical" })).toBe(false);
    expect(matchersOf({ team: "" })?.({ severity: "critical" })).toBe(true);
    expect(matchersOf({ constructor: "" })?.({})).toBe(true);
    expect(matchersOf({})).toBeUndefined();
  });

  it("comes to an end for a pattern of many stars, which one that goes back would not", () => {
    const fits = matcherOf(`${"*a".repeat(2000)}b`);
    expect(fits("a".repeat(100_000))).toBe(false);
  });

  it("that is none is a fault that says so, whatever it is", () => {
    for (const [name, make] of Object.entries(HOSTILE)) {
      const checks = new Checks();
      const checked = checkMatcher("operation", make(), checks);
      const isFine = checks.faults.length === 0;
      if (isFine && checked !== undefined) matcherOf(checked)("x");
      else if (name !== "undefined") expect(checks.faults.length, name).toBeGreaterThan(0);
      checkMatchers("match", make(), new Checks());
    }
  });

  it("stays as it was checked, whatever becomes of the host's object", () => {
    const given = { severity: ["critical"] };
    const checked = checkMatchers("match", given, new Checks());
    given.severity.push("info");
    expect(matchersOf(checked)?.({ severity: "info" })).toBe(false);
  });
});
