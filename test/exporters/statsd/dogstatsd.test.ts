import { StatsD } from "hot-shots";
import { describe, expect, it } from "vitest";
import { StatsdExporter } from "../../../src/exporters/statsd/exporter.js";
import type { StatsdOptions } from "../../../src/exporters/statsd/index.js";
import { resolveStatsdOptions } from "../../../src/exporters/statsd/resolve-options.js";
import { ClosedHistogram } from "../../../src/histogram/closed-histogram.js";
import { SparseWriter } from "../../../src/histogram/sparse.js";
import type { AttributesData, MetricData } from "../../../src/snapshot/batch.js";
import { deltaBatch, histogramOf, never, number, START, timings } from "./batches.js";
import { FakeServer } from "./fake-server.js";

function datadog(options: StatsdOptions = {}, environment = {}) {
  const server = new FakeServer();
  const resolved = resolveStatsdOptions({ dialect: "dogstatsd", ...options }, environment);
  return { server, exporter: new StatsdExporter(resolved, server) };
}

async function linesOf(
  metrics: readonly MetricData[],
  options: StatsdOptions = {},
  resource: AttributesData = {},
  environment = {},
): Promise<string[]> {
  const { server, exporter } = datadog(options, environment);
  const batch = deltaBatch(metrics, { resource });
  expect(await exporter.export(batch, never())).toEqual({ status: "success" });
  return server.payloads.flatMap((payload) => payload.toString().split("\n"));
}

/** What hot-shots writes of the same. */
function oracle(write: (client: StatsD) => void, options = {}): string[] {
  const client = new StatsD({ mock: true, includeDatadogTelemetry: false, ...options });
  write(client);
  return client.mockBuffer as string[];
}

