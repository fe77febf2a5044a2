import { spawn } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/built.mjs";

const entry = (path: string) => new URL(`../../dist/${path}.js`, import.meta.url).href;

beforeAll(() => ensureBuilt());

/** Six exports to a standard output that is closed after the first; what it said on standard error. */
function exportsToClosedPipe(): Promise<{ code: number | null; stderr: string }> {
  const source = `
    import { createAuspex } from ${JSON.stringify(entry("index"))};
    import { consoleExporter } from ${JSON.stringify(entry("exporters/console"))};
    const auspex = createAuspex({ service: "s", saturation: false, exporters: [consoleExporter()] });
    auspex.counter("jobs").add(1);
    await auspex.forceFlush();
    process.stdin.once("data", async () => {
      const statuses = [];
      for (let i = 0; i < 5; i++) {
        statuses.push((await auspex.forceFlush()).exporters[0].status);
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.error(statuses.join(), process.stdout.listenerCount("error"));
      process.exit(3);
    });`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source]);
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.once("data", () => {
      child.stdout.destroy();
      child.stdout.once("close", () => child.stdin.write("closed\n"));
    });
    child.on("close", (code) => resolve({ code, stderr }));
  });
}

describe("the console exporter on a pipe whose reader has gone", () => {
  it("fails its exports and leaves the process alive, with no listener left behind", async () => {
    const { code, stderr } = await exportsToClosedPipe();
    expect(stderr).toBe("failed,failed,failed,failed,failed 0\n");
    expect(code).toBe(3);
  });
});
