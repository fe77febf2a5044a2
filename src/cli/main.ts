#!/usr/bin/env node
import { constants } from "node:os";
import { SDK_VERSION } from "../snapshot/sdk-version.js";
import { commandOf, HELP, type TopOptions } from "./arguments.js";
import { inert } from "./text.js";
import { top } from "./top.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** A program that a signal ended has its number beyond this, as shells count. */
const SIGNALLED = 128;
const MISUSED = 2;
const LONGEST_LINE = 400;

async function main(args: readonly string[]): Promise<number> {
  const command = commandOf(args, process.env);
  switch (command.run) {
    case "help":
      process.stdout.write(HELP);
      return 0;
    case "version":
      process.stdout.write(`${SDK_VERSION}\n`);
      return 0;
    case "fault":
      process.stderr.write(`auspex: ${inert(command.fault)}\n`);
      return MISUSED;
    case "top":
      return runTop(command.options);
  }
}

async function runTop(options: TopOptions): Promise<number> {
  const ended = new AbortController();
  let code = 0;
  const end = (signal: NodeJS.Signals): void => {
    code = SIGNALLED + constants.signals[signal];
    ended.abort();
  };
  for (const signal of SIGNALS) process.once(signal, end);
  // Whoever reads the output may stop at any time: `auspex top --json | head`.
  process.stdout.on("error", () => ended.abort());
  const { url, prefix, service } = options;
  const { redisFleet } = await import("../fleet/redis/redis-fleet.js");
  const fleet = redisFleet({
    url,
    ...(prefix !== undefined && { prefix }),
    ...(service !== undefined && { service }),
  });
  const { stdin: input, stdout: output, env: environment } = process;
  try {
    await top(fleet, options, { input, output, environment }, ended.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
    await fleet.close();
  }
  return code;
}

/** What went wrong in one line. Errors of this library are written anew, without addresses' secrets. */
function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").slice(0, LONGEST_LINE);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`auspex: ${inert(lineOf(error))}\n`);
    process.exitCode = 1;
  },
);
