import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { StatsdExporter } from "../../../src/exporters/statsd/exporter.js";
import type { StatsdOptions } from "../../../src/exporters/statsd/index.js";
import { statsd } from "../../../src/exporters/statsd/index.js";
import { resolveStatsdOptions } from "../../../src/exporters/statsd/resolve-options.js";
import type { MetricData } from "../../../src/snapshot/batch.js";
import { deltaBatch, never, number, timings } from "./batches.js";
import { FakeServer } from "./fake-server.js";
import { type Flushed, OriginalServer } from "./original-server.js";

const servers = new Set<OriginalServer>();

afterEach(async () => {
  await Promise.all([...servers].map((server) => server.stop()));
  servers.clear();
});

async function original(): Promise<OriginalServer> {
  const server = await OriginalServer.start();
  servers.add(server);
  return server;
}

/** Exports batches to the original server, and ends it when it has got all lines. */
async function flushed(
  batches: readonly Parameters<typeof deltaBatch>[0][],
  lines: number,
  options: StatsdOptions = {},
): Promise<Flushed> {
  const server = await original();
  const exporter = statsd({ ...options, port: server.port });
  for (const [at, metrics] of batches.entries()) {
    const batch = deltaBatch(metrics, { from: 1000 * at });
    expect(await exporter.export(batch, never())).toEqual({ status: "success" });
  }
  await exporter.shutdown();
  await server.received(lines);
  const result = await server.finish();
  expect(result.counters["statsd.bad_lines_seen"]).toBe(0);
  return result;
}

/** 40,000 latencies in seconds, skewed: log-normal around 20 ms with a long tail. */
function latencies(): number[] {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state + 1) / 0x80000001;
  };
  return Array.from({ length: 40_000 }, () => {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    return 0.02 * Math.exp(0.8 * normal);
  });
}

const rank = (sorted: readonly number[], p: number) =>
  sorted[Math.ceil((p / 100) * sorted.length) - 1] as number;

