import { type ChildProcess, fork, spawn } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { ensureBuilt } from "../../scripts/built.mjs";

/** URL of the folder of the built library; `AUSPEX_DIST` names another build. */
export function dist(): string {
  const given = process.env.AUSPEX_DIST;
  if (given === undefined) ensureBuilt();
  return pathToFileURL(`${given ?? fileURLToPath(new URL("../../dist", import.meta.url))}/`).href;
}

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** Another thread or process that does what it is told, one thing at a time. */
export interface Told<T> {
  readonly of: T;
  /** Messages it sent that answer nothing: there should be none. */
  readonly strange: unknown[];
  /** @returns what the act answered */
  act(name: string, given?: unknown): Promise<any>;
}

type Peer = Worker | ChildProcess;
type Line = { done?: string; answer?: unknown; up?: number };

async function told<T extends Peer>(of: T, tell: (message: object) => void): Promise<Told<T>> {
  const strange: unknown[] = [];
  const waiting: ((line: Line) => void)[] = [];
  (of as Worker).on("message", (message: Line) => {
    if (message?.done === undefined) strange.push(message);
    else waiting.shift()?.(message);
  });
  const [up] = (await once(of, "message")) as [Line];
  if (up.up === undefined) throw new Error(`a member began with ${JSON.stringify(up)}`);
  strange.length = 0;
  return {
    of,
    strange,
    act(name, given) {
      const done = new Promise<Line>((resolve) => waiting.push(resolve));
      tell({ act: name, with: given });
      return done.then(({ answer }) => answer);
    },
  };
}

/** A worker thread; `block` waits until the first number of `gate` changes. */
export function thread({
  file = "member.mjs",
  gate = new Int32Array(new SharedArrayBuffer(4)),
  env = {},
} = {}): Promise<Told<Worker>> {
  const worker = new Worker(fixture(file), {
    workerData: gate,
    env: { FLEET_DIST: dist(), FLEET_KIND: "thread", ...env },
    execArgv: [],
  });
  return told(worker, (message) => worker.postMessage(message));
}

type Serialization = "json" | "advanced";

/** A process made by `fork()`. */
export function forked(
  serialization: Serialization = "json",
  env = {},
): Promise<Told<ChildProcess>> {
  const child = fork(fixture("member.mjs"), [], {
    serialization,
    execArgv: [],
    env: { FLEET_DIST: dist(), FLEET_KIND: "cluster", ...env },
  });
  return told(child, (message) => child.send(message));
}

/** A worker of this process's cluster. */
export function clustered(serialization: Serialization = "json"): Promise<Told<ChildProcess>> {
  cluster.setupPrimary({ exec: fixture("member.mjs"), execArgv: [], serialization } as object);
  const { process: child } = cluster.fork({ FLEET_DIST: dist(), FLEET_KIND: "cluster" });
  return told(child, (message) => child.send(message));
}

/** Asks until the answer fits; what never fits is a test that runs out of time. */
export async function until<T>(
  ask: () => Promise<T> | T,
  fits: (answer: T) => boolean,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs a fixture to its end. */
export async function run(file: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [fixture(file)], {
    env: { ...process.env, FLEET_DIST: dist() },
  });
  let output = "";
  const hear = (chunk: Buffer): void => {
    output += chunk;
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}
