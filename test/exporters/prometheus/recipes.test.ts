import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { peer } from "../../helpers/peers.js";
import { folder } from "./harness.js";

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
});
