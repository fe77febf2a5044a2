import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Keys, segment } from "../../../src/exporters/redis/schema.js";

const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom(..."{}:/*%~?[]\\ \n\0aé\ud800\udc00".split(""), "日", "😀"), {
      maxLength: 300,
    })
    .map((parts) => parts.join("")),
  fc.constantFrom("", ".", "..", "__proto__", "a".repeat(10_000)),
);

describe("a segment of a key", () => {
  it("is short and plain, whatever the name", () => {
    fc.assert(
      fc.property(texts, (name) => {
        expect(segment(name)).toMatch(/^[\w.%~-]{1,128}$/);
      }),
      { numRuns: 1000 },
    );
  });

  it("is another one for each name", () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        expect(segment(one) === segment(other)).toBe(one === other);
      }),
      { numRuns: 1000 },
    );
    const long = "x".repeat(500);
    expect(segment(`${long}a`)).not.toBe(segment(`${long}b`));
    // What stands for a cut name can be no name itself.
    expect(segment(segment(long))).not.toBe(segment(long));
  });

  it("is the name where that is plain already", () => {
    expect(segment("checkout-v2.eu_1")).toBe("checkout-v2.eu_1");
  });
});

describe("keys", () => {
  const keys = new Keys("auspex");

  it("have the schema's version behind the prefix and exactly one hash tag", () => {
    fc.assert(
      fc.property(texts, texts, (service, name) => {
        for (const key of [
          keys.services(),
          keys.processes(service),
          keys.raw(service, name, 10_000),
          keys.series(service, name),
          keys.total(service, name),
          keys.exemplars(service, name),
          keys.rollupSeries(service),
          keys.rollup(service, name, 10_000, 0),
          keys.state(service, name),
          keys.lease(service, name),
        ]) {
          expect(key).toMatch(/^auspex:1:\{[^{}:]+\}[^{}]*$/);
        }
      }),
    );
  });

  it("of one process lie in one slot, and so do those of a service", () => {
    const tagOf = (key: string) => /\{(.*)\}/.exec(key)?.[1];
    const own = [keys.raw("a", "p", 0), keys.series("a", "p"), keys.total("a", "p")];
    expect(new Set(own.map(tagOf))).toEqual(new Set(["a/p"]));
    const shared = [keys.processes("a"), keys.rollupSeries("a"), keys.lease("a", "x")];
    expect(new Set(shared.map(tagOf))).toEqual(new Set(["a"]));
  });

  it("of two processes differ, however their names are put together", () => {
    expect(keys.series("a", "b/c")).not.toBe(keys.series("a/b", "c"));
  });
});
