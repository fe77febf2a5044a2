import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../../scripts/built.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const built = (path: string) => new URL(`../../../dist/${path}.js`, import.meta.url).href;

/** Wants Node 22.15 or later, and cannot stand beside 2.x in one tree: kept in .cache/opentelemetry-3. */
const VERSION = "3.1.1";
const folder = join(root, ".cache/opentelemetry-3", VERSION);

const PROGRAM = `
  import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader }
    from "@opentelemetry/sdk-metrics";
  import { createAuspex } from ${JSON.stringify(built("index"))};
  import { metricProducer, otelExporter } from ${JSON.stringify(built("exporters/otlp"))};
  const namesIn = ([{ scopeMetrics }]) => {
    return scopeMetrics.map(({ scope, metrics }) => [scope.name, ...metrics.map((m) => m.descriptor.name)]);
  };
  const theirs = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const auspex = createAuspex({
    service: "s", saturation: false, selfMetrics: false, outbound: false,
    exporters: [otelExporter(theirs)],
  });
  const sizes = auspex.histogram("sizes", { unit: "By" }).bind();
  for (let i = 1; i <= 10; i++) sizes.record(i);
  auspex.counter("jobs").add(2);
  const { ok } = await auspex.forceFlush();
  const adapted = theirs.getMetrics();
  const [point] = adapted[0].scopeMetrics[0].metrics[0].dataPoints;

  const reading = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: reading, metricProducers: [metricProducer(auspex)],
  });
  const provider = new MeterProvider({ readers: [reader] });
  provider.getMeter("app").createCounter("own").add(1);
  await provider.forceFlush();
  const produced = namesIn(reading.getMetrics());
  await provider.shutdown();
  await auspex.shutdown();
  console.log(JSON.stringify({ ok, adapted: namesIn(adapted), count: point.value.count, produced }));
`;

beforeAll(() => {
  ensureBuilt();
  if (existsSync(join(folder, "node_modules/@opentelemetry/sdk-metrics/package.json"))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  const packages = [`@opentelemetry/sdk-metrics@${VERSION}`, "@opentelemetry/api@1.10.0"];
  const done = spawnSync("npm", [...args, ...packages], { cwd: folder, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`npm install failed\n${done.stderr}`);
});

describe("OpenTelemetry's SDK 3.x, on Node 22", () => {
  it("has its exporters adapted, and its readers fed", async () => {
    const { nodeBinary } = await import(join(root, "scripts/node-versions.mjs"));
    const program = join(folder, "program.mjs");
    writeFileSync(program, PROGRAM);
    const { stdout } = await promisify(execFile)(nodeBinary(22), [program], { cwd: folder });
    const ours = ["auspex", "sizes", "jobs"];
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      adapted: [ours],
      count: 10,
      produced: [["app", "own"], ours],
    });
  });
});
