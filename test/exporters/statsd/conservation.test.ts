import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StatsdExporter } from "../../../src/exporters/statsd/exporter.js";
import type { StatsdOptions } from "../../../src/exporters/statsd/options.js";
import { resolveStatsdOptions } from "../../../src/exporters/statsd/resolve-options.js";
import { deltaBatch, never, number, START, timings } from "./batches.js";
import { FakeServer, type Fate } from "./fake-server.js";
import { Reader, SERIES } from "./reader.js";

function expectTotals(server: FakeServer, { recorded }: Reader): void {
  const totals = server.totals();
  for (let i = 0; i < SERIES; i++) {
    expect(totals.get(`c${i} `) ?? 0).toBe(recorded.counters[i]);
    expect(totals.get(`t${i} `) ?? 0).toBeCloseTo(recorded.timings[i]?.length ?? 0, 6);
  }
}

const dialects: readonly StatsdOptions[] = [
  { dialect: "dogstatsd", maxDatagramBytes: 128 },
  { dialect: "statsd", maxDatagramBytes: 200, samples: 50 },
];
const fate = fc.oneof(
  { arbitrary: fc.constant<Fate>("taken"), weight: 6 },
  {
    arbitrary: fc.constantFrom<Fate>("refused", "ENOBUFS", "taken, aborted", "refused, aborted"),
    weight: 1,
  },
);
const step = fc.record({
  records: fc.array(fc.tuple(fc.nat(SERIES - 1), fc.integer({ min: 1, max: 120 })), {
    maxLength: 6,
  }),
  script: fc.array(fate, { maxLength: 30 }),
});

