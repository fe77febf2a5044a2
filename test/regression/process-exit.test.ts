import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/built.mjs";

const library = fileURLToPath(new URL("../../dist/index.js", import.meta.url));

beforeAll(() => ensureBuilt());

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

/** Runs a program that has `createAuspex`; `kill` is sent when it prints "ready". */
function run(program: string, kill?: NodeJS.Signals): Promise<Ended> {
  return new Promise((resolve) => {
    const source = `import { createAuspex } from ${JSON.stringify(`file://${library}`)};\n${program}`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source]);
    let output = "";
    const hear = (chunk: Buffer): void => {
      output += chunk;
      if (kill !== undefined && output.includes("ready")) child.kill(kill);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const watchdog = setTimeout(() => child.kill("SIGKILL"), 60_000);
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      resolve({ code, signal, output });
    });
  });
}

const START = `
  const auspex = createAuspex({
    service: "exit",
    exporters: [{ name: "hanging", export: () => new Promise(() => {}) }],
    exportIntervalMs: 1000,
  });
  auspex.operation("work").record(1);
  auspex.saturation("pool", () => 0.5);
`;

describe("case 24: how a process ends", () => {
  it("ends by itself when the host has nothing more to do, and prints nothing", async () => {
    const { code, signal, output } = await run(START);
    expect([code, signal, output]).toEqual([0, null, ""]);
  });

  it("keeps the host's exit code and its exit listeners", async () => {
    const { code, output } = await run(`${START}
      process.on("exit", (code) => console.log("exit", code));
      process.exit(7);
    `);
    expect([code, output]).toEqual([7, "exit 7\n"]);
  });

  it("dies of SIGTERM as if it were not there", async () => {
    const { signal, output } = await run(
      `${START} console.log("ready", process.listenerCount("SIGTERM")); setInterval(() => {}, 1000);`,
      "SIGTERM",
    );
    expect([signal, output]).toEqual(["SIGTERM", "ready 0\n"]);
  });

  it("leaves uncaught exceptions and unhandled rejections to Node", async () => {
    const thrown = await run(`${START} setTimeout(() => { throw new Error("host bug"); }, 10);`);
    expect(thrown.code).toBe(1);
    expect(thrown.output).toContain("host bug");
    const rejected = await run(
      `${START} auspex.wrap("w", async () => { throw new Error("lost"); })();`,
    );
    expect(rejected.code).toBe(1);
    expect(rejected.output).toContain("lost");
  });

  it("says in shutdown's result what a hanging exporter left unsent, within the deadline", async () => {
    const { code, output } = await run(`${START}
      const result = await auspex.shutdown({ timeoutMs: 300 });
      console.log(JSON.stringify(result));
    `);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({
      ok: false,
      unflushed: 1,
      exporters: [{ exporter: "hanging", status: "timeout" }],
    });
  });

  it("lets a worker thread end, with its monitor inside", async () => {
    const { code, output } = await run(`
      import { Worker } from "node:worker_threads";
      const source = ${JSON.stringify(`import { createAuspex } from "file://LIB";
        const auspex = createAuspex({ service: "worker" });
        auspex.operation("work").record(1);
        console.log("in worker", auspex.snapshot("total").operations[0].traffic.count);`)}
        .replace("LIB", ${JSON.stringify(library)});
      const url = new URL("data:text/javascript," + encodeURIComponent(source));
      const worker = new Worker(url);
      worker.on("exit", (code) => console.log("worker ended", code));
    `);
    expect(code).toBe(0);
    expect(output).toBe("in worker 1\nworker ended 0\n");
  });
});
