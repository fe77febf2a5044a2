import { isPromise } from "node:util/types";
import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import {
  type Auspex,
  type AuspexOptions,
  createAuspex,
  type ExportResult,
  type MetricBatch,
  type MetricExporter,
  OptionsError,
  type View,
} from "../../src/index.js";
import { HOSTILE, unhandledIn } from "../helpers/hostile.js";
import { manualMonitor, monitor } from "../helpers/monitor.js";

const hostile = Object.entries(HOSTILE);

/** Good arguments of every method, in place of which hostile ones are put one by one. */
const METHODS: Readonly<Record<string, readonly unknown[]>> = {
  operation: ["work", { a: 1 }],
  wrap: ["work", () => 5, { attributes: { a: 1 } }],
  dependency: ["postgres", { attributes: { a: 1 } }],
  counter: ["count", { unit: "1", description: "d" }],
  gauge: ["level", { unit: "1", description: "d" }],
  histogram: ["size", { unit: "By", lowest: 1, highest: 1000, significantDigits: 2 }],
  pool: ["pool", { max: 1, used: 1 }, { kind: "db", attributes: {} }],
  queue: ["queue", { depth: 1 }, { capacity: 5 }],
  cache: ["cache", new Map(), { max: 5 }],
  workers: ["workers", { busy: 1 }, { attributes: {} }],
  saturation: ["full", () => 0.5, { unit: "1", attributes: {} }],
  snapshot: ["1m"],
  include: [{ name: "page", read: () => "" }],
  text: [],
  forceFlush: [{ timeoutMs: 50 }],
  shutdown: [{ timeoutMs: 50 }],
  on: ["anomaly", () => {}],
  series: ["training:proj-1:loss", { goal: "down" }],
};

/** Fields of the last argument, where that is one of options. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  wrap: ["attributes"],
  dependency: ["kind", "system", "namespace", "destination", "address", "port", "attributes"],
  counter: ["unit", "description"],
  gauge: ["unit", "description"],
  histogram: ["unit", "description", "lowest", "highest", "significantDigits"],
  pool: ["kind", "max", "attributes"],
  queue: ["capacity", "oldestAgeMs", "attributes"],
  cache: ["max", "unit", "attributes"],
  workers: ["attributes"],
  saturation: ["unit", "description", "attributes"],
  series: ["goal", "retentionMs"],
  include: ["name", "read"],
  forceFlush: ["timeoutMs"],
  shutdown: ["timeoutMs"],
};

/** Calls a method the way JavaScript may: whatever TypeScript says. */
function call(auspex: Auspex, method: string, args: readonly unknown[]): unknown {
  return (auspex as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[method](
    ...args,
  );
}

describe("every method of a monitor", () => {
  it("is in the list of this test", () => {
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(monitor()));
    expect(methods.filter((name) => name !== "constructor").sort()).toEqual(
      Object.keys(METHODS).sort(),
    );
  });

  const cases = Object.entries(METHODS).flatMap(([method, good]) =>
    [...good, undefined].map((_, at) => ({ method, good, at })),
  );
  it.each(cases)("$method takes anything as argument $at", async ({ method, good, at }) => {
    const unhandled = await unhandledIn(async () => {
      for (const [what, make] of hostile) {
        const { auspex, clock } = manualMonitor();
        const args = [...good];
        args[at] = make();
        expect(() => call(auspex, method, args), what).not.toThrow();
        const answer = call(auspex, method, args);
        if (isPromise(answer)) await answer;
        clock.advance(3000);
        expect(() => auspex.snapshot(), what).not.toThrow();
        expect(await auspex.text(), what).toContain("target_info");
        await auspex.shutdown({ timeoutMs: 1 });
      }
    });
    expect(unhandled).toEqual([]);
  });
});

describe("every field of the options of a method", () => {
  const cases = Object.entries(METHODS).flatMap(([method, good]) => {
    const at = good.length - 1;
    return (FIELDS[method] ?? []).map((field) => ({ method, good, at, field }));
  });
  it.each(cases)("$method takes anything as its $field", async ({ method, good, at, field }) => {
    const unhandled = await unhandledIn(async () => {
      for (const [what, make] of hostile) {
        const { auspex, clock } = manualMonitor();
        const args = [...good];
        args[at] = { [field]: make() };
        expect(() => call(auspex, method, args), what).not.toThrow();
        clock.advance(3000);
        expect(() => auspex.snapshot(), what).not.toThrow();
        expect(await auspex.text(), what).toContain("target_info");
        await auspex.shutdown({ timeoutMs: 1 });
      }
    });
    expect(unhandled).toEqual([]);
  });
});

