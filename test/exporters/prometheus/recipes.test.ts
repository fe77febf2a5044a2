import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { manualMonitor } from "../../helpers/monitor.js";
import { peer } from "../../helpers/peers.js";
import { freePort } from "../../helpers/ports.js";
import { eventually, folder, listen, start } from "./harness.js";

const page = readFileSync(new URL("../../../docs/prometheus.md", import.meta.url), "utf8");
const recipes = [...page.matchAll(/^```yaml\n# (agent|server)\n([\s\S]*?)^```$/gm)];

describe("the recipes for Prometheus", () => {
  it("are one for remote write and one for federation", () => {
    expect(recipes.map(([, role]) => role)).toEqual(["agent", "server"]);
    expect(page.match(/^```yaml/gm)).toHaveLength(recipes.length);
  });

  for (const [, role = "", config = ""] of recipes) {
    it(`are configurations that promtool accepts: ${role}`, () => {
      const check = (text: string) => {
        const file = join(folder(), "prometheus.yml");
        writeFileSync(file, text);
        const flags = role === "agent" ? ["--agent"] : [];
        return spawnSync(peer("promtool"), ["check", "config", ...flags, file], {
          encoding: "utf8",
        });
      };
      const { status, stdout, stderr } = check(config);
      expect(stderr).toBe("");
      expect(stdout).toContain("SUCCESS");
      expect(status).toBe(0);
      expect(check(config.replace("scrape_configs", "scrape_confgs")).status).not.toBe(0);
    });
  }

  it("bring values from a process to an agent, to a server of its site, and to the one above", async () => {
    const { auspex } = manualMonitor();
    const duration = auspex.histogram("http.server.request.duration", { unit: "s" });
    const bound = duration.bind({ "http.route": "/users/:id" });
    for (let i = 0; i < 7; i++) bound.record(0.2);
    const { url } = await listen((request, response) => auspex.metrics(request, response));
    const [site, above] = [await freePort(), await freePort()];

    const [[, , agent = ""] = [], [, , server = ""] = []] = recipes;
    const config = (text: string): string => {
      const file = join(folder(), "prometheus.yml");
      writeFileSync(file, text);
      return `--config.file=${file}`;
    };
    const at = (port: number) => `--web.listen-address=127.0.0.1:${port}`;
    start("prometheus", [
      "--enable-feature=agent",
      config(
        agent
          .replace("15s", "200ms")
          .replace("127.0.0.1:3000", url.replace("http://", ""))
          .replace("https://prometheus.example.com", `http://127.0.0.1:${site}`),
      ),
      `--storage.agent.path=${folder()}`,
      at(await freePort()),
    ]);
    start("prometheus", [
      "--web.enable-remote-write-receiver",
      config(""),
      `--storage.tsdb.path=${folder()}`,
      at(site),
    ]);
    const sites = `"prometheus-site-a:9090", "prometheus-site-b:9090"`;
    expect(server).toContain(sites);
    start("prometheus", [
      config(`global:\n  scrape_interval: 200ms\n${server.replace(sites, `"127.0.0.1:${site}"`)}`),
      `--storage.tsdb.path=${folder()}`,
      at(above),
    ]);

    const query = 'http_server_request_duration_seconds_count{http_route="/users/:id",job="shop"}';
    const told = await eventually(async () => {
      const asked = `http://127.0.0.1:${above}/api/v1/query?query=${encodeURIComponent(query)}`;
      const { data } = (await (await fetch(asked)).json()) as {
        data: { result: { value: [number, string] }[] };
      };
      return data.result[0]?.value[1];
    });
    expect(told).toBe("7");
  });
});
