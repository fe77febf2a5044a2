import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitted, inert, widthOf } from "../../src/cli/text.js";

describe("a foreign text on a terminal", () => {
  it("keeps its letters, and none of what a terminal obeys", () => {
    expect(inert("GET /müsli/:id 注文 🙂")).toBe("GET /müsli/:id 注文 🙂");
    expect(inert("\u001b[2J\u001b]0;owned\u0007x\r\ny\t\u009b31m\u007f")).toBe(
      "\ufffd[2J\ufffd]0;owned\ufffdx\ufffd\ufffdy\ufffd\ufffd31m\ufffd",
    );
    expect(inert("a\u202eb\u2066c\u200bd\ufeff\ud800")).toBe("a\ufffdb\ufffdc\ufffdd\ufffd\ufffd");
  });

  it("has no control character left, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = inert(text);
        expect(stripVTControlCharacters(shown)).toBe(shown);
        expect(/[\p{Cc}\p{Cs}]/u.test(shown)).toBe(false);
      }),
    );
  });
});

describe("a text in columns", () => {
  it("is filled, or cut with an ellipsis, to exactly so many", () => {
    expect(fitted("abc", 5)).toBe("abc  ");
    expect(fitted("abc", 5, "right")).toBe("  abc");
    expect(fitted("abcdef", 4)).toBe("abc…");
    expect(fitted("abc", 0)).toBe("");
    expect(fitted("注文注文", 6)).toBe("注文… ");
    expect(widthOf("e\u0301注🙂")).toBe(5);
  });

  it("never takes another number of columns", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, columns) => {
        expect(widthOf(fitted(inert(text), columns))).toBe(columns);
      }),
    );
  });
});