describe("DogStatsD", () => {
  it("writes counters, gauges and distributions byte for byte as hot-shots does", async () => {
    const tags = { "http.route": "/users/:id", bad: "a|b,c#d@e\nf", n: 5, ok: false };
    const globalTags = { region: "eu", bad: "overridden" };
    const ours = await linesOf(
      [
        number("counter", "jobs.done", 3, tags),
        number("gauge", "pool.used", -0.5, tags),
        number("updown", "active", 7, {}),
        timings("size", [12], tags, { unit: "By", scale: 1 }),
      ],
      { prefix: "shop", tags: globalTags },
    );
    const text = { ...tags, n: "5", ok: "false" };
    const theirs = oracle(
      (client) => {
        client.increment("jobs.done", 3, text);
        client.gauge("pool.used", -0.5, text);
        client.gauge("active", 7);
        client.distribution("size", 12, text);
      },
      { prefix: "shop", globalTags },
    );
    expect(ours).toEqual(theirs);
  });

  it("writes events byte for byte as hot-shots does, where that counts right", async () => {
    const { server, exporter } = datadog({ tags: { region: "eu" } });
    const event = {
      title: "deployed | v2",
      text: "first\nsecond: a,b|c",
      timeMs: START,
      hostname: "web-1",
      aggregationKey: "deploys",
      priority: "low",
      sourceType: "ci",
      alertType: "warning",
      tags: { by: "me" },
    } as const;
    expect(await exporter.event(event)).toEqual({ status: "success" });
    const options = {
      date_happened: new Date(START),
      hostname: "web-1",
      aggregation_key: "deploys",
      priority: "low",
      source_type_name: "ci",
      alert_type: "warning",
    } as const;
    const theirs = oracle(
      (client) => client.event(event.title, event.text, options, { by: "me" }),
      { globalTags: { region: "eu" } },
    );
    expect(server.payloads.map(String)).toEqual(theirs);
  });

  it("gives lengths of events in bytes, whatever is in them", async () => {
    const { server, exporter } = datadog();
    const title = "Größe ✓\r\n\ud800";
    await exporter.event({ title, text: "|#a:b|c:x\u0000\nz:9|c" });
    const line = String(server.payloads[0]);
    const [, titleBytes, textBytes, rest] = /^_e\{(\d+),(\d+)\}:(.*)$/.exec(line) as string[];
    const bytes = Buffer.from(rest as string);
    const at = Number(titleBytes);
    expect(bytes.subarray(0, at).toString()).toBe("Größe ✓\\n\ufffd");
    expect(bytes.subarray(at, at + 1).toString()).toBe("|");
    expect(bytes.subarray(at + 1).toString()).toBe("|#a:b|c:x \\nz:9|c");
    expect(bytes.length).toBe(at + 1 + Number(textBytes));
  });

  it("answers events it cannot send, and rejects none", async () => {
    const { server, exporter } = datadog();
    for (const event of [{ title: "" }, { title: 5 }, undefined, { title: "x".repeat(8500) }]) {
      expect(await exporter.event(event as never)).toMatchObject({ status: "failure" });
    }
    const odd = {
      title: "t",
      text: 5,
      timeMs: "now",
      hostname: {},
      priority: "x|p:low",
      alertType: "z\n",
    };
    expect(await exporter.event(odd as never)).toEqual({ status: "success" });
    expect(server.payloads.map(String)).toEqual(["_e{1,1}:t|t|p:normal"]);
    const plain = new StatsdExporter(resolveStatsdOptions(), new FakeServer());
    expect(await plain.event({ title: "t" })).toMatchObject({ status: "failure" });
  });

  it("sends whole distributions: each slot once, values of one count in one line", async () => {
    const values = [...Array(3).fill(0.001), ...Array(3).fill(0.002), 0.003, ...Array(49).fill(5)];
    const lines = await linesOf([timings("d", values, { k: "v" })]);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^d:0\.001\d*:0\.002\d*\|d\|@0\.333\d+\|#k:v$/);
    expect(lines[1]).toMatch(/^d:0\.003\d*\|d\|#k:v$/);
    expect(lines[2]).toMatch(/^d:\d\.\d+\|d\|@0\.0204\d+\|#k:v$/);
  });

  it("gives a server that truncates 1 ÷ rate every count whole", async () => {
    const counts = [...Array.from({ length: 3000 }, (_, i) => i + 1), 1e6, 1e9 + 7, 2 ** 40 - 1];
    const { server, exporter } = datadog();
    const metrics = counts.map((count) => {
      const { layout, scale } = histogramOf([1]);
      const writer = new SparseWriter();
      writer.put(500, count);
      const bytes = writer.bytes.slice(0, writer.length);
      const histogram = new ClosedHistogram(layout, scale, count, bytes);
      return {
        ...timings(`of.${count}`, []),
        points: [{ attributes: {}, histogram }],
      } as MetricData;
    });
    await exporter.export(deltaBatch(metrics), never());
    const got = server.parsed.map(({ rate }) => Math.trunc(1 / rate));
    expect(got).toEqual(counts);
    expect(String(server.payloads.at(-1))).not.toMatch(/e-/);
  });

  it("splits what does not fit between values, and keeps within the datagram", async () => {
    const values = Array.from({ length: 2000 }, (_, i) => 0.0005 * (i + 1));
    const attributes = { "http.route": "/Größe/".repeat(8) };
    const { server, exporter } = datadog({ maxDatagramBytes: 300 });
    await exporter.export(deltaBatch([timings("latency", values, attributes)]), never());
    expect(server.payloads.length).toBeGreaterThan(10);
    for (const payload of server.payloads) expect(payload.length).toBeLessThanOrEqual(300);
    expect([...server.totals().values()].map(Math.round)).toEqual([2000]);
  });

  it("keeps names within 200 characters, and tags too, each told from the others", async () => {
    const { server, exporter } = datadog({ prefix: "p".repeat(100), rollups: ["p99.999"] });
    const long = "x".repeat(300);
    const metrics = [
      timings(`${long}1`, [1], { [`${long}1`]: `${long}1`, k: `${long}1` }),
      timings(`${long}2`, [1], { [`${long}2`]: `${long}2`, k: `${long}2` }),
    ];
    await exporter.export(deltaBatch(metrics), never());
    const { parsed } = server;
    expect(new Set(parsed.map(({ name }) => name)).size).toBe(4);
    expect(new Set(parsed.flatMap(({ tags }) => tags)).size).toBe(4);
    for (const { name, tags } of parsed) {
      expect(name.length).toBeLessThanOrEqual(200);
      for (const tag of tags) expect(tag).toHaveLength(200);
    }
    expect(parsed[1]?.name).toBe(`${parsed[0]?.name}.p99_999`);
  });

  it("sends one of two counts with a timestamp and one name, as the Agent would keep one", async () => {
    const metrics = [
      number("counter", "a/b", 1),
      number("counter", "a:b", 2),
      number("counter", "a/b", 3, { k: "v" }),
      number("gauge", "a/b", 4),
    ];
    for (const [timestamps, sent, rejected] of [
      [true, [1, 3, 4], 1],
      [false, [1, 2, 3, 4], undefined],
    ] as const) {
      const { server, exporter } = datadog({ timestamps });
      const result = await exporter.export(deltaBatch(metrics), never());
      expect(result).toEqual({ status: "success", ...(rejected && { rejected }) });
      expect(server.parsed.map(({ value }) => value)).toEqual(sent);
    }
  });

  it("counts a histogram of which a rollup has no name left, and sends the rest of it", async () => {
    const { server, exporter } = datadog({ rollups: ["max", "min"] });
    const metrics = [number("gauge", "d.max", 1), timings("d", [2])];
    const result = await exporter.export(deltaBatch(metrics), never());
    expect(result).toEqual({ status: "success", rejected: 1 });
    expect(server.parsed.map(({ name }) => name)).toEqual(["d.max", "d", "d.min"]);
  });

  it("carries container, unified tags, timestamps and rollups", async () => {
    const resource = {
      "service.name": "shop",
      "service.version": "1",
      "deployment.environment.name": "prod",
      "container.id": "0123456789abcdef|x",
    };
    const metrics = [number("counter", "jobs", 1), timings("d", [2], {}, { unit: "By", scale: 1 })];
    const options: StatsdOptions = { timestamps: true, rollups: ["max"], tags: { version: "2" } };
    const environment = { DD_ENV: "stage", DD_VERSION: "0", DD_ENTITY_ID: "pod-1" };
    const fields =
      "|#service:shop,env:stage,version:2,dd.internal.entity_id:pod-1|c:0123456789abcdefx";
    const time = `|T${(START + 10_000) / 1000}`;
    const lines = await linesOf(metrics, options, resource, environment);
    expect(lines.map((line) => line.replace(/#(.*?)\|/, (_, tags) => `#${sorted(tags)}|`))).toEqual(
      [`jobs:1|c${fields}${time}`, `d:2|d${fields}`, `d.max:2|g${fields}${time}`].map((line) =>
        line.replace(/#(.*?)\|/, (_, tags) => `#${sorted(tags)}|`),
      ),
    );
    const unknown = { "service.name": "unknown_service:node" };
    expect(await linesOf([number("counter", "jobs", 1)], {}, unknown)).toEqual(["jobs:1|c"]);
  });
});

const sorted = (tags: string) => tags.split(",").sort().join(",");
