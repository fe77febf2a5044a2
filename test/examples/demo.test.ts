import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/built.mjs";
import { commandLines, start } from "./program.js";

beforeAll(() => ensureBuilt());

const URL_OF_METRICS = /http:\/\/127\.0\.0\.1:(\d+)\/metrics/;

const visitorsOf = (port: string) =>
  commandLines().filter((line) => line.includes(`demo/load.mjs ${port} `));

/** Its visitors end when they see the channel to them closed, a moment after it. */
async function expectNoVisitors(port: string): Promise<void> {
  await expect.poll(() => visitorsOf(port), { timeout: 30_000 }).toEqual([]);
}

describe("the demo", () => {
  it("shows frames, answers scrapes and ends in time, leaving no process behind", async () => {
    const demo = start("examples/demo.mjs", ["--seconds", "12"]);
    const [url, port] = await demo.waitFor(URL_OF_METRICS);
    await demo.waitFor(/req\/s[\s\S]*saturation/);
    expect(visitorsOf(port as string)).toHaveLength(1);
    // Its visitors are a process of their own, which comes when it comes.
    for (const line of [
      /^http_server_request_duration_seconds_count\{.*\/products\/:id.*\} \d+$/m,
      /^http_server_request_duration_seconds_count\{.*\/payments\/:id.*\} \d+$/m,
      /^db_pool_ratio \d/m,
    ]) {
      await expect.poll(async () => (await fetch(url)).text()).toMatch(line);
    }

    const { code, stdout, stderr } = await demo.ended;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).not.toContain("\x1b");
    expect(stdout.match(/last 10 s, ms/g)?.length).toBeGreaterThanOrEqual(2);
    for (const route of [
      "GET /products/:id ",
      "GET /users/:id/orders/:no ",
      "POST /payments/:id/refund ",
      "GET (unmatched) ",
      "reindex search ",
    ]) {
      expect(stdout).toContain(` ${route}`);
    }
    expect(stdout).toMatch(/^ event loop .* cpu .* memory .* db\.pool .*%$/m);
    expect(stdout).toContain("SLOW-DOWN");
    const sums = stdout.slice(stdout.indexOf("since the start"));
    expect(sums).toMatch(/^ POST \/payments +\d+( +[\d.]+){4} +[1-9]\d* +\d+$/m);
    expect(sums).toMatch(/[\d,]+ recorded in \d+ s; auspex took/);
    await expectNoVisitors(port as string);
  });

  it("ends well on a signal", async () => {
    const demo = start("examples/demo.mjs");
    const [, port] = await demo.waitFor(URL_OF_METRICS);
    demo.child.kill("SIGTERM");
    const { code, stdout } = await demo.ended;
    expect(code).toBe(0);
    expect(stdout).toContain("since the start");
    await expectNoVisitors(port as string);
  });

  it("takes its visitors with it when it is killed", async () => {
    const demo = start("examples/demo.mjs");
    const [, port] = await demo.waitFor(URL_OF_METRICS);
    await expect.poll(() => visitorsOf(port as string).length, { timeout: 30_000 }).toBe(1);
    demo.child.kill("SIGKILL");
    await demo.ended;
    await expectNoVisitors(port as string);
  });

  it("says how it is used when its options make no sense", async () => {
    const demo = start("examples/demo.mjs", ["--seconds", "soon"]);
    const { code, stderr } = await demo.ended;
    expect(code).toBe(2);
    expect(stderr).toContain("usage: npm run demo -- [--seconds N] [--port N]");
  });
});
