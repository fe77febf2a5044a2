import type { IncomingMessage, RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { groupPath } from "../../../src/exporters/prometheus/group-path.js";
import { pushgateway } from "../../../src/exporters/prometheus/index.js";
import type { ExportResult } from "../../../src/index.js";
import { batchOf, batchWith, histogramMetric, numberMetric } from "../../../src/testing/index.js";
import { exporterConforms } from "../../conformance/exporter.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { freePort } from "../../helpers/ports.js";
import { eventually, listen, promtool, start } from "./harness.js";

interface Seen {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A gateway that answers as it is told, and what it was asked. */
async function gateway(answer: RequestListener) {
  const seen: Seen[] = [];
  const { url, server } = await listen((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body });
      answer(request, response);
    });
  });
  return { url, server, seen };
}

const accepting: RequestListener = (_, response) => response.writeHead(202).end();
const { signal } = new AbortController();

async function real(): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  start("prometheus-pushgateway", [`--web.listen-address=127.0.0.1:${port}`]);
  await eventually(async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined));
  return url;
}

const page = async (url: string) => (await fetch(`${url}/metrics`)).text();

exporterConforms("the Pushgateway exporter, with nobody there,", () => {
  return pushgateway({ url: "http://127.0.0.1:9", job: "test" });
});

describe("a real Pushgateway", () => {
  it("shows what was pushed, replaces it by the next push, and forgets it when told", async () => {
    const url = await real();
    const exporter = pushgateway({ url, job: "nightly", grouping: { instance: "a" } });
    const batch = batchWith([
      histogramMetric("work", [0.001, 0.2], { route: "/é" }),
      numberMetric("jobs.done", "counter", 3),
      numberMetric("once", "gauge", 1),
    ]);
    expect(await exporter.export(batch, signal)).toEqual({ status: "success" });
    const group = 'instance="a",job="nightly"';
    const first = await page(url);
    expect(first).toContain(`jobs_done_total{${group}} 3\n`);
    expect(first).toContain(`work_seconds_bucket{${group},route="/é",le="0.005"} 1\n`);
    expect(first).toContain(`work_seconds_count{${group},route="/é"} 2\n`);
    const next = batchWith([numberMetric("jobs.done", "counter", 5)]);
    expect(await exporter.export(next, signal)).toEqual({ status: "success" });
    const second = await page(url);
    expect(second).toContain(`jobs_done_total{${group}} 5\n`);
    expect(second).not.toContain("once");
    expect(await exporter.delete()).toEqual({ status: "success" });
    expect(await page(url)).not.toContain("nightly");
  });

  it("keeps other metrics of the group when the push does not replace it", async () => {
    const url = await real();
    const exporter = pushgateway({ url, job: "nightly", replace: false });
    await exporter.export(batchWith([numberMetric("a", "counter", 1)]), signal);
    await exporter.export(batchWith([numberMetric("b", "counter", 2)]), signal);
    const text = await page(url);
    expect(text).toContain("a_total{");
    expect(text).toContain("b_total{");
  });

  it("has a group by its very labels, whatever is in them", async () => {
    const url = await real();
    const odd = ["a/b", "", "..", "é ü", "100%", "a?b#c", "+", "tab\tx", "日本"];
    for (const [at, value] of odd.entries()) {
      const exporter = pushgateway({ url, job: `job ${value}`, grouping: { value } });
      const batch = batchWith([numberMetric("at", "gauge", at)]);
      expect(await exporter.export(batch, signal)).toEqual({ status: "success" });
    }
    const { data } = (await (await fetch(`${url}/api/v1/metrics`)).json()) as any;
    const groups = data.map(({ labels }: any) => [labels.job, labels.value ?? ""]).sort();
    expect(groups).toEqual(odd.map((value) => [`job ${value}`, value]).sort());
  });

  it("gets the last values of a batch job from its shutdown", async () => {
    const url = await real();
    const { auspex } = manualMonitor({ exporters: [pushgateway({ url, job: "batch" })] });
    auspex.counter("rows").add(1200);
    expect(await auspex.shutdown()).toMatchObject({ ok: true, unflushed: 0 });
    expect(await page(url)).toContain('rows_total{instance="",job="batch"} 1200\n');
  });

  it("refuses what it would not take, and says why", async () => {
    const url = await real();
    const exporter = pushgateway({ url: `${url}/nowhere`, job: "x" });
    const result = await exporter.export(batchOf([1]), signal);
    expect(result).toMatchObject({ status: "failure" });
  });
});

