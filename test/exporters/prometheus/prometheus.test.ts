import { writeFileSync } from "node:fs";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prometheus } from "../../../src/exporters/prometheus/index.js";
import { labelName, labelValue } from "../../../src/exporters/prometheus/names.js";
import type { Auspex, PullExporter, PullSource } from "../../../src/index.js";
import { manualMonitor, monitor } from "../../helpers/monitor.js";
import { freePort } from "../../helpers/ports.js";
import { eventually, folder, listen, promtool, start } from "./harness.js";

async function serve(auspex: Pick<Auspex, "metrics">): Promise<{ url: string; server: Server }> {
  const { url, server } = await listen((req, res) => auspex.metrics(req, res));
  return { url: `${url}/metrics`, server };
}

function busyMonitor(): Auspex {
  const { auspex } = manualMonitor();
  const operation = auspex.operation("charge card", { "payment.provider": "acme" });
  for (let i = 1; i <= 100; i++) operation.record(i);
  operation.record(30, new TypeError("x"));
  auspex.counter("jobs.done", { unit: "{job}", description: "Jobs done." }).add(3);
  auspex.gauge("pool.free", { unit: "1", description: "Free share." }).set(0.5);
  auspex.histogram("upload.size", { unit: "By", description: "Uploads." }).record(1000);
  auspex.saturation("pg.pool", () => 0.25);
  return auspex;
}

