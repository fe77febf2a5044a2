import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const src = fileURLToPath(new URL("../../src", import.meta.url));

const PROGRAM = `
import { createInterface } from "node:readline";
import { fileStore } from "./state/file-store.js";
const store = fileStore(JSON.parse(process.argv[2]));
for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ answer: (await store[call](...args)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.code ?? error.message }));
  }
}
`;

/** A process of its own with a file store. */
export interface StoreProcess {
  load(key: string): Promise<string | null>;
  save(key: string, value: string): Promise<void>;
  close(): Promise<void>;
  /** As a crash would: nothing is let go. */
  kill(): Promise<void>;
}

/** Processes that keep their state in files, and a folder for it; `clean` ends them all. */
export class StoreProcesses {
  readonly folder = mkdtempSync(join(tmpdir(), "auspex-state-"));
  readonly #program: string;
  readonly #children = new Set<ChildProcess>();

  constructor() {
    const code = mkdtempSync(join(this.folder, "code-"));
    for (const room of ["state", "time"]) {
      mkdirSync(join(code, room));
      for (const file of readdirSync(join(src, room))) {
        const { outputText } = ts.transpileModule(readFileSync(join(src, room, file), "utf8"), {
          compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
        });
        writeFileSync(join(code, room, file.replace(/ts$/, "js")), outputText);
      }
    }
    writeFileSync(join(code, "package.json"), '{ "type": "module" }');
    this.#program = join(code, "program.js");
    writeFileSync(this.#program, PROGRAM);
  }

  start(options: object): StoreProcess {
    const child = spawn(process.execPath, [this.#program, JSON.stringify(options)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#children.add(child);
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
    const waiting: ((line: string) => void)[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
    const call = (name: string, ...args: unknown[]): Promise<string | null> =>
      new Promise((resolve, reject) => {
        waiting.push((line) => {
          const { answer, error } = JSON.parse(line);
          if (error === undefined) resolve(answer);
          else reject(new Error(error));
        });
        child.stdin.write(`${JSON.stringify({ call: name, args })}\n`);
      });
    return {
      load: (key) => call("load", key),
      save: async (key, value) => void (await call("save", key, value)),
      close: async () => void (await call("close")),
      kill: async () => {
        child.kill("SIGKILL");
        await ended;
      },
    };
  }

  clean(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