describe("what methods hand out", () => {
  it.each(hostile)("takes %s as value, attributes and callback", async (_, make) => {
    const { auspex, clock } = manualMonitor({ exporters: [memory()] });
    const unhandled = await unhandledIn(async () => {
      const value = make() as never;
      auspex.counter("count").add(value, value);
      auspex.gauge("level").set(value, value);
      auspex.gauge("read").observe(value, value);
      auspex.gauge("answer").observe(() => value);
      auspex.histogram("size").record(value, value);
      auspex.operation("work").record(value, value);
      auspex.operation("work").fail(value, value);
      auspex.saturation("full", () => value);
      auspex.pool("pool", { used: () => value, max: value });
      clock.advance(5000);
      await auspex.text();
      expect((await auspex.forceFlush()).ok).toBe(true);
    });
    expect(unhandled).toEqual([]);
  });

  it("asks a saturation again after it has answered a Proxy that throws", () => {
    const { auspex, clock } = manualMonitor();
    let answer: unknown = new Proxy({}, { has: no, get: no });
    auspex.saturation("full", () => answer as number);
    expect(auspex.snapshot().self.callbackErrors).toBe(1);
    answer = 0.25;
    clock.advance(1000);
    expect(auspex.snapshot().saturation[0].value).toBe(0.25);
    expect(auspex.snapshot().self.callbackErrors).toBe(1);
  });

  it("names a saturation, whatever its name", () => {
    const { auspex } = manualMonitor();
    auspex.saturation(Symbol("disk") as never, () => 1, null as never);
    expect(auspex.snapshot().saturation).toMatchObject([{ name: "Symbol(disk)", value: 1 }]);
  });

  it("hands back a function that cannot be wrapped, and counts that", () => {
    const { auspex } = manualMonitor();
    const fn = new Proxy(() => 5, { ownKeys: no });
    expect(auspex.wrap("work", fn)).toBe(fn);
    expect(auspex.snapshot().self.misuse).toBe(1);
  });
});

function no(): never {
  throw new Error("no");
}

describe("callbacks of the options", () => {
  it("may answer promises that reject: no rejection is left unhandled", async () => {
    const reject = async (): Promise<never> => {
      throw new Error("from the host");
    };
    const unhandled = await unhandledIn(() => {
      const { auspex } = manualMonitor({
        onError: reject,
        logger: { warn: reject, debug: reject },
        exemplars: reject as never,
      });
      auspex.counter("x");
      auspex.gauge("x");
      auspex.gauge("x");
      auspex.operation("work").record(1);
      const { operations, self } = auspex.snapshot();
      expect(operations[0].exemplars).toEqual([]);
      expect(self.callbackErrors).toBe(1);
    });
    expect(unhandled).toEqual([]);
  });

  it.each(hostile)("answers %s where a trace is asked for", async (_, make) => {
    const { auspex } = manualMonitor({ exemplars: () => make() as never });
    auspex.operation("work").record(1);
    auspex.operation("other").fail(auspex.operation("other").start(), make());
    expect(auspex.snapshot().operations.flatMap(({ exemplars }) => exemplars)).toEqual([]);
  });
});

describe("options that are no options", () => {
  const names = (
    "service attributes intervalMs histogram cardinalityLimit idleSeriesMs windowBytes exporters exportIntervalMs " +
    "views exemplars selfMetrics overheadBudget saturation outbound logger onError clock detectResource detectors zzz"
  ).split(" ");

  it.each(names)("%s: are refused by an OptionsError, or taken and never throw", async (name) => {
    const given = [...hostile];
    if (name === "exporters" || name === "views") {
      given.push(...hostile.map(([what, make]) => [`[${what}]`, () => [make()]] as never));
    }
    const unhandled = await unhandledIn(async () => {
      for (const [what, make] of given) {
        let auspex: Auspex;
        try {
          auspex = createAuspex({ saturation: false, detectResource: false, [name]: make() });
        } catch (error) {
          expect(error, what).toBeInstanceOf(OptionsError);
          continue;
        }
        auspex.counter("x").add(1);
        auspex.operation("work").record(1);
        expect(() => auspex.snapshot(), what).not.toThrow();
        await auspex.text();
        await auspex.shutdown({ timeoutMs: 50 });
      }
    });
    expect(unhandled).toEqual([]);
  });

  it.each(hostile)("%s: refused as a whole, or taken", async (_, make) => {
    let auspex: Auspex | undefined;
    try {
      auspex = createAuspex(make() as AuspexOptions);
    } catch (error) {
      expect(error).toBeInstanceOf(OptionsError);
    }
    await auspex?.shutdown({ timeoutMs: 50 });
  });
});

