import { context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import { OTLPMetricExporter as OtlpHttp } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as OtlpProto } from "@opentelemetry/exporter-metrics-otlp-proto";
import { defaultResource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  AggregationType,
  ConsoleMetricExporter,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  metricProducer,
  type OtelMetricProducer,
  type OtelPushExporter,
  otelExporter,
} from "../../../src/exporters/otlp/index.js";
import type { MetricExporter } from "../../../src/index.js";
import { batchOf, exporterConforms } from "../../conformance/exporter.js";
import { manualMonitor, monitor } from "../../helpers/monitor.js";
import { Receiver } from "./receiver.js";
import { metricsIn } from "./schema.js";

const never = new AbortController().signal;
const nothing = async (): Promise<void> => {};

/** A PushMetricExporter that does as it is told. */
function fake(more: Partial<Record<keyof PushMetricExporter, unknown>>): OtelPushExporter {
  return {
    export: (_: unknown, done: any) => done({ code: 0 }),
    forceFlush: nothing,
    shutdown: nothing,
    ...more,
  } as never;
}

afterEach(() => {
  vi.restoreAllMocks();
  context.disable();
});

exporterConforms("OpenTelemetry's in-memory exporter, adapted", () => {
  return otelExporter(new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE));
});

describe("an adapted OpenTelemetry exporter", () => {
  for (const [name, Exporter] of [
    ["http", OtlpHttp],
    ["proto", OtlpProto],
  ] as const) {
    it(`may be the OTLP exporter over ${name}`, async () => {
      const receiver = await Receiver.start();
      const theirs = new Exporter({ url: receiver.url });
      const exporter = otelExporter(theirs);
      expect(await exporter.export(batchOf([0.001, 0.2, 3]), never)).toEqual({ status: "success" });
      const metrics = metricsIn(receiver.last.request);
      expect(Object.keys(metrics)).toEqual([
        "http.server.request.duration",
        "jobs.done",
        "pool.used",
      ]);
      expect(metrics["http.server.request.duration"].histogram.dataPoints[0].count).toBe("3");
      receiver.answer = (response) => response.writeHead(400).end();
      const refused = await exporter.export(batchOf([1]), never);
      expect(refused.status).toBe("failure");
      await exporter.forceFlush?.();
      await exporter.shutdown?.();
      expect((await exporter.export(batchOf([1]), never)).status).toBe("failure");
    });
  }

  it("may be the console's", async () => {
    const dir = vi.spyOn(console, "dir").mockImplementation(() => {});
    const exporter = otelExporter(new ConsoleMetricExporter());
    expect(await exporter.export(batchOf([0.2]), never)).toEqual({ status: "success" });
    expect(dir).toHaveBeenCalledTimes(3);
  });

  it("gets the temporality it selects, and levels as levels", async () => {
    const theirs = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    const exporter = otelExporter(theirs, { name: "memory-of-theirs" });
    expect(exporter.temporality?.("histogram")).toBe("delta");
    const { auspex } = manualMonitor({ exporters: [exporter] });
    const work = auspex.operation("work");
    for (const count of [3, 4]) {
      for (let i = 0; i < count; i++) work.record(5);
      work.start();
      expect((await auspex.forceFlush()).ok).toBe(true);
    }
    const seen = theirs.getMetrics().map(({ scopeMetrics }) => {
      const [{ metrics }] = scopeMetrics;
      const of = (name: string) => metrics.find(({ descriptor }) => descriptor.name === name);
      const duration = of("auspex.operation.duration");
      const active = of("auspex.operation.active");
      return [
        (duration?.dataPoints[0].value as { count: number } | undefined)?.count,
        duration?.aggregationTemporality,
        active?.dataPoints[0].value,
        active?.aggregationTemporality,
      ];
    });
    expect(seen).toEqual([
      [3, AggregationTemporality.DELTA, 1, AggregationTemporality.CUMULATIVE],
      [4, AggregationTemporality.DELTA, 2, AggregationTemporality.CUMULATIVE],
    ]);
  });

  it("gets the aggregation it selects", async () => {
    const values = async (aggregation: object, options = {}): Promise<any[]> => {
      const theirs = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
      const selecting = Object.assign(theirs, { selectAggregation: () => aggregation });
      await otelExporter(selecting as any, options).export(batchOf([0.001, 0.2]), never);
      const metrics = theirs.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
      return metrics.flatMap((scope) => scope.metrics).map(({ dataPoints }) => dataPoints[0].value);
    };
    const explicit = {
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: [1, 0.1] },
    };
    expect((await values(explicit))[0].buckets).toEqual({
      boundaries: [0.1, 1],
      counts: [1, 1, 0],
    });
    const exponential = { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 4 } };
    expect((await values(exponential))[0].positive.bucketCounts.length).toBeLessThanOrEqual(4);
    expect((await values({ type: AggregationType.DEFAULT }))[0].buckets.boundaries).toHaveLength(
      14,
    );
    expect(await values({ type: AggregationType.DROP })).toEqual([]);
    // What its user says stands before that.
    expect((await values(explicit, { histogram: "exponential" }))[0].scale).toBe(4);
  });

  it("has a resource that OpenTelemetry's own merges with", async () => {
    const theirs = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    await otelExporter(theirs).export(batchOf([1]), never);
    const [{ resource }] = theirs.getMetrics();
    await resource.waitForAsyncAttributes?.();
    const merged = defaultResource().merge(resource);
    expect(merged.attributes["service.name"]).toBe("conformance");
    expect(resource.merge(defaultResource()).attributes).toHaveProperty("telemetry.sdk.name");
    expect(resource.merge(null).attributes).toEqual(resource.attributes);
  });

  it("may throw, reject, hang, call back twice or answer nonsense", async () => {
    const answer = (behaviour: unknown, signal = never) =>
      otelExporter(fake({ export: behaviour })).export(batchOf([1]), signal);
    const boom = new Error("boom");
    expect(
      await answer(() => {
        throw boom;
      }),
    ).toMatchObject({ status: "failure", error: { message: "Error: boom" } });
    expect(
      (
        await answer(async () => {
          throw boom;
        })
      ).status,
    ).toBe("failure");
    expect((await answer((_: unknown, done: any) => done())).status).toBe("failure");
    expect((await answer((_: unknown, done: any) => done({ code: 1 }))).status).toBe("failure");
    const twice = (_: unknown, done: any) => {
      done({ code: 0 });
      done({ code: 1, error: boom });
      throw boom;
    };
    expect((await answer(twice)).status).toBe("success");
    const abort = new AbortController();
    const hanging = answer(() => {}, abort.signal);
    abort.abort();
    expect((await hanging).status).toBe("retryable");
    const secret = Object.assign(new Error("no"), { data: "s3cret", headers: { a: "s3cret" } });
    const told = await answer((_: unknown, done: any) => done({ code: 1, error: secret }));
    expect(JSON.stringify(Object.entries((told as any).error))).not.toContain("s3cret");
  });

  it("is shut down once, however often that is asked", async () => {
    const shutdown = vi.fn(nothing);
    const exporter = otelExporter(fake({ shutdown }));
    await Promise.all([exporter.shutdown?.(), exporter.shutdown?.()]);
    expect(shutdown).toHaveBeenCalledTimes(1);
    const failing: MetricExporter = otelExporter(
      fake({
        shutdown: () => {
          throw new Error("no");
        },
      }),
    );
    const auspex = monitor({ saturation: false, exporters: [failing] });
    expect((await auspex.shutdown()).exporters).toMatchObject([{ status: "failed" }]);
  });

  it("is refused when it is none, with all that is wrong", () => {
    expect(() => otelExporter({} as any, { name: "a b", maxBuckets: 1 })).toThrow(
      /no export\(\).*no forceFlush\(\).*no shutdown\(\).*name is.*maxBuckets is/,
    );
    expect(() => otelExporter(undefined as any)).toThrow("PushMetricExporter");
    const selectAggregation = () => {
      throw new Error("which?");
    };
    expect(() => otelExporter(fake({ selectAggregation }))).toThrow("which?");
  });

  it("makes no spans of its requests", async () => {
    let current = ROOT_CONTEXT;
    context.setGlobalContextManager({
      active: () => current,
      with: (inner: any, fn: any, self: any, ...args: any[]) => {
        const outer = current;
        current = inner;
        try {
          return fn.apply(self, args);
        } finally {
          current = outer;
        }
      },
      bind: (_: any, target: any) => target,
      enable: () => ({}) as any,
      disable: () => ({}) as any,
    });
    const key = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
    let suppressed: unknown;
    const seeing = (_: unknown, done: any) => {
      suppressed = context.active().getValue(key);
      done({ code: 0 });
    };
    await otelExporter(fake({ export: seeing })).export(batchOf([1]), never);
    expect(suppressed).toBe(true);
    expect(context.active().getValue(key)).toBeUndefined();
  });
});

