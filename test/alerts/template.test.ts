import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { render, type Template, templateOf } from "../../src/alerts/template.js";
import { duration, figure } from "../../src/alerts/words.js";

const rendered = (text: string, values: Record<string, string> = {}) =>
  render(templateOf(text) as Template, (name) => values[name]);

describe("a template", () => {
  it("puts values in the place of names", () => {
    expect(rendered("{{operation}} is at {{ value }}!", { operation: "a", value: "1 s" })).toBe(
      "a is at 1 s!",
    );
    expect(rendered("{{nothing}}.")).toBe(".");
    expect(rendered("{ not a name } }}")).toBe("{ not a name } }}");
  });

  it("never reads what it has put in: a value is text, not a template", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        expect(rendered("<{{a}}>", { a: value, b: "secret" })).toBe(`<${value}>`);
      }),
    );
    expect(rendered("{{a}}", { a: "{{b}}", b: "secret" })).toBe("{{b}}");
  });

  it("that is not closed, or has no name, is a fault", () => {
    expect(templateOf("p99 is {{value")).toBe("has {{ without }}");
    expect(templateOf("{{}}")).toBe("has {{ }} without a name");
  });

  it("never becomes longer than a notice bears", () => {
    expect(rendered("{{a}}".repeat(100), { a: "x".repeat(1000) })).toHaveLength(2000);
  });
});

describe("figures in words", () => {
  it("are short, with their unit", () => {
    expect(figure(812.4, "ms")).toBe("812 ms");
    expect(figure(1234, "ms")).toBe("1.23 s");
    expect(figure(0.052, "1")).toBe("5.2 %");
    expect(figure(12.34, "1/s")).toBe("12.3/s");
    expect(figure(3, "{row}")).toBe("3 {row}");
    expect(duration(3 * 3_600_000)).toBe("3 h");
  });
});
