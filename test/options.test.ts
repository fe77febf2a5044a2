import { afterEach, describe, expect, it } from "vitest";
import { memory } from "../src/exporters/memory.js";
import { type AuspexOptions, createAuspex, OptionsError } from "../src/index.js";
import { resolveOptions } from "../src/options.js";
import { monitor, operationNamed } from "./helpers/monitor.js";

function faultsOf(options: unknown): readonly string[] {
  try {
    createAuspex(options as AuspexOptions);
  } catch (error) {
    if (error instanceof OptionsError) return error.faults;
    throw error;
  }
  return [];
}

describe("faulty options", () => {
  it("are all listed at once, each with its value and its mend", () => {
    const faults = faultsOf({
      service: 5,
      attributes: "env=prod",
      intervalMs: 1,
      histogram: { lowestUs: 0, highestUs: 1, significantDigits: 7, significantFigures: 3 },
      overheadBudget: 2,
      views: [{ name: "x" }, { instrument: "a*", name: "b" }],
      exemplars: "yes",
      selfMetrics: 1,
      detectResource: "no",
      outbound: { template: 5, retries: 3 },
      detectors: [{}],
      onError: "log",
      cardinalityLimit: 0,
      idleSeriesMs: 5,
      windowBytes: -1,
      exporters: [
        {},
        memory(),
        memory(),
        { exporter: { name: "x", export: () => {} }, intervalMs: 1, every: 5 },
        { name: "y", export: () => {}, temporality: () => "sometimes" },
      ],
      exportIntervalMs: "1000",
      saturation: { gpus: false, gpu: "no" },
      logger: {},
      clock: {},
      intervalMS: 1000,
    });
    for (const named of [
      "service is 5; give a name",
      "attributes is",
      "intervalMs is 1; give a number from 50 to 60000",
      "histogram.significantDigits is 7; give a whole number from 1 to 4",
      "histogram.lowestUs is 0",
      "cardinalityLimit is 0; give a whole number from 1",
      "idleSeriesMs is 5",
      "windowBytes is -1",
      "exporters[0] is {}; give an exporter",
      'exporters[2] is a second exporter named "memory"',
      "exporters[3].intervalMs is 1",
      "exporters[3].every is not an option",
      'exporters[4].temporality() is "sometimes"',
      "histogram.significantFigures is not an option",
      "overheadBudget is 2; give a number from 0.001 to 1",
      "views[0].instrument is missing",
      "views[1].name would give many instruments one name",
      'exemplars is "yes"; give true, false, or a function',
      "selfMetrics is 1; give true or false",
      'detectResource is "no"; give true or false',
      "outbound.template is 5; give a function",
      "outbound.retries is not an option",
      "detectors is [{}]; give true, false",
      'onError is "log"',
      'exportIntervalMs is "1000"',
      "saturation.gpus is not an option; known are",
      'saturation.gpu is "no"; give true or false',
      "logger is",
      "clock is",
      "intervalMS is not an option; known are",
    ]) {
      expect(faults.some((fault) => fault.includes(named))).toBe(true);
    }
    expect(() => createAuspex({ intervalMs: 1 })).toThrow(
      /1 option to mend:\n {2}- intervalMs is 1/,
    );
  });

  it("names parts of the service and attributes that are no text", () => {
    expect(faultsOf({ service: { name: "a", version: {} }, attributes: { a: {} } })).toEqual([
      "attributes.a is {}; give a string, number or boolean",
      "service.version is {}; give a string",
    ]);
  });

  it.each([null, 5, "x", []])("refuses %j as options", (options) => {
    expect(faultsOf(options)).toHaveLength(1);
  });
});

describe("the environment", () => {
  it("names the service and sets the pace where options do not", () => {
    const environment = { OTEL_METRIC_EXPORT_INTERVAL: "5000", OTEL_SDK_DISABLED: "TRUE" };
    const resolved = resolveOptions({ exporters: [memory()] }, environment);
    expect(resolved.push[0]).toMatchObject({ intervalMs: 5000, timeoutMs: 5000 });
    expect(resolved.enabled).toBe(false);
    expect(
      resolveOptions({ exportIntervalMs: 700, exporters: [memory()] }, environment).push[0],
    ).toMatchObject({
      intervalMs: 700,
    });
  });

  it.each([
    ["1500", 1500],
    ["nonsense", 30_000],
    ["-5", 30_000],
  ])("gives exports %j ms, where that is a time: %d", (text, timeoutMs) => {
    const environment = { OTEL_METRIC_EXPORT_TIMEOUT: text };
    const { push } = resolveOptions({ exporters: [memory()] }, environment);
    expect(push[0]?.timeoutMs).toBe(timeoutMs);
  });

  const before = { ...process.env };
  afterEach(() => {
    for (const key of Object.keys(process.env)) if (!(key in before)) delete process.env[key];
  });

  it("gives the resource", () => {
    process.env.OTEL_SERVICE_NAME = "from-env";
    process.env.OTEL_RESOURCE_ATTRIBUTES = "team=a%20b,bad,=x,service.name=other";
    const auspex = monitor({ service: undefined, attributes: { region: "eu" }, saturation: false });
    expect(auspex.resource.attributes).toEqual({
      "service.name": "from-env",
      team: "a b",
      region: "eu",
    });
    expect(auspex.snapshot().service).toBe("from-env");
  });

  it("turns the monitor off with OTEL_SDK_DISABLED: handles still work, nothing runs", async () => {
    process.env.OTEL_SDK_DISABLED = "true";
    const exporter = memory();
    const auspex = monitor({ exporters: [exporter] });
    const operation = auspex.operation("work");
    expect(await operation.run(async () => 5)).toBe(5);
    expect(operationNamed(auspex, "work").inFlight).toBe(0);
    expect(exporter.batches).toHaveLength(0);
  });
});