describe("a producer of metrics for OpenTelemetry's reader", () => {
  it("adds the monitor's metrics to those of the application", async () => {
    const auspex = monitor({ saturation: false });
    auspex.operation("work", { kind: "nightly" }).record(5);
    auspex.counter("jobs", { unit: "{job}" }).bind({ a: 1 }).add(2);
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const producer: MetricProducer = metricProducer(auspex);
    const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] });
    const provider = new MeterProvider({ readers: [reader] });
    provider.getMeter("app").createCounter("theirs").add(1);
    await provider.forceFlush();
    const scopes = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    expect(scopes.map(({ scope }) => scope.name).sort()).toEqual(["app", "auspex"]);
    const ours = scopes.find(({ scope }) => scope.name === "auspex")?.metrics ?? [];
    const named = (name: string) => ours.find(({ descriptor }) => descriptor.name === name);
    expect(named("jobs")?.dataPoints[0]).toMatchObject({ value: 2, attributes: { a: 1 } });
    expect(named("auspex.operation.duration")?.dataPoints[0]).toMatchObject({
      value: { count: 1 },
    });
    await provider.shutdown();
  });

  it("gives differences to the one reader that asks for deltas", async () => {
    const { auspex } = manualMonitor();
    const work = auspex.operation("work");
    const producer = metricProducer(auspex, { temporality: "delta", histogram: "exponential" });
    const counts: number[] = [];
    for (const count of [2, 5]) {
      for (let i = 0; i < count; i++) work.record(5);
      counts.push(countOf(await producer.collect()));
    }
    expect(counts).toEqual([2, 5]);
  });

  it("answers an error as an error, and nothing beside it", async () => {
    const { auspex } = manualMonitor();
    const broken = new Error("broken");
    const internals = (auspex as any)[Symbol.for("auspex.internals@0")];
    const source = internals.source();
    internals.source = () => ({
      ...source,
      streams() {
        throw broken;
      },
    });
    const { errors, resourceMetrics } = await metricProducer(auspex).collect();
    expect(errors).toEqual([broken]);
    expect(resourceMetrics.scopeMetrics).toEqual([]);
  });

  it("refuses options that make no sense", () => {
    const { auspex } = manualMonitor();
    const options = { temporality: "both", bounds: 7 } as any;
    expect(() => metricProducer(auspex, options)).toThrow(/temporality is.*bounds is/);
  });
});

function countOf({ resourceMetrics }: Awaited<ReturnType<OtelMetricProducer["collect"]>>): number {
  const [{ metrics }] = resourceMetrics.scopeMetrics;
  const found = metrics.find(({ descriptor }) => descriptor.name === "auspex.operation.duration");
  return (found?.dataPoints[0].value as { count: number } | undefined)?.count ?? 0;
}
