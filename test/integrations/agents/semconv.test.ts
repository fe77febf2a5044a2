import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memory } from "../../../src/exporters/memory.js";
import {
  COUNTERS,
  DISTRIBUTIONS,
  editionsFrom,
  GAUGES,
  OPERATIONS,
} from "../../../src/integrations/agents/semconv.js";
import { setUp } from "./setup.js";

afterEach(() => vi.unstubAllEnvs());

const USAGE = { usage: { prompt_tokens: 3, completion_tokens: 4 } };

function namesWith(optIn: string): {
  names: string[];
  operations: string[];
  text: Promise<string>;
} {
  vi.stubEnv("OTEL_SEMCONV_STABILITY_OPT_IN", optIn);
  const { auspex, researcher } = setUp();
  researcher.model("m", () => USAGE);
  expect(() =>
    researcher.model("m", () => {
      throw new TypeError("no");
    }),
  ).toThrow();
  const { operations, histograms } = auspex.snapshot("total");
  return {
    names: [...new Set(histograms.map(({ name }) => name))].sort(),
    operations: operations.map(({ name, instrument }) => `${name} → ${instrument}`),
    text: auspex.text(),
  };
}

describe("wire names", () => {
  it("are the released ones unless the environment asks for others", () => {
    expect(editionsFrom(undefined)).toEqual(["released"]);
    expect(editionsFrom("http")).toEqual(["released"]);
    expect(editionsFrom("http, gen_ai_latest_experimental")).toEqual(["latest"]);
    expect(editionsFrom("gen_ai/dup")).toEqual(["latest", "released"]);
    expect(editionsFrom("gen_ai_latest_experimental,gen_ai_latest_experimental/dup")).toEqual([
      "latest",
      "released",
    ]);
  });

  it("change with the environment, while the names of operations stay", () => {
    const released = namesWith("");
    expect(released.operations).toEqual(["chat m → gen_ai.client.operation.duration"]);
    expect(released.names).toEqual(["gen_ai.client.token.usage"]);
    const latest = namesWith("gen_ai_latest_experimental");
    expect(latest.operations).toEqual(["chat m → gen_ai.client.inference.duration"]);
    expect(latest.names).toEqual([
      "gen_ai.client.inference.usage.input_tokens",
      "gen_ai.client.inference.usage.output_tokens",
    ]);
  });

  it("are both on the wire where both are asked for, and one operation in snapshots", async () => {
    const { names, operations, text } = namesWith("gen_ai/dup");
    expect(operations).toEqual(["chat m → gen_ai.client.inference.duration"]);
    expect(names).toEqual([
      "gen_ai.client.inference.usage.input_tokens",
      "gen_ai.client.inference.usage.output_tokens",
      "gen_ai.client.operation.duration",
      "gen_ai.client.token.usage",
    ]);
    const page = await text;
    for (const name of ["inference", "operation"]) {
      const count = new RegExp(`^gen_ai_client_${name}_duration_seconds_count\\{[^}]*\\} 1$`, "gm");
      expect(page.match(count)).toHaveLength(2);
      expect(page).toMatch(
        new RegExp(`^gen_ai_client_${name}_duration_seconds_count\\{error_type="TypeError",`, "m"),
      );
    }
  });

  it("name every metric once, and each is in the documentation", () => {
    const table = { ...OPERATIONS, ...DISTRIBUTIONS, ...COUNTERS, ...GAUGES };
    const names = Object.values(table).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const page = readFileSync(new URL("../../../docs/agents.md", import.meta.url), "utf8");
    const all = Object.values(table).flatMap((metric) => [
      metric.name,
      ...("released" in metric ? [metric.released.name] : []),
      ...("active" in metric ? [metric.active] : []),
    ]);
    expect(all.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it("reach an exporter with the units of the conventions", async () => {
    const exporter = memory();
    const { auspex, researcher } = setUp(
      { prices: { m: { inputPerMillion: 1e6, outputPerMillion: 0 } } },
      {
        exporters: [exporter],
      },
    );
    researcher.run(() => researcher.model("m", () => USAGE));
    await auspex.forceFlush();
    const metrics = new Map(
      exporter.batches.flatMap(({ metrics }) => metrics).map((metric) => [metric.name, metric]),
    );
    expect(metrics.get("gen_ai.client.operation.duration")?.unit).toBe("s");
    expect(metrics.get("gen_ai.client.token.usage")?.unit).toBe("{token}");
    expect(metrics.get("gen_ai.invoke_agent.inference_calls")?.unit).toBe("{call}");
    expect(metrics.get("auspex.gen_ai.client.cost")?.points[0]).toMatchObject({ value: 3 });
    for (const { name, points } of metrics.values()) {
      for (const { attributes } of points) {
        expect(JSON.stringify([name, attributes])).not.toMatch(/gen_ai\.agent\.id|conversation/);
      }
    }
  });
});
