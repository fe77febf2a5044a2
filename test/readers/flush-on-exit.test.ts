import { spawn } from "node:child_process";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/built.mjs";
import { flushOnExit } from "../../src/readers/flush-on-exit.js";

const library = new URL("../../dist/index.js", import.meta.url).href;

beforeAll(() => ensureBuilt());

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
}

/** Runs a program that has a monitor with one value and an exporter that prints what it is sent. */
function run(program: string, kill: readonly NodeJS.Signals[] = []): Promise<Ended> {
  const source = `
    import { createAuspex, flushOnExit } from ${JSON.stringify(library)};
    import { writeSync } from "node:fs";
    const say = (text) => writeSync(1, text + "\\n");
    const printing = {
      name: "printing",
      export: async ({ metrics }) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        say("exported " + metrics.find(({ name }) => name === "jobs").points[0].value);
        exported();
        return { status: "success" };
      },
    };
    let exported = () => {};
    const hanging = { name: "hanging", export: () => new Promise(() => {}) };
    const start = (exporter) => {
      const auspex = createAuspex({ service: "exit", saturation: false, exporters: [exporter] });
      auspex.counter("jobs").add(1);
      return auspex;
    };
    const ready = () => { say("ready"); setInterval(() => {}, 1000); };
    ${program}`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source]);
    const signals = [...kill];
    let output = "";
    const hear = (chunk: Buffer): void => {
      output += chunk;
      while (signals.length > 0 && /ready|again/.test(String(chunk))) {
        child.kill(signals.shift());
        if (signals.length > 0) break;
      }
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

describe("a flush at exit", () => {
  it("exports before the process dies of the signal it was sent", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const ended = await run("flushOnExit(start(printing)); ready();", [signal]);
      expect(ended).toEqual({ code: null, signal, output: "ready\nexported 1\n" });
    }
  });

  it("exports before a process ends that has nothing more to do, and keeps its exit code", async () => {
    const ended = await run("flushOnExit(start(printing)); process.exitCode = 3;");
    expect(ended).toEqual({ code: 3, signal: null, output: "exported 1\n" });
  });

  it("holds the end up no longer than its deadline, and prints nothing", async () => {
    const program = "flushOnExit(start(hanging), { timeoutMs: 200 });";
    expect(await run(program)).toEqual({ code: 0, signal: null, output: "" });
    const ended = await run(`${program} ready();`, ["SIGTERM"]);
    expect(ended).toEqual({ code: null, signal: "SIGTERM", output: "ready\n" });
  });

  it("tells what was not flushed, and survives a listener that throws", async () => {
    const { output, code } = await run(`flushOnExit(start(hanging), {
      timeoutMs: 100,
      onResult: ({ exporters }) => { say(exporters[0].status); throw new Error("listener"); },
    });`);
    expect([output, code]).toEqual(["timeout\n", 0]);
  });

  it("leaves the end to a host that listens to the signal itself, and calls it once", async () => {
    const ended = await run(
      `process.on("SIGTERM", () => {
         say("host");
         exported = () => setTimeout(() => process.exit(9), 300);
       });
       flushOnExit(start(printing)); ready();`,
      ["SIGTERM"],
    );
    expect(ended).toEqual({ code: 9, signal: null, output: "ready\nhost\nexported 1\n" });
  });

  it("lets a second signal end the process at once", async () => {
    const ended = await run(
      `const auspex = start(hanging);
       flushOnExit({ shutdown: (o) => { say("again"); return auspex.shutdown(o); } }, { timeoutMs: 60_000 });
       ready();`,
      ["SIGTERM", "SIGTERM"],
    );
    expect(ended).toEqual({ code: null, signal: "SIGTERM", output: "ready\nagain\n" });
  });

  it("takes its handlers away again", () => {
    const events = ["SIGTERM", "SIGINT", "beforeExit"];
    const before = events.map((event) => process.listenerCount(event));
    const stop = flushOnExit({ shutdown: async () => ({ ok: true, exporters: [], unflushed: 0 }) });
    expect(events.map((event) => process.listenerCount(event))).toEqual(before.map((n) => n + 1));
    stop();
    expect(events.map((event) => process.listenerCount(event))).toEqual(before);
  });

  it("refuses what it cannot work with", () => {
    expect(() => flushOnExit({} as never)).toThrow("has no shutdown()");
    const target = { shutdown: async () => ({ ok: true, exporters: [], unflushed: 0 }) };
    expect(() => flushOnExit(target, { signals: ["TERM" as never] })).toThrow("signals is TERM");
  });

  it("exports what a worker thread still holds when it has nothing more to do", async () => {
    const { code, output } = await run(`
      import { Worker, isMainThread } from "node:worker_threads";
      const source = 'import { createAuspex, flushOnExit } from "LIB"; import { writeSync } from "node:fs";' +
        'const exporter = { name: "x", export: async () => (writeSync(1, "exported\\\\n"), { status: "success" }) };' +
        'const auspex = createAuspex({ service: "w", saturation: false, exporters: [exporter] });' +
        'auspex.counter("jobs").add(1); flushOnExit(auspex);';
      const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(
        source.replace("LIB", ${JSON.stringify(library)}))));
      worker.on("exit", (code) => say("ended " + code));
    `);
    expect([code, output]).toEqual([0, "exported\nended 0\n"]);
  });
});