describe("the Prometheus page", () => {
  it("shows durations in seconds in the buckets of the semantic conventions", async () => {
    const page = await busyMonitor().text();
    const series = 'operation_name="charge card",payment_provider="acme"';
    expect(page).toContain("# TYPE auspex_operation_duration_seconds histogram\n");
    expect(page).toContain(`_bucket{${series},le="0.005"} 5\n`);
    expect(page).toContain(`_bucket{${series},le="0.075"} 75\n`);
    expect(page).toContain(`_bucket{${series},le="0.1"} 100\n`);
    expect(page).toContain(`_bucket{${series},le="+Inf"} 100\n`);
    expect(page).toContain(`auspex_operation_duration_seconds_count{${series}} 100\n`);
    const sum = Number(page.match(/duration_seconds_sum\{[^}]*acme"\} (\S+)/)?.[1]);
    expect(Math.abs(sum - 5.05)).toBeLessThan(0.05);
    expect(page).toContain('error_type="TypeError"');
    expect(page).toContain("# TYPE jobs_done_total counter\njobs_done_total 3\n");
    expect(page).toContain("pool_free_ratio 0.5\n");
    expect(page).toContain("pg_pool_ratio 0.25\n");
    expect(page).toContain("# TYPE upload_size_bytes histogram\n");
    expect(page).toContain('target_info{service_name="test"} 1\n');
  });

  it("gives promtool nothing to complain about", async () => {
    const auspex = busyMonitor();
    expect(promtool(await auspex.text())).toBe("");
  });

  it("gives promtool nothing to complain about with the process watched", async () => {
    const auspex = monitor();
    const page = await eventually(async () => {
      const text = await auspex.text();
      return text.includes("nodejs_eventloop_utilization_ratio") ? text : undefined;
    });
    // `process.thread.count` is OpenTelemetry's name, and this is how it maps names.
    const complaints = promtool(page)
      .split("\n")
      .filter((line) => !/_count non-histogram/.test(line));
    expect(complaints.join("\n")).toBe("");
  });

  it("gives every bucket a count that is right within the histogram's precision", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200 }),
        async (milliseconds) => {
          const { auspex } = manualMonitor();
          for (const ms of milliseconds) auspex.operation("work").record(ms);
          const page = await auspex.text();
          for (const [, le, count] of page.matchAll(/le="([^"]+)"\} (\d+)/g)) {
            const bound = Number(le.replace("+Inf", "Infinity")) * 1000;
            const least = milliseconds.filter((ms) => ms <= bound).length;
            const most = milliseconds.filter((ms) => ms <= bound * 1.01).length;
            expect(Number(count)).toBeGreaterThanOrEqual(least);
            expect(Number(count)).toBeLessThanOrEqual(most);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it("answers HEAD, refuses other methods, and forbids caches", async () => {
    const { url } = await serve(busyMonitor());
    const got = await fetch(url);
    expect(got.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(got.headers.get("cache-control")).toBe("no-store");
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const posted = await fetch(url, { method: "POST", body: "x" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("keeps two instruments apart whose names clean to one, and says so", async () => {
    const messages: string[] = [];
    const { auspex } = manualMonitor({
      logger: { warn: (message) => messages.push(message), debug: () => {} },
    });
    auspex.counter("jobs.done").add(1);
    auspex.counter("jobs_done").add(2);
    const page = await auspex.text();
    expect(page).toContain("\njobs_done_total 1\n");
    expect(page).toContain("\njobs_done_2_total 2\n");
    expect(
      messages.filter((message) => message.includes('"jobs_done" and "jobs.done"')),
    ).toHaveLength(1);
  });

  it("keeps names, labels and bounds apart that only Prometheus would mix up", async () => {
    const { auspex } = manualMonitor();
    auspex.histogram("jobs").record(1, { le: "x" });
    auspex.gauge("jobs.count").set(3);
    const codes = auspex.counter("codes");
    codes.add(1, { code: 1 });
    codes.add(2, { code: "1" });
    codes.add(3, { "a.b": "x" });
    codes.add(4, { a_b: "x" });
    const page = await auspex.text();
    expect(page).toContain('jobs_bucket{le_="x",le="5"} 1\n');
    expect(page).toContain("\njobs_count_2 3\n");
    expect(page).toContain('codes_total{code="1"} 1\ncodes_total{code="1",auspex_series="2"} 2\n');
    expect(page).toContain('codes_total{a_b="x"} 3\ncodes_total{a_b="x",auspex_series="2"} 4\n');
    expect(promtool(page)).not.toContain("error");
    expect(() => prometheus({ bounds: { a: [1, 2], b: [2, 1], c: ["x" as never] } })).toThrow(
      'bounds["b"], bounds["c"]: give finite numbers in ascending order',
    );
  });

  it("says what is missing when an exporter was given to no monitor", async () => {
    await expect(prometheus().text()).rejects.toThrow("createAuspex({ exporters: [...] })");
  });

  it("refuses options that do not fit, all at once", () => {
    const options = { bonds: {}, name: "", sliceMs: 0, openMetrics: "no", include: {}, bounds: [] };
    expect(() => prometheus(options as never)).toThrow(
      [
        "prometheus: bonds is not an option; known are name, bounds, sliceMs, openMetrics, include",
        'name is ""; give a name without spaces',
        "bounds is []; give lists of numbers by instrument name",
        "sliceMs is 0; give a number from 0.1 to 1000",
        'openMetrics is "no"; give true or false',
        "include is {}; give an array of pages, such as fromPromClient(register)",
      ].join("; "),
    );
  });

  it("takes bounds of one's own", async () => {
    const exporter = prometheus({ bounds: { "auspex.operation.duration": [0.05] } });
    const { auspex } = manualMonitor({ exporters: [exporter] });
    auspex.operation("work").record(10);
    expect((await exporter.text()).match(/le="/g)).toHaveLength(2);
  });
});

/** The label rules of Prometheus' reference parser. @see Prometheus, exposition formats */
function parseLabels(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const pattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;
  let match = pattern.exec(text);
  let end = 0;
  while (match !== null) {
    found.set(
      match[1],
      match[2].replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c)),
    );
    end = pattern.lastIndex;
    match = pattern.exec(text);
  }
  if (end !== text.length) throw new Error(`not labels: ${text.slice(end)}`);
  return found;
}

describe("case 16: labels with anything in them", () => {
  it("are read back as they were, one line each", async () => {
    const awkward = ['"', "\\", "\n", "\r", "{}", "*", "a\\n", '","x="', "\u2028", "é", '\\\\"\n'];
    const { auspex } = manualMonitor();
    for (const value of awkward) auspex.counter("odd").add(1, { value });
    auspex.counter("odd").add(1, { value: "\ud800" });
    const page = await auspex.text();
    const lines = page.split("\n").filter((line) => line.startsWith("odd_total{"));
    const values = lines.map((line) =>
      parseLabels(line.slice(10, line.lastIndexOf("}"))).get("value"),
    );
    expect(values).toEqual([...awkward, "\ufffd"]);
    expect(promtool(page.replace("# HELP odd_total odd", "# HELP odd_total Odd."))).toBe("");
  });

  it("escape and clean to something the parser accepts, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (key, value) => {
        const parsed = parseLabels(`${labelName(key)}="${labelValue(value)}"`);
        expect([...parsed.values()]).toEqual([Buffer.from(value).toString()]);
        expect([...parsed.keys()][0]).not.toMatch(/^__/);
      }),
    );
  });
});

describe("case 17: many scrapes of a full registry", () => {
  it("writes the page once for 50 that come at once", async () => {
    let source: PullSource | undefined;
    const tap: PullExporter = {
      name: "tap",
      attach: (given) => {
        source = given;
      },
    };
    const { auspex } = manualMonitor({ exporters: [tap] });
    for (let i = 0; i < 2000; i++) auspex.operation("work", { shard: i }).record(i);
    let pages = 0;
    const exporter = prometheus();
    exporter.attach({
      ...(source as unknown as PullSource),
      streams: () => {
        pages++;
        return (source as unknown as PullSource).streams();
      },
    });
    const { url } = await serve({ metrics: exporter.handler });
    const texts = await Promise.all(Array.from({ length: 50 }, () => exporter.text()));
    expect(new Set(texts).size).toBe(1);
    expect(pages).toBe(1);
    const sizes = await Promise.all(Array.from({ length: 50 }, () => sizeOf(url)));
    expect(new Set(sizes)).toEqual(new Set([Buffer.byteLength(texts[0])]));
  });

  it("looks at the clock for each point, and gives way whenever 8 ms have passed", async () => {
    const { auspex, clock } = manualMonitor({ intervalMs: 60_000 });
    const histogram = auspex.histogram("latency", { unit: "s" });
    for (let series = 0; series < 1000; series++)
      histogram.record(0.013, { route: `/r/${series}` });
    // On this clock every look takes a millisecond.
    const now = clock.now.bind(clock);
    let looks = 0;
    clock.now = () => now() + looks++;
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const page = await auspex.text();
    isOver = true;
    expect(page.match(/^latency_seconds_count/gm)).toHaveLength(1000);
    expect(looks).toBeGreaterThanOrEqual(1000);
    expect(turns).toBeGreaterThan(1000 / 9 - 1);
  });
});

describe("a real Prometheus", () => {
  it("scrapes it and answers with the recorded counts", async () => {
    const auspex = busyMonitor();
    const { server } = await serve(auspex);
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const path = folder();
    writeFileSync(
      join(path, "prometheus.yml"),
      `scrape_configs:\n  - job_name: test\n    scrape_interval: 1s\n    scrape_timeout: 1s\n    static_configs:\n      - targets: ["${target}"]\n`,
    );
    const port = await freePort();
    start("prometheus", [
      `--config.file=${join(path, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(path, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ]);
    const ask = async (query: string): Promise<string | undefined> => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`;
      const { data } = (await (await fetch(url)).json()) as {
        data: { result: { value: [number, string] }[] };
      };
      return data.result[0]?.value[1];
    };
    const query = 'auspex_operation_duration_seconds_count{error_type=""}';
    const answer = await eventually(() => ask(query));
    expect(answer).toBe("100");
    // A scrape that comes too late on a busy machine takes all of it back, until the next one.
    expect(await eventually(() => ask("jobs_done_total"))).toBe("3");
    expect(await eventually(() => ask('up{job="test"} == 1'))).toBe("1");
  });
});

function sizeOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, (response) => {
      let bytes = 0;
      response.on("data", (chunk) => {
        bytes += chunk.length;
      });
      response.on("end", () => resolve(bytes));
    });
    asked.on("error", reject).end();
  });
}
