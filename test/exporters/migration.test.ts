import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { StatsD } from "hot-shots";
import promClient from "prom-client";
import { describe, expect, it } from "vitest";
import { statsd } from "../../src/exporters/statsd/index.js";
import type { Auspex } from "../../src/index.js";
import { manualMonitor, monitor } from "../helpers/monitor.js";

const page = readFileSync(new URL("../../docs/migration.md", import.meta.url), "utf8");

/** Rows of the table under a line of the page, cell by cell. */
function table(after: string): string[][] {
  const [, below = ""] = page.split(after);
  const [rows = ""] = /(?:^\|.*\n)+/m.exec(below) ?? [];
  const cells = rows
    .trim()
    .split("\n")
    .map((row) => row.split(/(?<!\\)\|/).slice(1, -1));
  return cells.slice(2).map((row) => row.map((cell) => cell.trim().replaceAll("\\|", "|")));
}

const code = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text as string);

/** `a_p99_seconds`, `_p50` → `a_p99_seconds`, `a_p50_seconds`; `a_user_total`, `a_sys_…` → `a_sys_total`. */
function spelled([first = "", ...more]: string[]): string[] {
  return [
    first,
    ...more.map((short) => {
      if (short.startsWith("_")) return first.replace(/_[a-z0-9]+(?=_seconds$)/, short);
      return short.replace("…", first.split("_").slice(-2).join("_"));
    }),
  ];
}

/** Metric names of PromQL, labels and functions left out. */
function metricsIn(expression: string): string[] {
  const bare = expression.replace(/\{[^}]*\}/g, "").replace(/(?:without|by) \([^)]*\)/g, "");
  return [...bare.matchAll(/\b[a-z]\w*_\w+/g)].map(([name]) => name);
}

describe("the table of prom-client's default metrics", () => {
  it("has every one of them, and names of ours that are on the page", async () => {
    if (process.platform !== "linux") return;
    const register = new promClient.Registry();
    promClient.collectDefaultMetrics({ register });
    const theirs = new Set((await register.getMetricsAsJSON()).map(({ name }) => name));
    register.clear();

    const rows = table("### Its default metrics");
    const [, absent = ""] = /^Not here: (.*)$/m.exec(page) ?? [];
    const told = [...rows.flatMap(([cell]) => spelled(code(cell))), ...code(absent)];
    const named = told.map((name) => name.replace(/\{.*/, ""));
    expect(named.filter((name) => !theirs.has(name))).toEqual([]);
    const untold = [...theirs].filter((name) => !named.includes(name));
    // Counts of what is told by kind.
    expect(untold.filter((name) => !/^nodejs_active_\w+_total$/.test(name))).toEqual([]);

    const { auspex, clock } = manualMonitor({ saturation: true, detectResource: true });
    const ours = rows.flatMap(([, cell]) => code(cell).flatMap(metricsIn));
    expect(ours.length).toBeGreaterThan(15);
    const unseen = new Set(ours);
    const missing = async (): Promise<string[]> => {
      clock.advance(1000);
      const text = await auspex.text();
      for (const name of unseen) {
        if (new RegExp(`^${name}(_count)?[ {]`, "m").test(text)) unseen.delete(name);
      }
      return [...unseen];
    };
    // The delay of the loop is there once a timer of 20 ms was due within an interval.
    await expect.poll(missing, { timeout: 15_000, interval: 60 }).toEqual([]);
    const text = await auspex.text();
    for (const label of page.matchAll(/\{((?:cpu_mode|v8js_\w+)="[^"]*")\}/g)) {
      expect(text).toContain(label[1]);
    }
    expect(text).toMatch(/^target_info\{.*process_runtime_version="/m);
  });
});

describe("the table of what a StatsD server sees", () => {
  it("is what hot-shots and both dialects of ours send", async () => {
    const server = createSocket("udp4");
    await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const lines: string[] = [];
    server.on("message", (datagram) => lines.push(...datagram.toString().split("\n")));

    const client = new StatsD({ host: "127.0.0.1", port });
    client.increment("jobs", 2, { queue: "mail" });
    client.gauge("depth", 3);
    client.distribution("size", 77);
    client.timing("charge", 12);
    const record = (auspex: Auspex) => {
      auspex.counter("jobs").bind({ queue: "mail" }).add(2);
      auspex.gauge("depth").bind().set(3);
      auspex.histogram("size", { unit: "By" }).bind().record(77);
      auspex.operation("charge").record(12);
      auspex.histogram("charge", { unit: "ms" }).bind().record(12);
      return auspex.forceFlush();
    };
    for (const dialect of ["dogstatsd", "statsd"] as const) {
      const exporters = [statsd({ port, dialect })];
      await record(monitor({ saturation: false, outbound: false, exporters }));
    }

    const seen = (wanted: string): boolean =>
      lines.some((line) => line.replace(/service:test,?/, "").replace(/\|#$/, "") === wanted);
    const rows = table("What a server sees:");
    expect(rows).toHaveLength(4);
    const all = [
      ...rows.flatMap((row) => row.flatMap((cell) => code(cell)[0] ?? [])),
      "charge:12|d",
    ];
    expect(all).toHaveLength(13);
    await expect.poll(() => all.filter((line) => !seen(line)), { timeout: 15_000 }).toEqual([]);
    server.close();
    client.close();
  });
});