describe("an export that fails half-way", () => {
  for (const options of dialects) {
    it(`loses nothing and counts nothing twice, however often: ${options.dialect}`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
          const server = new FakeServer();
          const reader = new Reader(new StatsdExporter(resolveStatsdOptions(options, {}), server));
          for (const { records, script } of steps) {
            for (const [series, times] of records) reader.record(series, times);
            server.script = [...script];
            await reader.export(server.signal());
          }
          server.script = [];
          expect((await reader.export()).status).toBe("success");
          expectTotals(server, reader);
          expect(reader.rejected).toBe(0);
        }),
        { numRuns: 120 },
      );
    });
  }

  it("is taken up at the line where it broke", async () => {
    const server = new FakeServer();
    const options = resolveStatsdOptions(dialects[0], {});
    const reader = new Reader(new StatsdExporter(options, server));
    for (let i = 0; i < SERIES; i++) reader.record(i, 100);
    server.script = ["taken", "taken", "taken", "ENOBUFS"];
    expect((await reader.export()).status).toBe("retryable");
    const before = server.payloads.length;
    expect(before).toBe(3);
    reader.record(0, 7);
    expect((await reader.export()).status).toBe("success");
    expectTotals(server, reader);
    // The rest of the first series comes first, then what it has got since.
    expect(server.payloads[3]?.toString().startsWith("t0:")).toBe(true);
  });

  it("takes a refused payload back, and no other", async () => {
    const server = new FakeServer();
    const options = resolveStatsdOptions({ ...dialects[0], maxDatagramBytes: 128 }, {});
    const reader = new Reader(new StatsdExporter(options, server));
    for (let i = 0; i < SERIES; i++) reader.record(i, 3);
    server.script = ["taken", "refused"];
    expect((await reader.export()).status).toBe("retryable");
    expect((await reader.export()).status).toBe("success");
    expectTotals(server, reader);
  });

  it("takes a refused payload back when it is aborted before word of that has come", async () => {
    const server = new FakeServer();
    const options = resolveStatsdOptions(dialects[0], {});
    const reader = new Reader(new StatsdExporter(options, server));
    for (let i = 0; i < SERIES; i++) reader.record(i, 3);
    server.script = ["taken", "refused, aborted"];
    expect(await reader.export(server.signal())).toMatchObject({
      status: "retryable",
      error: { message: expect.stringContaining("aborted") },
    });
    expect(server.payloads).toHaveLength(1);
    expect((await reader.export()).status).toBe("success");
    expectTotals(server, reader);
  });

  it("sends a payload again that was refused just before one that is too long", async () => {
    const server = new FakeServer();
    const options = resolveStatsdOptions(dialects[0], {});
    const reader = new Reader(new StatsdExporter(options, server));
    for (let i = 0; i < SERIES; i++) reader.record(i, 3);
    // The word of the refusal comes a turn after the other payload was found too long.
    const send = server.send.bind(server);
    let sends = 0;
    server.send = async (payload) => {
      if (++sends === 2) throw Object.assign(new Error("EMSGSIZE"), { code: "EMSGSIZE" });
      return send(payload);
    };
    server.script = ["refused"];
    expect((await reader.export()).status).toBe("retryable");
    expect((await reader.export()).status).toBe("success");
    expectTotals(server, reader);
    expect(reader.rejected).toBe(0);
  });

  it("counts what it gave up before it failed, once, in the export that succeeds", async () => {
    const server = new FakeServer();
    const options = resolveStatsdOptions({ maxDatagramBytes: 128, rollups: ["max"] }, {});
    // The gauges take the names of the rollups.
    const exporter = new StatsdExporter(options, server);
    const metrics = [
      ...Array.from({ length: 30 }, (_, i) => number("gauge", `t${i}.max`, 1)),
      ...Array.from({ length: 30 }, (_, i) => timings(`t${i}`, [0.5])),
    ];
    server.script = [...Array<Fate>(5).fill("taken"), "ENOBUFS"];
    const batch = deltaBatch(metrics);
    expect((await exporter.export(batch, never())).status).toBe("retryable");
    const begun = server.totals().size;
    expect(begun).toBeGreaterThan(0);
    expect(begun).toBeLessThan(30);
    expect(await exporter.export(batch, never())).toEqual({ status: "success", rejected: 30 });
  });

  it("gives up what no path takes, says so, and goes on", async () => {
    const server = new FakeServer();
    const reader = new Reader(new StatsdExporter(resolveStatsdOptions(dialects[0], {}), server));
    for (let i = 0; i < SERIES; i++) reader.record(i, 1);
    server.script = ["taken", "EMSGSIZE"];
    expect((await reader.export()).status).toBe("success");
    expect(reader.rejected).toBeGreaterThan(0);
    const missing = 2 * SERIES - server.totals().size;
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBeLessThanOrEqual(reader.rejected);
    reader.record(3, 1);
    const before = server.payloads.length;
    await reader.export();
    expect(server.payloads.length - before).toBeLessThan(4);
  });

  it("makes its own differences of cumulative values", async () => {
    const server = new FakeServer();
    const exporter = new StatsdExporter(resolveStatsdOptions({}, {}), server);
    for (const [at, count] of [3, 5, 5].entries()) {
      const batch = deltaBatch([number("counter", "c", count)]);
      const cumulative = { ...batch, temporality: "cumulative", to: START + at } as const;
      await exporter.export(cumulative, never());
    }
    expect(server.totals().get("c ")).toBe(5);
  });

  it("forgets what went ahead when the reader has moved on without it", async () => {
    const server = new FakeServer();
    const exporter = new StatsdExporter(
      resolveStatsdOptions({ maxDatagramBytes: 128 }, {}),
      server,
    );
    const metrics = Array.from({ length: 50 }, (_, i) => number("counter", `c${i}`, 1));
    server.script = ["taken", "taken", "ENOBUFS"];
    expect(await exporter.export(deltaBatch(metrics), never())).toMatchObject({
      status: "retryable",
    });
    server.payloads.length = 0;
    await exporter.export(deltaBatch(metrics, { from: START + 10_000 }), never());
    expect(server.totals().size).toBe(50);
  });
});
