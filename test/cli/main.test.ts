import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redis } from "../../src/exporters/redis/index.js";
import { dist, until } from "../fleet/members.js";
import { monitor } from "../helpers/monitor.js";
import { RedisServer } from "../helpers/redis.js";

let server: RedisServer;

beforeAll(async () => {
  dist();
  server = await RedisServer.start();
});

afterAll(() => server.stop());

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command; `hear` is told what it has printed so far, and may end it. */
async function auspex(
  args: readonly string[],
  hear: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [fileURLToPath(`${dist()}cli.cjs`), ...args]);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
    hear(stdout, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

describe("the auspex command", () => {
  it("shows the fleet that writes to a Redis, as text and as JSON", async () => {
    const exporter = redis({ url: server.url });
    const shop = monitor({ service: "shop", exporters: [{ exporter, intervalMs: 200 }] });
    const work = shop.operation("GET /users/:id");
    for (let ms = 1; ms <= 100; ms++) work.record(ms);
    const look = ["top", "--redis", server.url, "--window", "total", "--once"];
    const { stdout: json } = await until(
      () => auspex([...look, "--json"]),
      ({ stdout }) => JSON.parse(stdout).operations.length > 0,
    );
    const { operations, processes } = JSON.parse(json);
    expect(operations[0]).toMatchObject({ name: "GET /users/:id", service: "shop" });
    expect(operations[0].traffic.count).toBe(100);
    expect(processes).toMatchObject([{ pid: process.pid, live: true }]);
    const { code, stdout, stderr } = await auspex(look);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^shop · total · 1 process live/);
    expect(stdout).toMatch(/^GET \/users\/:id .* 50\.2ms/m);
    await shop.shutdown();
  });

  it("prints one line of JSON after the other until a signal ends it", async () => {
    const args = ["top", "--redis", server.url, "--json", "--interval", "100"];
    const { code, stdout, stderr } = await auspex(args, (text, kill) => {
      if (text.split("\n").length > 3) kill("SIGTERM");
    });
    expect([code, stderr]).toEqual([143, ""]);
    for (const line of stdout.trim().split("\n"))
      expect(JSON.parse(line)).toHaveProperty("partial");
  });

  it("explains itself", async () => {
    expect((await auspex(["--help"])).stdout).toContain("--redis URL");
    expect((await auspex(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("fails in one line, without the password", async () => {
    const secret = "redis://me:hunter2@127.0.0.1:1";
    for (const [args, status] of [
      [["top", "--redis", secret, "--once"], 1],
      [["top", "--redis", secret, "--once", "--json"], 1],
      [["top", "--redis", "redis://me:hunter2@127.0.0.1:99999", "--once"], 1],
      [["top"], 2],
      [["nonsense"], 2],
    ] as const) {
      const { code, stdout, stderr } = await auspex(args);
      expect([code, stdout], args.join(" ")).toEqual([status, ""]);
      expect(stderr).toMatch(/^auspex: [^\n]+\n$/);
      expect(stderr).not.toContain("hunter2");
    }
  });
});
