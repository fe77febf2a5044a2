import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Diag } from "../../../src/diag/diag.js";
import { prometheus } from "../../../src/exporters/prometheus/index.js";
import type { PullSource } from "../../../src/index.js";
import type { Exemplar, MetricData } from "../../../src/snapshot/batch.js";
import { histogramMetric, numberMetric } from "../../../src/testing/index.js";
import { SystemClock } from "../../../src/time/clock.js";
import { freePort } from "../../helpers/ports.js";
import { eventually, folder, listen, promtool, start } from "./harness.js";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function exemplar(value: number, timeMs: number, digit = ""): Exemplar {
  return { value, timeMs, traceId: digit + TRACE.slice(digit.length), spanId: SPAN };
}

/** A source with these metrics. */
function sourceOf(metrics: readonly MetricData[], messages: string[] = []): PullSource {
  return {
    resource: { attributes: { "service.name": "shop" } },
    incarnation: { id: "1-a-b", startTimeMs: 0 },
    clock: new SystemClock(),
    diag: new Diag({ warn: (message) => messages.push(message), debug: () => {} }),
    streams: () => metrics.map((metric) => ({ metric, points: metric.points })),
  };
}

function exporterOf(metrics: readonly MetricData[]) {
  const exporter = prometheus();
  exporter.attach(sourceOf(metrics));
  return exporter;
}

const now = Date.now();
const metrics: readonly MetricData[] = [
  {
    ...histogramMetric("work", [0.004, 0.3, 2, 20], { route: "/é" }, [
      exemplar(0.3, now - 2000, "a"),
      exemplar(0.004, now - 1500),
      exemplar(0.31, now - 1000, "b"),
      exemplar(20, now),
    ]),
    description: 'Work "done".',
  },
  numberMetric("jobs.done", "counter", 3, { kind: 'a"b\\c\nd' }),
  numberMetric("pool", "gauge", 0.5),
  numberMetric("active", "updown", -1),
  { ...numberMetric("size", "counter", 5), unit: "By" },
];

