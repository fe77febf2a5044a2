import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { ensureBuilt } from "../../scripts/built.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));

const GIVE_UP_AFTER_MS = 60_000;

/** A program of this repository, run by Node against the built package. */
export interface Program {
  readonly child: ChildProcess;
  /** What it wrote so far. */
  readonly output: () => string;
  /** Resolves when it has ended; `code` is null when a signal ended it. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Resolves with the match when the output has it. Rejects when the program ends before that. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
}

/** @param file - relative to the repository */
export function start(
  file: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Program {
  ensureBuilt();
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    stdout += chunk;
    for (const look of waiting) look();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk) => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), GIVE_UP_AFTER_MS);
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
      for (const look of waiting) look();
    });
  });
  const waitFor = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(stdout);
        if (match === null && child.exitCode === null && child.signalCode === null) return;
        waiting.delete(look);
        if (match !== null) resolve(match);
        else reject(new Error(`${file} ended without ${pattern}\n${stdout}${stderr}`));
      };
      waiting.add(look);
      look();
    });
  return { child, output: () => stdout, ended, waitFor };
}

/** Runs a program to its end. */
export function run(file: string, args?: readonly string[], env?: NodeJS.ProcessEnv) {
  return start(file, args, env).ended;
}

/** Compiles TypeScript to a module under .cache/, from where the package's own name resolves. */
export function compile(file: string, options: ts.CompilerOptions = {}): string {
  const { outputText } = ts.transpileModule(readFileSync(join(root, file), "utf8"), {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      ...options,
    },
  });
  return keep(`${file.replaceAll("/", "-")}.mjs`, outputText);
}

/** Writes a module under .cache/. @returns its path, relative to the repository */
export function keep(name: string, text: string): string {
  const folder = join(root, ".cache/examples");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  return `.cache/examples/${name}`;
}

/** Command lines of the processes of this machine. */
export function commandLines(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    });
}