describe("plain StatsD, at the original server", () => {
  it("adds counters up, fractions and large ones too", async () => {
    const { counters } = await flushed(
      [
        [number("counter", "jobs.done", 3), number("counter", "bytes", 1e21)],
        [number("counter", "jobs.done", 0.5), number("counter", "tiny", 1e-7)],
      ],
      4,
    );
    expect(counters).toMatchObject({ "jobs.done": 3.5, bytes: 1e21, tiny: 1e-7 });
  });

  it("sets gauges to what they are, below zero too", async () => {
    const { gauges } = await flushed(
      [
        [number("gauge", "pool", 5), number("updown", "active", -2), number("gauge", "zero", -0)],
        [number("gauge", "pool", -7), number("updown", "active", -3), number("gauge", "zero", 0)],
        [number("gauge", "pool", -8), number("updown", "active", 1)],
      ],
      12,
    );
    expect(gauges).toMatchObject({ pool: -8, active: 1, zero: 0 });
  });

  it("gets every timing in milliseconds, when there are few", async () => {
    const values = [0.0005, 0.0015, 0.0015, 0.1, 2];
    const { timers, timer_data } = await flushed([[timings("http.duration", values)]], 1);
    expect(timers["http.duration"]).toHaveLength(5);
    expect(timers["http.duration"]?.slice(0, 3)).toEqual([0.501, 1.5, 1.5]);
    expect(timer_data["http.duration"]).toMatchObject({ count: 5 });
    const { mean, upper } = timer_data["http.duration"] as Record<string, number>;
    expect(Math.abs((mean as number) / 420.7 - 1)).toBeLessThan(0.005);
    expect(Math.abs((upper as number) / 2000 - 1)).toBeLessThan(0.005);
  });

  it("computes count, percentiles and mean of 40,000 timings out of 100 samples", async () => {
    const values = latencies();
    const { timer_data } = await flushed([[timings("latency", values)]], 1);
    const data = timer_data.latency as Record<string, number>;
    const sorted = values.map((value) => value * 1000).sort((a, b) => a - b);
    expect(data.count).toBeCloseTo(40_000, 6);
    for (const p of [50, 90, 95, 99]) {
      expect(Math.abs((data[`upper_${p}`] as number) / rank(sorted, p) - 1)).toBeLessThan(0.005);
    }
    expect(Math.abs((data.median as number) / rank(sorted, 50) - 1)).toBeLessThan(0.01);
    const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    expect(Math.abs((data.mean as number) / mean - 1)).toBeLessThan(0.005);
    expect(data.upper).toBeLessThanOrEqual(rank(sorted, 100) * 1.005);
    expect(data.upper).toBeGreaterThanOrEqual(rank(sorted, 99));
  });

  it("counts right whatever the number of timings and of samples", async () => {
    const counts = [10, 11, 101, 149, 997, 4096];
    const metrics = counts.map((count) =>
      timings(
        `of${count}`,
        Array.from({ length: count }, (_, i) => (i + 1) / 1000),
      ),
    );
    const { timer_data } = await flushed([metrics], counts.length, { samples: 10 });
    for (const count of counts) {
      const data = timer_data[`of${count}`] as Record<string, number>;
      expect(data.count).toBeCloseTo(count, 6);
      expect(Math.abs((data.mean as number) / ((count + 1) / 2) - 1)).toBeLessThan(0.01);
    }
  });

  it("sends one value a line where it is told to", async () => {
    const values = Array.from({ length: 30 }, (_, i) => i + 1);
    const metrics = [timings("size", values, {}, { unit: "By", scale: 1 })];
    const { timers } = await flushed([metrics], 30, { mergeValues: false });
    expect(timers.size).toEqual(values);
  });

  it("knows other units of time, and leaves the rest as it is", async () => {
    const { timers } = await flushed(
      [
        [
          timings("in.ms", [12.5], {}, { unit: "ms", scale: 1000 }),
          timings("in.us", [40], {}, { unit: "us", scale: 1 }),
          timings("in.min", [2], {}, { unit: "min", scale: 1 }),
          timings("in.bytes", [100], {}, { unit: "By", scale: 1 }),
        ],
      ],
      4,
    );
    expect(timers["in.us"]).toEqual([0.04]);
    expect(timers["in.min"]).toEqual([120_000]);
    expect(timers["in.bytes"]).toEqual([100]);
    expect(Math.abs((timers["in.ms"]?.[0] as number) / 12.5 - 1)).toBeLessThan(0.005);
  });

  it("finds attributes in the path, cleaned", async () => {
    const attributes = { "http.route": "/users/:id", "http.request.method": "GET", ok: true };
    const { counters } = await flushed([[number("counter", "http.requests", 2, attributes)]], 1, {
      prefix: "shop",
      tags: { region: "eu.1" },
    });
    const name =
      "shop.http.requests.http_request_method_GET.http_route_users_id.ok_true.region_eu_1";
    expect(counters[name]).toBe(2);
  });

  it("finds attributes as Graphite's tags", async () => {
    const metrics = [
      number("counter", "http.requests", 2, { "http.route": "/a;b=c~", code: 200 }),
      timings("http.duration", [1, 2], { code: 200 }),
    ];
    const options: StatsdOptions = { attributes: "graphite", rollups: ["max", "p99.9"] };
    const { counters, gauges, timers } = await flushed([metrics], 4, options);
    expect(counters["http.requests;code=200;http.route=_a_b_c_"]).toBe(2);
    expect(timers["http.duration;code=200"]).toHaveLength(2);
    expect(Math.abs((gauges["http.duration.max;code=200"] as number) / 2000 - 1)).toBeLessThan(
      0.01,
    );
    expect(gauges).toHaveProperty("http.duration.p99_9;code=200");
  });

  it("stays alive and counts right, whatever it has in its tables from the start", async () => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    const metrics = names.flatMap((name) => [
      timings(name, [0.1]),
      number("counter", name, 5),
      number("gauge", name, 7),
    ]);
    // Cleaned, two of them are one.
    const distinct = new Set(names.map((name) => name.replace(/_+/g, "_")));
    const { counters, gauges, timers } = await flushed([metrics], 3 * names.length);
    expect(counters).toMatchObject({ constructor_: 5, toString_: 5, _proto_: 5 });
    expect(gauges).toMatchObject({ constructor_: 7, valueOf_: 7, hasOwnProperty_: 7 });
    expect(Object.keys(timers)).toHaveLength(distinct.size);
  });

  it("is reached over a stream Unix socket, line by line", async () => {
    const folder = mkdtempSync(join(tmpdir(), "statsd-"));
    try {
      const path = join(folder, "statsd.sock");
      const server = await OriginalServer.start({ socket: path });
      servers.add(server);
      const exporter = statsd({ path, maxDatagramBytes: 128 });
      const metrics = Array.from({ length: 50 }, (_, i) => number("counter", `jobs.${i}`, i + 1));
      expect(await exporter.export(deltaBatch(metrics), never())).toEqual({ status: "success" });
      await server.received(50);
      await exporter.shutdown();
      const { counters } = await server.finish();
      for (let i = 0; i < 50; i++) expect(counters[`jobs.${i}`]).toBe(i + 1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("plain StatsD", () => {
  async function linesOf(
    metrics: readonly MetricData[],
    options: StatsdOptions = {},
  ): Promise<{ lines: string[]; rejected: number }> {
    const server = new FakeServer();
    const exporter = new StatsdExporter(resolveStatsdOptions(options, {}), server);
    const result = await exporter.export(deltaBatch(metrics), never());
    if (result.status !== "success") throw result.error;
    const lines = server.payloads.flatMap((payload) => payload.toString().split("\n"));
    return { lines, rejected: result.rejected ?? 0 };
  }
  const nameIn = (line: string | undefined) => line?.split(":")[0] ?? "";

  const many = (last: string) =>
    Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => {
        return [`some.long.attribute.key.${"k".repeat(30)}${i}`, i < 5 ? "v".repeat(40) : last];
      }),
    );

  it("drops whole Graphite tags of a name that is too long, and tells it from others by one", async () => {
    const options: StatsdOptions = { attributes: "graphite", rollups: ["p99.999"] };
    const { lines } = await linesOf(
      [
        number("counter", "c", 1, many("a")),
        number("counter", "c", 1, many("b")),
        timings("t", [1], many("a")),
      ],
      options,
    );
    const [a, b, timing, rollup] = lines.map(nameIn) as [string, string, string, string];
    for (const name of [a, b, timing, rollup]) {
      expect(name.length).toBeLessThanOrEqual(500);
      const tags = name.split(";").slice(1);
      expect(tags.length).toBeGreaterThan(2);
      for (const tag of tags.slice(0, -1)) {
        expect(tag).toMatch(/^some\.long\.attribute\.key\.k{30}\d=v{40}$/);
      }
      expect(tags.at(-1)).toMatch(/^cut=[0-9a-f]{8}$/);
    }
    expect(a).not.toBe(b);
    expect(rollup).toBe(timing.replace(/^t;/, "t.p99_999;"));
  });

  it("drops whole nodes of a path that is too long, and keeps the end of a rollup", async () => {
    const { lines } = await linesOf(
      [
        number("counter", "c", 1, many("a")),
        number("counter", "c", 1, many("b")),
        timings("t", [1], many("a")),
      ],
      { rollups: ["max"] },
    );
    const [a, b, timing, rollup] = lines.map(nameIn) as [string, string, string, string];
    expect(a).not.toBe(b);
    for (const name of [a, b, timing]) {
      expect(name.length).toBeLessThanOrEqual(500);
      expect(name).toMatch(/^[ct](?:\.some_long_attribute_key_k{30}\d_v{40})+\.cut_[0-9a-f]{8}$/);
    }
    expect(rollup).toBe(`${timing}.max`);
  });

  it("keeps names within bounds, be the prefix, the name and its tags ever so long", async () => {
    const prefix = "p".repeat(100);
    for (const attributes of ["path", "graphite"] as const) {
      for (const name of ["n".repeat(5000), "a.".repeat(5000), `${"b".repeat(99)}.`.repeat(50)]) {
        const metrics = [timings(name, [1], many("a")), timings(`${name}x`, [1], many("a"))];
        const { lines } = await linesOf(metrics, { prefix, attributes, rollups: ["p99.999"] });
        expect(new Set(lines.map(nameIn)).size).toBe(4);
        for (const line of lines) {
          expect(nameIn(line).length).toBeLessThanOrEqual(500);
          expect(nameIn(line).startsWith(`${prefix}.`)).toBe(true);
          for (const node of (nameIn(line).split(";")[0] as string).split(".")) {
            expect(node.length).toBeGreaterThan(0);
            expect(node.length).toBeLessThanOrEqual(100);
          }
        }
      }
    }
  });

  it("counts a histogram of which a rollup has no name left", async () => {
    const metrics = [number("gauge", "t.max", 7), timings("t", [0.5])];
    const { lines, rejected } = await linesOf(metrics, { rollups: ["max", "min"] });
    expect(lines.map(nameIn)).toEqual(["t.max", "t", "t.min"]);
    expect(rejected).toBe(1);
  });

  it("sends no digits that nobody recorded", async () => {
    const metrics = [
      number("counter", "a", 0.1 + 0.2),
      number("gauge", "b", -(0.1 + 0.2)),
      number("counter", "c", Number.MAX_SAFE_INTEGER),
      timings("t", [0.069], {}, { scale: 1e9 }),
    ];
    const { lines } = await linesOf(metrics, { rollups: ["max", "mean", "p50"] });
    expect(lines.slice(0, 4)).toEqual(["a:0.3|c", "b:0|g", "b:-0.3|g", "c:9007199254740991|c"]);
    for (const line of lines) expect(line).toMatch(/:-?\d+(?:\.\d{1,9})?\|/);
  });
});
