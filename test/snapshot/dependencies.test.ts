import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Accumulator } from "../../src/histogram/accumulator.js";
import { Layout } from "../../src/histogram/layout.js";
import { dependency } from "../../src/integrations/outbound/index.js";
import { dependenciesOf } from "../../src/snapshot/dependencies.js";
import { Latency } from "../../src/snapshot/latency.js";
import type { OperationSnapshot } from "../../src/snapshot/model.js";
import { manualMonitor } from "../helpers/monitor.js";

const fine = new Layout({ lowest: 1, highest: 3_600_000_000, significantDigits: 2 });
const coarse = new Layout({ lowest: 1, highest: 1_000_000, significantDigits: 1 });

function latency(valuesMs: readonly number[], layout = fine): Latency {
  const accumulator = new Accumulator(layout);
  for (const value of valuesMs) {
    const slot = layout.slotOf(Math.min(layout.highest, Math.round(value * 1000)));
    accumulator.addSlot(slot, 1);
  }
  return new Latency(accumulator.take(1000));
}

interface Given {
  readonly instrument?: string;
  readonly attributes?: OperationSnapshot["attributes"];
  readonly ok?: readonly number[];
  readonly failed?: readonly number[];
  readonly byType?: Readonly<Record<string, number>>;
  readonly aborted?: number;
  readonly inFlight?: number;
  readonly layout?: Layout;
}

function operation({
  instrument = "http.client.request.duration",
  attributes = { "server.address": "api", "server.port": 443 },
  ok = [],
  failed = [],
  byType = {},
  aborted = 0,
  inFlight = 0,
  layout = fine,
}: Given): OperationSnapshot {
  const count = ok.length + failed.length + aborted;
  return {
    name: "any",
    attributes,
    instrument,
    latency: latency(ok, layout),
    traffic: { count, perSecond: count / 60 },
    errors: { count: failed.length, ratio: 0, byType, latency: latency(failed, layout) },
    aborted: { count: aborted },
    inFlight,
    exemplars: [],
  };
}

describe("the dependency map", () => {
  it("is empty for a service that calls nobody, incoming work and processing left out", () => {
    expect(dependenciesOf("shop", [])).toEqual([]);
    const names = [
      "http.server.request.duration",
      "auspex.operation.duration",
      "messaging.process.duration",
    ];
    expect(
      dependenciesOf(
        "shop",
        names.map((instrument) => operation({ instrument })),
      ),
    ).toEqual([]);
  });

  it("adds the signals of one dependency up, with the percentiles of all its calls", () => {
    const fast = Array.from({ length: 99 }, () => 1);
    const [edge, ...others] = dependenciesOf("shop", [
      operation({ ok: fast, inFlight: 2 }),
      operation({ ok: [1000], failed: [5], byType: { "500": 1 }, aborted: 3, inFlight: 1 }),
      operation({ failed: [7, 9], byType: { "500": 1, ECONNREFUSED: 1 } }),
    ]);
    expect(others).toEqual([]);
    expect(edge).toMatchObject({
      caller: "shop",
      name: "api",
      kind: "http",
      operations: 3,
      traffic: { count: 106, perSecond: 106 / 60 },
      errors: { count: 3, byType: { "500": 2, ECONNREFUSED: 1 } },
      aborted: { count: 3 },
      inFlight: 3,
    });
    expect(edge?.errors.ratio).toBeCloseTo(3 / 106, 10);
    // A mean of percentiles would say 500 ms.
    expect(edge?.latency.p99).toBeCloseTo(1, 1);
    expect(edge?.latency.percentile(100)).toBeGreaterThanOrEqual(1000);
    expect(edge?.latency.count).toBe(100);
    expect(edge?.errors.latency.count).toBe(3);
  });

  it("names an HTTP host with its port unless that is usual, others by their service", () => {
    const at = (attributes: OperationSnapshot["attributes"], instrument?: string) =>
      operation({ attributes, ...(instrument === undefined ? {} : { instrument }), ok: [1] });
    const service = { "server.service.name": "main" };
    const edges = dependenciesOf("shop", [
      at({ "server.address": "api", "server.port": 443 }),
      at({ "server.address": "api", "server.port": 80 }),
      at({ "server.address": "api", "server.port": 8080 }),
      at({ "server.address": "::1", "server.port": 8080 }),
      at({ "server.address": "_OTHER" }),
      at({ "otel.metric.overflow": true }),
      at(service, "db.client.operation.duration"),
      at(service, "messaging.client.operation.duration"),
      at(service, "rpc.client.call.duration"),
      at(service, "auspex.dependency.operation.duration"),
      at({ "otel.metric.overflow": true }, "db.client.operation.duration"),
    ]);
    expect(edges.map(({ kind, name, operations }) => [kind, name, operations])).toEqual([
      ["http", "api", 2],
      ["http", "api:8080", 1],
      ["http", "[::1]:8080", 1],
      ["http", "_OTHER", 2],
      ["db", "main", 1],
      ["messaging", "main", 1],
      ["rpc", "main", 1],
      ["other", "main", 1],
      ["db", "_OTHER", 1],
    ]);
  });

  it("merges as if all calls had been recorded in one histogram", () => {
    const values = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (parts) => {
        const [edge] = dependenciesOf(
          "shop",
          parts.map((ok) => operation({ ok })),
        );
        const all = latency(parts.flat());
        expect({ ...edge?.latency }).toEqual({ ...all });
        for (const p of [0, 10, 50, 99.9, 100]) {
          expect(edge?.latency.percentile(p)).toBe(all.percentile(p));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("merges layouts that differ within their precision, losing no value", () => {
    const [edge] = dependenciesOf("shop", [
      operation({ ok: [10, 20], layout: coarse }),
      operation({ ok: [30, 40, 5000], layout: fine }),
      operation({ ok: [40] }),
    ]);
    expect(edge?.latency.count).toBe(6);
    expect(edge?.latency.p50).toBeGreaterThan(27);
    expect(edge?.latency.p50).toBeLessThan(33);
  });

  it("is frozen plain data, whatever errors are called, and starts anew for each group", () => {
    const hostile = JSON.parse('{"__proto__": 1}');
    const edges = dependenciesOf("shop", [
      operation({ ok: [1], failed: [2], byType: hostile }),
      operation({ ok: [1] }),
      operation({ ok: [5], attributes: { "server.address": "b" } }),
      operation({ ok: [5], attributes: { "server.address": "b" } }),
    ]);
    expect(edges.map(({ latency: { count } }) => count)).toEqual([2, 2]);
    expect(Object.keys(edges[0]?.errors.byType ?? {})).toEqual(["__proto__"]);
    expect(Object.isFrozen(edges) && edges.every(Object.isFrozen)).toBe(true);
    expect(JSON.parse(JSON.stringify(edges))[0].latency.p50).toBeCloseTo(1, 1);
  });

  it("comes from the snapshot of a monitor", () => {
    const { auspex, clock } = manualMonitor();
    const pg = dependency(auspex, "postgres");
    for (const [name, ms] of [
      ["SELECT users", 4],
      ["INSERT orders", 8],
    ] as const) {
      pg.run(name, () => clock.advance(ms));
    }
    dependency(auspex, "kafka", { destination: "orders" }).run("process", () => {});
    const { service, operations } = auspex.snapshot("1m");
    const edges = dependenciesOf(service, operations);
    expect(edges).toHaveLength(1);
    expect(edges[0]).toMatchObject({ caller: "test", name: "postgres", kind: "db", operations: 2 });
    expect(edges[0]?.latency.max).toBeCloseTo(8, 1);
  });
});