describe("views", () => {
  it("stay as they were given, whatever becomes of the list", async () => {
    const views: View[] = [{ instrument: "a", attributes: ["kept"] }];
    const own: View[] = [{ instrument: "a", name: "b" }];
    const exporter = memory();
    const { auspex } = manualMonitor({ views, exporters: [{ exporter, views: own }] });
    (views[0].attributes as string[]).push("late");
    views.push(null as never);
    own.push(null as never);
    auspex.counter("a").add(1, { kept: 1, late: 1 });
    await auspex.forceFlush();
    const { metrics } = exporter.batches[0];
    expect(metrics.find(({ name }) => name === "b")).toMatchObject({
      points: [{ attributes: { kept: 1 }, value: 1 }],
    });
  });
});

describe("what the library tells of exporters", () => {
  class Odd implements MetricExporter {
    exports = 0;

    constructor(
      readonly name: string,
      private readonly answer: (count: number) => unknown,
    ) {}

    async export(): Promise<ExportResult> {
      return this.answer(++this.exports) as ExportResult;
    }
  }

  async function toldOf(odd: Odd, flushes: number): Promise<MetricBatch> {
    const seen = memory();
    const { auspex } = manualMonitor({ selfMetrics: true, exporters: [odd, seen] });
    auspex.counter("jobs").add(1);
    for (let i = 0; i < flushes; i++) await auspex.forceFlush();
    return seen.batches[seen.batches.length - 1];
  }

  function pointsOf({ metrics }: MetricBatch, name: string, exporter: string) {
    const metric = metrics.find((each) => each.name === `otel.sdk.exporter.${name}`);
    const points = (metric?.points ?? []) as readonly { attributes: object; value: number }[];
    return points.filter(({ attributes }) => {
      const { "otel.component.type": type } = attributes as Record<string, string>;
      return exporter.startsWith(type);
    });
  }

  const EXPORTED = "metric_data_point.exported";

  it("is bounded: 32 types of errors, then _OTHER, and no figure is lost", async () => {
    const odd = new Odd("odd", (count) => {
      const error = new Error("no");
      error.name = `E${count}`;
      return { status: "failure", error };
    });
    const batch = await toldOf(odd, 100);
    const points = pointsOf(batch, EXPORTED, "odd");
    expect(points).toHaveLength(33);
    const types = points.map(({ attributes }) => (attributes as never)["error.type"]);
    expect(types).toContain("_OTHER");
    expect(pointsOf(batch, "operation.duration", "odd")).toHaveLength(33);
  });

  it.each([
    [Number.NaN, 0],
    [-5, 0],
    [Number.NEGATIVE_INFINITY, 0],
    ["7", 0],
    [2.9, 2],
    [Number.POSITIVE_INFINITY, 30],
    [1e9, 30],
  ])("takes %s rejected points for %i", async (rejected, expected) => {
    const odd = new Odd("odd", () => ({ status: "success", rejected }));
    const { auspex } = manualMonitor({ exporters: [odd] });
    for (let i = 0; i < 30; i++) auspex.counter("jobs").add(1, { i });
    await auspex.forceFlush();
    expect(auspex.snapshot().self.exports.odd).toMatchObject({ exported: 1, rejected: expected });
  });

  it("stays a number when an exporter answers what is none", async () => {
    const odd = new Odd("odd", () => ({ status: "success", rejected: Number.NaN }));
    const points = pointsOf(await toldOf(odd, 3), EXPORTED, "odd");
    expect(points).toHaveLength(1);
    expect(points[0].value).toBeGreaterThan(0);
  });

  it("cuts a long name", async () => {
    const name = "e".repeat(5000);
    const [point] = pointsOf(
      await toldOf(new Odd(name, () => ({ status: "success" })), 2),
      EXPORTED,
      name,
    );
    for (const value of Object.values(point.attributes))
      expect(value.length).toBeLessThanOrEqual(256);
  });

  it.each([
    ...hostile,
    ["an unknown status", () => ({ status: "partial" })],
    ["an unknown status with an error", () => ({ status: "odd", error: new Error("x") })],
    ["a failure without an error", () => ({ status: "failure" })],
  ] as const)("counts a failure when an exporter answers %s", async (_, make) => {
    const odd = new Odd("odd", make);
    const { auspex } = manualMonitor({ exporters: [odd] });
    auspex.counter("jobs").add(1);
    const { exporters } = await auspex.forceFlush();
    expect(exporters).toMatchObject([{ status: "failed" }]);
    expect(auspex.snapshot().self.exports.odd).toMatchObject({ exported: 0, failed: 1 });
  });

  it.each(hostile)("counts a failure when an exporter throws %s", async (_, make) => {
    const odd = new Odd("odd", () => {
      throw make();
    });
    const { auspex } = manualMonitor({ exporters: [odd] });
    expect((await auspex.forceFlush()).exporters).toMatchObject([{ status: "failed" }]);
  });
});
