import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Collision,
  describeCollision,
  type Metric,
  NameClaims,
} from "../../../src/exporters/prometheus/claims.js";
import { negotiate } from "../../../src/exporters/prometheus/format.js";
import { canonical } from "../../../src/exporters/prometheus/numbers.js";

function metric(name: string, kind: Metric["kind"] = "counter", unit = "1"): Metric {
  return { name, kind, unit, description: "" };
}

describe("names on the page", () => {
  it("are told apart when they clean to one, and the collision names both originals", () => {
    const collisions: Collision[] = [];
    const claims = new NameClaims((collision) => collisions.push(collision));
    expect(claims.claim(metric("jobs.done")).sample).toBe("jobs_done_total");
    expect(claims.claim(metric("jobs_done")).sample).toBe("jobs_done_2_total");
    expect(claims.claim(metric("jobs-done")).sample).toBe("jobs_done_3_total");
    expect(collisions.map(describeCollision)).toEqual([
      '"jobs_done" and "jobs.done" are both "jobs_done" to Prometheus; "jobs_done" is shown as "jobs_done_2_total"',
      '"jobs-done" and "jobs.done" are both "jobs_done" to Prometheus; "jobs-done" is shown as "jobs_done_3_total"',
    ]);
    // Later scrapes neither move a name nor tell again.
    expect(claims.claim(metric("jobs_done")).sample).toBe("jobs_done_2_total");
    expect(collisions).toHaveLength(2);
    expect(claims.owner("jobs_done_2_total")).toBe("jobs_done");
  });

  it("are told apart from samples of other kinds, and from the resource", () => {
    const claims = new NameClaims();
    claims.claim(metric("jobs", "histogram"));
    expect(claims.claim(metric("jobs.count", "gauge", "")).family).toBe("jobs_count_2");
    expect(claims.claim(metric("jobs")).family).toBe("jobs_2");
    claims.claim(metric("queue", "gauge", ""));
    expect(claims.claim(metric("queue.total")).sample).toBe("queue_2_total");
    expect(claims.claim(metric("target.info", "gauge", "")).family).toBe("target_info_2");
    expect(claims.claim(metric("target", "gauge", "")).family).toBe("target_2");
  });

  it("say their unit only where it is the last word", () => {
    const claims = new NameClaims();
    expect(claims.claim(metric("a", "histogram", "s")).unit).toBe("seconds");
    expect(claims.claim(metric("a.seconds", "histogram", "s"))).toEqual({
      family: "a_seconds_2",
      sample: "a_seconds_2",
      unit: undefined,
    });
    expect(claims.claim(metric("b", "gauge", "__proto__"))).toMatchObject({ family: "b" });
    expect(claims.claim(metric("c", "gauge", "constructor")).unit).toBeUndefined();
  });

  it("are never the same for two instruments, whatever they are called", () => {
    const name = fc.stringMatching(/^[a-c._]{1,4}(_total|_sum|_2)?$/);
    const kind = fc.constantFrom<Metric["kind"]>("counter", "gauge", "histogram", "updown");
    const unit = fc.constantFrom("1", "s", "By", "");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, kind, unit), { maxLength: 30 }), (instruments) => {
        const claims = new NameClaims();
        const samples = new Map<string, string>();
        for (const [name, kind, unit] of instruments) {
          const { sample } = claims.claim(metric(name, kind, unit));
          const ends = kind === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
          const key = `${name} ${kind} ${unit}`;
          for (const end of ends) {
            expect(samples.get(sample + end) ?? key).toBe(key);
            samples.set(sample + end, key);
            expect(sample + end).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
          }
        }
      }),
    );
  });
});

describe("what a client asks for", () => {
  const prometheus242 =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  it.each([
    [prometheus242, "openmetrics"],
    ["application/openmetrics-text", "openmetrics"],
    ['Application/OpenMetrics-Text ; Version="1.0.0" ; Q=0.5', "openmetrics"],
    ["text/plain;q=0.4, application/openmetrics-text;q=0.4", "openmetrics"],
    ["text/plain, application/openmetrics-text;q=0.9", "text"],
    ["application/openmetrics-text;q=0", "text"],
    ["application/openmetrics-text;q=lots", "text"],
    ["application/openmetrics-text;version=0.0.1", "text"],
    ["text/plain;version=0.0.4", "text"],
    ["*/*", "text"],
    ["", "text"],
    [undefined, "text"],
    [";;,,=;q", "text"],
    [`${"x,".repeat(50_000)}application/openmetrics-text`, "text"],
  ])("%s → %s", (accept, format) => {
    expect(negotiate(accept)).toBe(format);
  });
});

describe("bounds in OpenMetrics", () => {
  it.each([
    [1, "1.0"],
    [0, "0.0"],
    [0.005, "0.005"],
    [7.5, "7.5"],
    [999_999, "999999.0"],
    [1e6, "1e+06"],
    [1_048_576, "1.048576e+06"],
    [1_073_741_824, "1.073741824e+09"],
    [1e21, "1e+21"],
    [1e-7, "1e-07"],
    [-5, "-5.0"],
    [Number.POSITIVE_INFINITY, "+Inf"],
  ])("%d is written %s", (value, text) => {
    expect(canonical(value)).toBe(text);
    expect(Number(text.replace("Inf", "Infinity"))).toBe(value);
  });
});
