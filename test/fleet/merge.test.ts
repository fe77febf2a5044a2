import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeSnapshots } from "../../src/fleet/merge.js";
import type { FleetPart } from "../../src/fleet/model.js";
import { nearestRank, partOf, processOf } from "./parts.js";

const operations = (parts: readonly FleetPart[]) => mergeSnapshots(parts).operations;

describe("operations of many processes", () => {
  it("have the percentiles of the pooled values, where adding quantiles up would give four times as much", () => {
    const parts = Array.from({ length: 4 }, () =>
      partOf((auspex) => {
        const work = auspex.operation("work");
        for (let ms = 1; ms <= 100; ms++) work.record(ms);
      }),
    );
    const [work] = operations(parts);
    expect(work?.traffic.count).toBe(400);
    expect(work?.latency.p50).toBeGreaterThanOrEqual(50);
    expect(work?.latency.p50).toBeLessThanOrEqual(50.5);
    expect(work?.latency.max).toBeLessThanOrEqual(101);
    expect(work?.processes).toBe(4);
  });

  it("equal those of one process that recorded everything", () => {
    const values = fc.array(fc.integer({ min: 1, max: 3_600_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 6 }), (byProcess) => {
        const parts = byProcess.map((all) =>
          partOf((auspex) => {
            const work = auspex.operation("work");
            for (const ms of all) work.record(ms);
          }),
        );
        const whole = partOf((auspex) => {
          const work = auspex.operation("work");
          for (const ms of byProcess.flat()) work.record(ms);
        });
        const [merged] = operations(parts);
        const [pooled] = whole.snapshot.operations;
        expect(merged?.latency).toEqual(pooled?.latency);
        const sorted = byProcess.flat().sort((a, b) => a - b);
        for (const p of [50, 90, 99, 99.9]) {
          const exact = sorted.length === 0 ? 0 : nearestRank(sorted, p);
          const shown = merged?.latency.percentile(p) as number;
          expect(shown).toBeGreaterThanOrEqual(exact);
          expect(shown).toBeLessThanOrEqual(exact * 1.01 + 0.001);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("are told apart by name, by instrument and by attributes, numbers and texts among them", () => {
    const part = () =>
      partOf((auspex) => {
        auspex.operation("a", { n: 1 }).record(1);
        auspex.operation("a", { n: "1" }).record(1);
        auspex.operation("b", { n: 1 }).record(1);
        auspex.dependency("a", { kind: "db" }).operation("a").record(1);
      });
    const merged = operations([part(), part()]);
    const recorded = merged.filter(({ instrument }) => instrument.startsWith("auspex.operation"));
    expect(
      recorded.map(({ name, attributes, traffic }) => [name, attributes, traffic.count]),
    ).toEqual([
      ["a", { n: 1 }, 2],
      ["a", { n: "1" }, 2],
      ["b", { n: 1 }, 2],
    ]);
  });

  it("add errors up by type, whatever a type is called", () => {
    const part = () =>
      partOf((auspex) => {
        const work = auspex.operation("work");
        for (const name of ["__proto__", "constructor", "ETIMEDOUT"]) {
          const error = new Error("x");
          error.name = name;
          work.record(5, Object.assign(error, { code: name }));
        }
        work.record(1);
      });
    const [work] = operations([part(), part(), part()]);
    expect(work?.errors.count).toBe(9);
    expect(work?.errors.ratio).toBe(0.75);
    expect(Object.entries(work?.errors.byType ?? {}).map(([, count]) => count)).toEqual([3, 3, 3]);
    expect(Object.hasOwn(work?.errors.byType ?? {}, "__proto__")).toBe(true);
    expect(({} as Record<string, unknown>).ETIMEDOUT).toBeUndefined();
  });

  it("add rates and what is in flight; aborted ones are part of traffic", () => {
    const part = () =>
      partOf((auspex, clock) => {
        const work = auspex.operation("work");
        work.start();
        work.abort(work.start());
        work.record(1);
        clock.advance(1000);
      });
    const [work] = operations([part(), part()]);
    expect(work?.inFlight).toBe(2);
    expect(work?.aborted.count).toBe(2);
    expect(work?.traffic).toEqual({ count: 4, perSecond: 4 });
  });

  it("of other precision and range are pooled by the middles of their slots, within the coarser precision", () => {
    const fine = partOf(
      (auspex) => {
        const work = auspex.operation("work");
        for (let ms = 1; ms <= 1000; ms++) work.record(ms);
      },
      { histogram: { significantDigits: 3, highestUs: 60_000_000 } },
    );
    const coarse = partOf((auspex) => {
      const work = auspex.operation("work");
      for (let ms = 1; ms <= 1000; ms++) work.record(ms);
      work.record(600_000);
    });
    for (const parts of [
      [fine, coarse],
      [coarse, fine],
    ]) {
      const [work] = operations(parts);
      expect(work?.latency.count).toBe(2001);
      expect(work?.latency.p50).toBeGreaterThan(500 * 0.99);
      expect(work?.latency.p50).toBeLessThan(501 * 1.01);
      expect(work?.latency.max).toBeGreaterThan(600_000 * 0.99);
      expect(work?.latency.max).toBeLessThan(600_000 * 1.01);
    }
  });

  it("keep the newest exemplars of all", () => {
    const traced = (id: number) =>
      partOf(
        (auspex, clock) => {
          clock.advance(id * 1000);
          auspex.operation("work").record(50);
        },
        { exemplars: () => ({ traceId: String(id).padStart(32, "0"), spanId: "1".repeat(16) }) },
      );
    const [work] = operations(Array.from({ length: 40 }, (_, id) => traced(id + 1)));
    expect(work?.exemplars).toHaveLength(32);
    expect(Number(work?.exemplars.at(-1)?.traceId)).toBe(40);
    expect(Number(work?.exemplars[0]?.traceId)).toBe(9);
  });
});

describe("processes that have ended", () => {
  const part = (live: boolean) =>
    partOf(
      (auspex, clock) => {
        const work = auspex.operation("work");
        work.start();
        work.record(10);
        auspex.counter("jobs").add(3);
        auspex.gauge("level").set(7);
        auspex.saturation("pool", () => 0.5);
        clock.advance(10_000);
      },
      { process: { live } },
    );

  it("count in totals, and neither in what is in flight nor in gauges", () => {
    const { operations, counters, gauges, saturation, processes } = mergeSnapshots([
      part(true),
      part(false),
    ]);
    expect(operations[0]?.traffic.count).toBe(2);
    expect(operations[0]?.inFlight).toBe(1);
    expect(counters[0]?.count).toBe(6);
    expect(gauges[0]?.byProcess).toHaveLength(1);
    expect(saturation[0]?.byProcess).toHaveLength(1);
    expect(processes.map(({ live }) => live)).toEqual([true, false]);
  });

  it("do not go on at the speed they had: what they did is spread over the whole time", () => {
    const { operations, start, end } = mergeSnapshots([part(true), part(false)]);
    const spread = 1 / ((end - start) / 1000);
    expect(operations[0]?.traffic.perSecond).toBeCloseTo(0.1 + spread, 6);
  });
});

describe("gauges and saturation of many processes", () => {
  const parts = [0.2, 0.9, 0.5].map((value, i) =>
    partOf(
      (auspex) => {
        auspex.saturation("pool", () => value);
        auspex.gauge("level").set(value * 10);
      },
      { process: { id: `p${i}` } },
    ),
  );

  it("are not added up: the figures are those of the process where it is fullest, each has its own", () => {
    const [pool] = mergeSnapshots(parts).saturation;
    expect(pool).toMatchObject({ name: "pool", saturation: 0.9, value: 0.9, process: "p1" });
    expect(pool?.byProcess.map(({ process, saturation }) => [process, saturation])).toEqual([
      ["p1", 0.9],
      ["p2", 0.5],
      ["p0", 0.2],
    ]);
  });

  it("of a level are the largest, and their sum beside it", () => {
    const [level] = mergeSnapshots(parts).gauges;
    expect(level).toMatchObject({ value: 9, sum: 16, min: 2, max: 9 });
    expect(level?.mean).toBeCloseTo(16 / 3, 9);
    expect(level?.byProcess.map(({ process }) => process)).toEqual(["p1", "p2", "p0"]);
  });
});

describe("what threads of one process share", () => {
  const member = (process: object, record: (tell: (name: string, value: number) => void) => void) =>
    partOf(
      (auspex) =>
        record((name, value) => {
          auspex.counter(name).add(value);
        }),
      { process },
    );
  const names = ["process.cpu.time", "system.network.io", "hw.energy", "container.cpu.time"];
  const tells = (tell: (name: string, value: number) => void): void => {
    for (const name of names) tell(name, 10);
    tell("v8js.gc.count", 1);
    tell("jobs", 1);
  };
  const counts = (parts: readonly FleetPart[]) =>
    Object.fromEntries(mergeSnapshots(parts).counters.map(({ name, count }) => [name, count]));

  it("is told by the main thread alone; what is a thread's own is added up", () => {
    const one = { pid: 7, host: "a" };
    expect(
      counts([
        member({ ...one, threadId: 1 }, tells),
        member({ ...one }, tells),
        member({ ...one, threadId: 2 }, tells),
      ]),
    ).toEqual({
      "process.cpu.time": 10,
      "system.network.io": 10,
      "hw.energy": 10,
      "container.cpu.time": 10,
      "v8js.gc.count": 3,
      jobs: 3,
    });
  });

  it("is told by one of the threads where the main thread is not there", () => {
    const one = { pid: 7, host: "a" };
    const parts = [1, 2].map((threadId) => member({ ...one, threadId }, tells));
    expect(counts(parts)["process.cpu.time"]).toBe(10);
  });

  it("is one process's each in a cluster, and one host's each in a fleet", () => {
    const at = (host: string, pid: number) => member({ host, pid }, tells);
    expect(counts([at("a", 1), at("a", 2), at("b", 1)])).toMatchObject({
      "process.cpu.time": 30,
      "system.network.io": 20,
      jobs: 3,
    });
  });
});

describe("a merged snapshot", () => {
  it("of services apart keeps their operations apart, and their dependencies", () => {
    const of = (service: string) =>
      partOf((auspex) => auspex.operation("work").record(1), { service });
    const merged = mergeSnapshots([of("shop"), of("pay"), of("shop")]);
    expect(merged.service).toBe("shop, pay");
    expect(merged.operations.map(({ service, traffic }) => [service, traffic.count])).toEqual([
      ["shop", 2],
      ["pay", 1],
    ]);
  });

  it("has the dependency map of all together", () => {
    const part = () =>
      partOf((auspex) => {
        const db = auspex.dependency("orders", { kind: "db", system: "postgresql" });
        db.operation("SELECT").record(4);
        db.operation("INSERT").record(8);
      });
    const { dependencies } = mergeSnapshots([part(), part(), part()]);
    expect(dependencies).toHaveLength(1);
    expect(dependencies[0]).toMatchObject({ name: "orders", kind: "db", operations: 2 });
    expect(dependencies[0]?.traffic.count).toBe(6);
  });

  it("says who is missing", () => {
    const missing = [{ id: "x", reason: "timeout" as const }];
    expect(mergeSnapshots([], { missing, service: "shop", nowMs: 5 })).toMatchObject({
      service: "shop",
      partial: true,
      missing,
      operations: [],
      processes: [],
      start: 5,
      end: 5,
    });
    expect(mergeSnapshots([partOf(() => {})]).partial).toBe(false);
  });

  it("adds up what the library knows of itself; shares of CPU time are the worst process's", () => {
    const part = (pid: number, recording: number, threadId?: number): FleetPart => {
      const { process, snapshot } = partOf((auspex) => {
        auspex.operation("work").record(Number.NaN);
        auspex.operation("work").record(1);
      });
      const { self } = snapshot;
      const overhead = { ...self.overhead, recording, timer: 0, ofCore: recording };
      return {
        process: processOf({ ...process, pid, ...(threadId !== undefined && { threadId }) }),
        snapshot: { ...snapshot, self: { ...self, overhead } },
      };
    };
    const { self } = mergeSnapshots([part(1, 0.01), part(1, 0.02, 5), part(2, 0.025)]);
    expect(self.records).toBe(3);
    expect(self.dropped.notANumber).toBe(3);
    expect(self.overhead.ratio).toBeCloseTo(0.03, 9);
    expect(self.overhead.ofCore).toBeCloseTo(0.055, 9);
  });

  it("is immutable, and plain data as JSON", () => {
    const merged = mergeSnapshots([partOf((auspex) => auspex.operation("work").record(1))]);
    expect(Object.isFrozen(merged)).toBe(true);
    expect(Object.isFrozen(merged.operations[0])).toBe(true);
    const json = JSON.parse(JSON.stringify(merged));
    expect(json.operations[0].latency).toEqual({
      count: 1,
      p50: 1.003,
      p95: 1.003,
      p99: 1.003,
      max: 1.003,
      mean: 1.002,
    });
    expect(json.operations[0].latency.histogram).toBeUndefined();
  });
});
