import fc from "fast-check";
import promClient, { type Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { Diag } from "../../../src/diag/diag.js";
import { fromPromClient, prometheus } from "../../../src/exporters/prometheus/index.js";
import { ForeignParser } from "../../../src/exporters/prometheus/parse.js";
import { histogramMetric, numberMetric } from "../../../src/testing/index.js";
import { ManualClock } from "../../helpers/manual-clock.js";
import { promtool } from "./harness.js";

function registryOf(isOpenMetrics = false): Registry {
  const registry = new promClient.Registry();
  if (isOpenMetrics) registry.setContentType(promClient.Registry.OPENMETRICS_CONTENT_TYPE as never);
  const registers = [registry] as never;
  const counter = new promClient.Counter({
    name: "http_requests_total",
    help: 'Requests, "all"\nof them.',
    labelNames: ["path"],
    registers,
    enableExemplars: isOpenMetrics,
  } as never);
  if (isOpenMetrics) {
    counter.inc({ labels: { path: "/a" }, value: 2, exemplarLabels: { trace_id: "abc" } } as never);
  } else counter.inc({ path: "/a" }, 2);
  new promClient.Counter({ name: "plain", help: "Ends in nothing.", registers }).inc(4);
  const gauge = new promClient.Gauge({ name: "odd", help: "O.", labelNames: ["v"], registers });
  for (const v of ['a"b', "c\\d", "e\nf", "}", ',le="1"', " # {"]) gauge.set({ v }, 1);
  gauge.set({ v: "nan" }, Number.NaN);
  gauge.set({ v: "inf" }, Number.POSITIVE_INFINITY);
  const buckets = [0.5, 1, 5];
  const histogram = new promClient.Histogram({
    name: "took_seconds",
    help: "T.",
    buckets,
    registers,
  });
  histogram.observe(0.7);
  const percentiles = [0.5, 1];
  new promClient.Summary({ name: "sum", help: "S.", percentiles, registers }).observe(3);
  return registry;
}

function exporterWith(...pages: { name: string; read(): string | Promise<string> }[]) {
  const clock = new ManualClock();
  const messages: string[] = [];
  const exporter = prometheus({ include: pages });
  const metrics = [histogramMetric("work", [0.2]), numberMetric("jobs.done", "counter", 3)];
  exporter.attach({
    resource: { attributes: { "service.name": "shop" } },
    incarnation: { id: "1-a-b", startTimeMs: 0 },
    clock,
    diag: new Diag({ warn: (message) => messages.push(message), debug: () => {} }),
    streams: () => metrics.map((metric) => ({ metric, points: metric.points })),
  });
  return { exporter, clock, messages };
}

const page = (read: () => unknown) => ({ name: "theirs", read: read as () => string });

describe("metrics of prom-client on our page", () => {
  it("stand behind ours, as valid as ours, with the values they have there", async () => {
    const registry = registryOf();
    const { exporter, messages } = exporterWith(fromPromClient(registry));
    const text = await exporter.text();
    expect(promtool(text)).not.toMatch(/error/);
    const theirs = (await registry.metrics()).split("\n").filter((line) => /^[a-z]/.test(line));
    expect(theirs.length).toBeGreaterThan(15);
    for (const line of theirs) expect(text).toContain(`${line.replace(/Nan$/, "NaN")}\n`);
    expect(text.indexOf("jobs_done_total")).toBeLessThan(text.indexOf("http_requests_total"));
    expect(messages).toEqual([]);
  });

  it("are OpenMetrics where that is asked for, whichever form they come in", async () => {
    for (const isOpenMetrics of [false, true]) {
      const { exporter, messages } = exporterWith(fromPromClient(registryOf(isOpenMetrics)));
      const text = await exporter.text("openmetrics");
      expect(text).toContain('# HELP http_requests Requests, \\"all\\"\\nof them.\n');
      expect(text).toContain("# TYPE http_requests counter\n");
      expect(text).toContain('http_requests_total{path="/a"} 2');
      expect(text.includes('# {trace_id="abc"} 2')).toBe(isOpenMetrics);
      expect(text).toContain('took_seconds_bucket{le="1.0"} 1\n');
      expect(text).toContain('sum{quantile="1.0"} 3\n');
      // prom-client gives this counter its ending itself when it writes OpenMetrics.
      if (isOpenMetrics) expect(text).toContain("# TYPE plain counter\nplain_total 4\n");
      else expect(text).toContain("# TYPE plain unknown\nplain 4\n");
      expect(text.match(/# EOF/g)).toHaveLength(1);
      expect(text.endsWith("# EOF\n")).toBe(true);
      const plain = await exporter.text();
      expect(promtool(plain)).not.toMatch(/error/);
      expect(plain).toContain(
        '# TYPE http_requests_total counter\nhttp_requests_total{path="/a"} 2\n',
      );
      expect(messages).toEqual([]);
    }
  });

  it("are left out, and named, where a name is ours or another page's already", async () => {
    const one = page(() => "# TYPE jobs_done gauge\njobs_done 7\n# TYPE theirs gauge\ntheirs 1\n");
    const two = { ...page(() => "theirs 2\nwork_seconds_sum 1\nmine 3\n"), name: "second" };
    const { exporter, messages } = exporterWith(one, two);
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = await exporter.text();
      expect(text).toContain("\njobs_done_total 3\n");
      expect(text).not.toContain("jobs_done 7");
      expect(text).toContain("\ntheirs 1\n");
      expect(text).not.toContain("theirs 2");
      expect(text.match(/work_seconds_sum/g)).toHaveLength(1);
      expect(text).toContain("\nmine 3\n");
    }
    expect(messages.map((message) => message.replace("auspex: ", ""))).toEqual([
      'the metrics page of "theirs" has "jobs_done", which "jobs.done" has too; it is left out',
      'the metrics page of "second" has "theirs", which "theirs" has too; it is left out',
      'the metrics page of "second" has "work_seconds_sum", which "work" has too; it is left out',
    ]);
  });

  it("may fail in any way: ours are shown all the same", async () => {
    const ways = [
      () => {
        throw new Error("sync");
      },
      () => Promise.reject(new Error("async")),
      () => undefined,
      () => ({ toString: null }),
      () => "",
      () => "\u0000 nonsense\n}{ 1\nname\nx 1 2 3 4\n# TYPE\n#\nx{a=1} 2\n",
    ];
    for (const way of ways) {
      const { exporter } = exporterWith(page(way));
      const text = await exporter.text();
      expect(text).toContain("\njobs_done_total 3\n");
      expect(promtool(text)).not.toMatch(/error/);
    }
  });

  it("are waited for only so long, and asked for once while they hang", async () => {
    let calls = 0;
    const hanging = page(() => {
      calls++;
      return new Promise(() => {});
    });
    const { exporter, clock, messages } = exporterWith(
      hanging,
      page(() => "quick 1\n"),
    );
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = exporter.text();
      while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(2000);
      expect(await text).toContain("\nquick 1\n");
    }
    expect([calls, clock.pending, messages.length]).toEqual([1, 0, 1]);
    expect(messages[0]).toContain("did not answer within 2000 ms");
  });

  it("can be taken off the page again", async () => {
    const { exporter } = exporterWith();
    const stop = exporter.include(page(() => "theirs 1\n"));
    expect(await exporter.text()).toContain("theirs 1\n");
    stop();
    expect(await exporter.text()).not.toContain("theirs 1\n");
  });

  it("must be a registry", () => {
    expect(() => fromPromClient({} as never)).toThrow("give prom-client's register");
    expect(() => prometheus({ include: [{}] as never, sliceMs: 0 })).toThrow(
      /sliceMs is 0; .*; include has what is no page; give an array of pages/,
    );
  });
});

describe("the reader of foreign pages", () => {
  it("takes anything, in time that grows with its length", () => {
    const pieces = fc.constantFrom(
      "a",
      '{a="',
      '",',
      '"',
      "}",
      " ",
      "\\",
      "1",
      "# ",
      "TYPE ",
      "le",
    );
    const line = fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), fc.boolean(), (lines, isOpenMetrics) => {
        const parser = new ForeignParser(isOpenMetrics ? "openmetrics" : "text");
        for (const each of lines) parser.line(each);
        for (const { samples } of parser.families()) {
          for (const { name, value } of samples) {
            expect(name).toMatch(/^[a-zA-Z_:][\w:]*$/);
            expect(value).toMatch(/^\S+$/);
          }
        }
      }),
    );
    const parser = new ForeignParser("text");
    parser.line(`a{${'b="c",'.repeat(9000)}`);
    parser.line(`a{b="${"\\".repeat(60_000)}`);
    parser.line(`a${" ".repeat(60_000)}x`);
    parser.line(`a 1 # {${"}} ".repeat(20_000)}`);
    parser.line("x".repeat(100_000));
    expect([parser.bad, parser.families().length]).toEqual([5, 0]);
  });
});