describe("a push", () => {
  it("is a valid page, with the headers it was given, to the group's path", async () => {
    const { url, seen } = await gateway(accepting);
    const exporter = pushgateway({
      url: `${url.replace("//", "//user:secret@")}/behind/proxy/`,
      job: "nightly",
      headers: { "x-scope": "team-a" },
    });
    expect(await exporter.export(batchOf([0.2]), signal)).toEqual({ status: "success" });
    const [push] = seen;
    expect([push?.method, push?.url]).toEqual(["PUT", "/behind/proxy/metrics/job/nightly"]);
    expect(push?.headers).toMatchObject({
      "x-scope": "team-a",
      authorization: `Basic ${Buffer.from("user:secret").toString("base64")}`,
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    });
    expect(Number(push?.headers["content-length"])).toBe(Buffer.byteLength(push?.body ?? ""));
    expect(promtool(push?.body ?? "")).not.toMatch(/error/);
  });

  it("tells of two names that clean to one, once, with both", async () => {
    const { url, seen } = await gateway(accepting);
    const exporter = pushgateway({ url, job: "x" });
    const told: string[] = [];
    const diag = { warn: (_: string, message: string) => told.push(message) };
    exporter.belongTo({} as never, diag as never);
    const batch = batchWith(
      ["jobs.done", "jobs_done"].map((name) => numberMetric(name, "counter", 1)),
    );
    for (let i = 0; i < 2; i++)
      expect(await exporter.export(batch, signal)).toEqual({ status: "success" });
    expect(told).toEqual([
      '"jobs_done" and "jobs.done" are both "jobs_done" to Prometheus; "jobs_done" is shown as "jobs_done_2_total"',
    ]);
    expect(seen[1]?.body).toContain("\njobs_done_total 1\n");
    expect(seen[1]?.body).toContain("\njobs_done_2_total 1\n");
  });

  it("is tried again after what may pass, and not after what will not", async () => {
    const expected = { 200: "success", 202: "success", 301: "failure", 400: "failure" };
    const more = { 401: "failure", 413: "failure", 429: "retryable", 500: "retryable" };
    for (const [status, outcome] of Object.entries({ ...expected, ...more, 503: "retryable" })) {
      const { url, seen } = await gateway((_, response) => {
        response
          .writeHead(Number(status), { location: "http://127.0.0.1:9/" })
          .end("why\n\u0007it");
      });
      const result = await pushgateway({ url, job: "x" }).export(batchOf([1]), signal);
      expect(result.status, status).toBe(outcome);
      expect(seen).toHaveLength(1);
      if (result.status !== "success") expect(result.error.message).toMatch(/: why {2}it$/);
    }
  });

  it("gives up on a gateway that is silent, endless or gone, and shows no secrets", async () => {
    const endless: RequestListener = (_, response) => {
      response.writeHead(500);
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    };
    const breaking: RequestListener = (_, response) => response.destroy();
    const answers: RequestListener[] = [() => {}, endless, breaking];
    for (const answer of answers) {
      const { url } = await gateway(answer);
      const secret = url.replace("//", "//user:secret@");
      const exporter = pushgateway({ url: secret, job: "x", timeoutMs: 300 });
      const result = await exporter.export(batchOf([1]), signal);
      expect(result.status).toBe("retryable");
      const { message } = (result as Extract<ExportResult, { error: Error }>).error;
      expect(message).toContain(`the Pushgateway at ${new URL(url).host} `);
      expect(message).not.toContain("secret");
      expect(message.length).toBeLessThan(400);
    }
  });

  it("ends with its signal, before and under way", async () => {
    const { url, seen } = await gateway(() => {});
    const exporter = pushgateway({ url, job: "x" });
    expect((await exporter.export(batchOf([1]), AbortSignal.abort())).status).toBe("retryable");
    expect(seen).toHaveLength(0);
    const abort = new AbortController();
    const result = exporter.export(batchOf([1]), abort.signal);
    await eventually(async () => (seen.length > 0 ? true : undefined));
    abort.abort();
    expect(await result).toMatchObject({ status: "retryable" });
  });

  it("goes to a group that no value can break out of", () => {
    expect(groupPath("a", {})).toBe("/metrics/job/a");
    expect(groupPath("a/../b", { x: "", y: ".", z: "a b" })).toBe(
      "/metrics/job@base64/YS8uLi9i/x@base64/=/y@base64/Lg/z@base64/YSBi",
    );
  });

  it("has options that are right, or says what is wrong with all of them", () => {
    const options = {
      url: "ftp://x",
      job: "",
      grouping: { job: "x", "a-b": "x", __a: "x", ok: 1 as never },
      headers: { "x y": "a", ok: "a\nb" },
      timeoutMs: -1,
      bounds: { a: [2, 1] },
      replace: "yes" as never,
      name: "my gateway",
      gruoping: {},
    };
    const faults = [
      "gruoping is not an option; known are url, job, grouping",
      'replace is "yes"',
      'name is "my gateway"',
      'bounds["a"]',
      "url: give",
      "job: give",
      '"job" is no label',
      '"a-b" is no label',
      '"__a" is no label',
      "grouping.ok",
      '"x y" cannot be sent',
      '"ok" cannot be sent',
      "timeoutMs is -1",
    ];
    let message = "";
    try {
      pushgateway(options);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const fault of faults) expect(message).toContain(fault);
    expect(() => pushgateway(undefined as never)).toThrow("job: give");
    const secret = { job: "x", headers: "s3cret", grouping: null } as never;
    expect(() => pushgateway(secret)).toThrow(
      "pushgateway: grouping: give an object of texts; headers: give an object of texts",
    );
  });
});