describe("the OpenMetrics page", () => {
  it("names families, units and bounds as that format wants them, and ends", async () => {
    const page = await exporterOf(metrics).text("openmetrics");
    expect(page).toContain("# HELP target Target metadata\n# TYPE target info\n");
    expect(page).toContain('target_info{service_name="shop"} 1\n');
    expect(page).toContain(
      '# HELP work_seconds Work \\"done\\".\n# TYPE work_seconds histogram\n# UNIT work_seconds seconds\n',
    );
    expect(page).toContain("# TYPE jobs_done counter\n");
    expect(page).toContain('jobs_done_total{kind="a\\"b\\\\c\\nd"} 3\n');
    expect(page).toContain(
      "# TYPE size_bytes counter\n# UNIT size_bytes bytes\nsize_bytes_total 5\n",
    );
    expect(page).toContain("# TYPE pool_ratio gauge\n# UNIT pool_ratio ratio\n");
    expect(page).toContain("# TYPE active gauge\nactive -1\n");
    expect(page).toContain('le="1.0"} 2\n');
    expect(page).toContain('le="10.0"} 3\n');
    expect(page.endsWith("\n# EOF\n")).toBe(true);
    expect(page.match(/# EOF/g)).toHaveLength(1);
    expect(page).not.toMatch(/\n\n/);
  });

  it("shows the newest exemplar of each bucket, behind it and nowhere else", async () => {
    const exporter = exporterOf(metrics);
    const page = await exporter.text("openmetrics");
    const seconds = (ms: number) => (ms / 1000).toFixed(3);
    const labels = (digit: string) =>
      `{trace_id="${digit}${TRACE.slice(digit.length)}",span_id="${SPAN}"}`;
    expect(page).toContain(`le="0.005"} 1 # ${labels("")} 0.004 ${seconds(now - 1500)}\n`);
    expect(page).toContain(`le="0.5"} 2 # ${labels("b")} 0.31 ${seconds(now - 1000)}\n`);
    expect(page).toContain(`le="+Inf"} 4 # ${labels("")} 20 ${seconds(now)}\n`);
    expect(page.match(/trace_id/g)).toHaveLength(3);
    expect(await exporter.text()).not.toContain("trace_id");
  });

  it("leaves out exemplars that cannot be written", async () => {
    const bad = [
      { ...exemplar(0.1, now), traceId: 'x"} 1\nforged 1' },
      { ...exemplar(0.1, now), spanId: "0".repeat(200) },
      exemplar(Number.NaN, now),
      exemplar(0.1, Number.NaN),
    ];
    const page = await exporterOf([histogramMetric("work", [0.1], {}, bad)]).text("openmetrics");
    expect(page).toContain('work_seconds_bucket{le="0.1"} 1\n');
    expect(page).not.toContain("trace_id");
  });

  it("has the same series as the text page, whatever their counts", async () => {
    const values = Array.from({ length: 20 }, (_, i) => 0.001 * 2 ** i);
    const exporter = exporterOf([
      ...metrics,
      histogramMetric("plain", values, { a: "x" }),
      histogramMetric("none", []),
      numberMetric("large", "counter", 2 ** 50),
    ]);
    const samples = async (format: "text" | "openmetrics") => {
      const page = await exporter.text(format);
      return page
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
        .map((line) => line.replace(/ # .*$/, ""))
        .map((line) => line.replace(/le="([^"]+)"/, (_, le) => `le="${Number(le)}"`));
    };
    expect(await samples("openmetrics")).toEqual(await samples("text"));
  });

  it("writes counts of every length right", async () => {
    const point = histogramMetric("work", [0.001]).points[0];
    if (point === undefined) throw new Error("no point");
    for (const count of [0, 1, 9, 10, 99, 100, 12_345, 2 ** 31 - 1, 2 ** 31, 2 ** 40 + 1]) {
      const histogram = Object.assign(Object.create(point.histogram), { count });
      const metric = { ...histogramMetric("work", []), points: [{ attributes: {}, histogram }] };
      expect(await exporterOf([metric]).text()).toContain(`le="+Inf"} ${count}\n`);
    }
  });

  it("has no family twice, though two metrics be the same in all but their points", async () => {
    const alike = [1, 2, 3].map((value) => numberMetric("alike", "counter", value));
    const exporter = exporterOf(alike);
    for (let scrape = 0; scrape < 2; scrape++) {
      const page = await exporter.text("openmetrics");
      expect(page.match(/^# TYPE alike.*$/gm)).toEqual([
        "# TYPE alike counter",
        "# TYPE alike_2 counter",
        "# TYPE alike_3 counter",
      ]);
      expect(promtool(await exporter.text())).not.toMatch(/error/);
    }
  });

  it("is served to those who ask for it, and not when it is switched off", async () => {
    const accept = "application/openmetrics-text;version=1.0.0";
    for (const openMetrics of [true, false]) {
      const exporter = prometheus({ openMetrics });
      exporter.attach(sourceOf(metrics));
      const { url } = await listen(exporter.handler);
      const got = await fetch(url, { headers: { accept } });
      expect(got.headers.get("content-type")).toBe(
        openMetrics
          ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
          : "text/plain; version=0.0.4; charset=utf-8",
      );
      expect(got.headers.get("vary")).toBe("accept");
      expect((await got.text()).endsWith("# EOF\n")).toBe(openMetrics);
      const plain = await fetch(url);
      expect(await plain.text()).not.toContain("# EOF");
    }
  });

  it("tells of names that clash when instruments are registered", () => {
    const messages: string[] = [];
    const listeners: ((metric: Omit<MetricData, "points">) => void)[] = [];
    const exporter = prometheus();
    exporter.attach({
      ...sourceOf([], messages),
      onInstrument: (listener) => listeners.push(listener),
    });
    for (const name of ["jobs.done", "jobs_done"]) listeners[0]?.(numberMetric(name, "counter", 0));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain('"jobs_done" and "jobs.done" are both "jobs_done"');
  });
});

describe("a real Prometheus", () => {
  it("scrapes OpenMetrics and gives the exemplars back", async () => {
    const exporter = exporterOf(metrics);
    const accepts: (string | undefined)[] = [];
    const { url } = await listen((req, res) => {
      accepts.push(req.headers.accept);
      exporter.handler(req, res);
    });
    const path = folder();
    writeFileSync(
      join(path, "prometheus.yml"),
      `scrape_configs:\n  - job_name: test\n    scrape_interval: 1s\n    scrape_timeout: 1s\n    metrics_path: /\n    static_configs:\n      - targets: ["${new URL(url).host}"]\n`,
    );
    const port = await freePort();
    start("prometheus", [
      `--config.file=${join(path, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(path, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--enable-feature=exemplar-storage",
    ]);
    const api = async (call: string, query: string): Promise<any> => {
      const range = `&start=${now / 1000 - 60}&end=${now / 1000 + 60}`;
      const asked = `http://127.0.0.1:${port}/api/v1/${call}?query=${encodeURIComponent(query)}`;
      const answer = await fetch(call === "query_exemplars" ? asked + range : asked);
      return ((await answer.json()) as { data: unknown }).data;
    };
    const found = await eventually(async () => {
      const [series] = await api("query_exemplars", "work_seconds_bucket");
      return series === undefined ? undefined : await api("query_exemplars", "work_seconds_bucket");
    });
    const exemplars = found.flatMap(({ seriesLabels, exemplars: [one] }: any) => {
      return [[seriesLabels.le, one.labels.trace_id, Number(one.value)]];
    });
    expect(exemplars.sort()).toEqual([
      ["+Inf", TRACE, 20],
      ["0.005", TRACE, 0.004],
      ["0.5", `b${TRACE.slice(1)}`, 0.31],
    ]);
    expect(accepts[0]).toContain("application/openmetrics-text");
    // A scrape that comes too late on a busy machine takes all of it back, until the next one.
    const first = (query: string) => eventually(async () => (await api("query", query)).result[0]);
    const jobs = await first("jobs_done_total");
    expect(jobs.metric.kind).toBe('a"b\\c\nd');
    expect(jobs.value[1]).toBe("3");
    expect((await first('up{job="test"} == 1')).value[1]).toBe("1");
  });
});
