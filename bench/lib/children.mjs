import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const TIME_LIMIT_MS = 120_000;

/** Runs a scenario's contender in a fresh process. @returns what it measured, by variant */
export function inFreshProcess(scenario, contender, { flags = [], args = [] } = {}) {
  const file = fileURLToPath(new URL(`../${scenario}.bench.mjs`, import.meta.url));
  const child = fork(file, [contender, ...args], { execArgv: flags });
  return new Promise((resolve, reject) => {
    let result;
    const limit = setTimeout(() => child.kill("SIGKILL"), TIME_LIMIT_MS);
    child.on("message", (message) => {
      result = message;
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(limit);
      if (code === 0 && result !== undefined) resolve(result);
      else reject(new Error(`${scenario} ${contender}: ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/**
 * What a `*.bench.mjs` file does: measures the contender named on the command line and tells who
 * started it, or prints it.
 */
export async function scenario(contenders) {
  const [name, ...args] = process.argv.slice(2);
  const contender = contenders[name];
  if (contender === undefined) {
    console.error(`which contender? ${Object.keys(contenders).join(", ")}`);
    process.exit(2);
  }
  const result = await contender(...args);
  if (process.send === undefined) {
    console.log(result);
    process.exit(0);
  }
  // Rivals leave timers behind.
  process.send(result, () => process.exit(0));
}

const SILENCE_LIMIT_MS = 60_000;

/** Starts a process of this folder that answers each message with one, beginning unasked with the first. */
export function converse(file, args = [], { flags = [] } = {}) {
  const forked = fork(fileURLToPath(new URL(file, import.meta.url)), args, { execArgv: flags });
  const next = () => {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`${file} is silent`)), SILENCE_LIMIT_MS);
      const settle = (message) => {
        clearTimeout(limit);
        forked.off("exit", gone);
        if (message.error === undefined) resolve(message);
        else reject(new Error(message.error));
      };
      const gone = (code) => {
        clearTimeout(limit);
        forked.off("message", settle);
        reject(new Error(`${file} ended with ${code}`));
      };
      forked.once("message", settle);
      forked.once("exit", gone);
    });
  };
  return {
    first: next(),
    ask(message) {
      const answer = next();
      forked.send(message);
      return answer;
    },
    stop: () => forked.kill("SIGKILL"),
  };
}
