import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import ts from "typescript";
import { afterEach, describe, expect, it } from "vitest";
import type { MetricExporter } from "../../src/index.js";
import { batchOf, batchWith, numberMetric } from "../../src/testing/index.js";
import { exporterConforms } from "../conformance/exporter.js";
import { monitor } from "../helpers/monitor.js";

const page = readFileSync(
  new URL("../../docs/write-your-own-exporter.md", import.meta.url),
  "utf8",
);
const source = /^```ts\nimport \{ createAuspex.*\n\n([\s\S]*?\n\}\);\n)/m.exec(page)?.[1] ?? "";

/** The exporter that the page shows. */
const influx = new Function(`${ts.transpile(source)}; return influx;`)() as (
  url: string,
) => MetricExporter;

const { signal } = new AbortController();
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A backend that answers one status after the other; the last one for good. */
async function backend(...statuses: number[]): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      bodies.push(body);
      response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

exporterConforms("the exporter of the page, with nobody there,", () =>
  influx("http://127.0.0.1:1"),
);

describe("the exporter of the page", () => {
  it("has the twenty lines that are promised", () => {
    const [, exporter = ""] = source.split(/^(?=const influx)/m);
    expect(exporter.trim().split("\n").length).toBeLessThanOrEqual(20);
  });

  it("writes a line a point, which no name or value can break out of", async () => {
    const { url, bodies } = await backend(204);
    const forged = numberMetric("a b\nz v=9", "gauge", 1, { "k=\n": "v,w\r\nz v=9 1" });
    const batch = batchWith([forged, ...batchOf([0.2]).metrics], { to: 5000 });
    expect(await influx(url).export(batch, signal)).toEqual({ status: "success" });
    const lines = (bodies[0] as string).trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe("a_b_z_v_9,k__=v_w__z_v_9_1 value=1 5000");
    expect(lines[1]).toMatch(/^http\.server\.request\.duration,http\.route=\S+ count=1,\S+ 5000$/);
  });

  it("has every value in the end, though the backend was away and then was busy", async () => {
    const { url, bodies } = await backend(503, 429, 204);
    const auspex = monitor({ saturation: false, exporters: [influx(url)] });
    auspex.counter("jobs").add(3);
    expect(await auspex.forceFlush()).toMatchObject({ ok: true });
    expect(bodies).toHaveLength(3);
    expect(bodies[2]).toMatch(/^jobs value=3 /m);
  });

  it("is told what will never do, and does not try that again", async () => {
    const { url, bodies } = await backend(400);
    const auspex = monitor({ saturation: false, exporters: [influx(url)] });
    auspex.counter("jobs").add(3);
    const { exporters } = await auspex.forceFlush();
    expect(exporters).toEqual([{ exporter: "influx", status: "failed", error: "Error: HTTP 400" }]);
    expect(bodies).toHaveLength(1);
  });
});
