import { parseArgs } from "node:util";
import type { WindowName } from "../window/rolling-window.js";
import { WINDOWS } from "./view.js";

export const HELP = `auspex top: the golden signals of a fleet, live, from the Redis its processes write to.

Usage: auspex top --redis URL [options]

  --redis URL        where the fleet writes to: redis://host:6379/0. @default REDIS_URL
  --service NAME     one service, * stands for any text. @default all
  --prefix TEXT      what the exporters' keys begin with. @default "auspex"
  --window W         10s, 1m, 5m, 1h or total. @default 1m
  --interval MS      between two looks, 100 to 60000. @default 1000
  --once             print once and end; so it does where the output is no terminal
  --json             the snapshot as JSON, one line each
  --help, --version

Keys: q quit, left and right sort, r reverse, up and down scroll, w window.
`;

export interface TopOptions {
  readonly url: string;
  readonly service?: string;
  readonly prefix?: string;
  readonly window: WindowName;
  readonly intervalMs: number;
  readonly once: boolean;
  readonly json: boolean;
}

export type Command =
  | { readonly run: "top"; readonly options: TopOptions }
  | { readonly run: "help" }
  | { readonly run: "version" }
  /** What is wrong, in one line. */
  | { readonly run: "fault"; readonly fault: string };

/** What a command line asks for. Pure. */
export function commandOf(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Command {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return fault(String((error as Error).message).split(/[.\n]/)[0] as string);
  }
  const { values, positionals } = parsed;
  if (values.help) return { run: "help" };
  if (values.version) return { run: "version" };
  const [command, ...more] = positionals;
  if (command === undefined) return { run: "help" };
  if (command !== "top") return fault(`there is no command "${command}"; try auspex top`);
  if (more.length > 0) return fault(`"${more[0]}" is one argument too many`);
  const url = values.redis ?? environment.REDIS_URL;
  if (!url) return fault("where is the fleet? Give --redis redis://host:6379");
  if (!/^(?:rediss?|unix):\/\/./.test(url)) {
    return fault("--redis takes a URL such as redis://host:6379/0");
  }
  const { window = "1m", interval = "1000", service, prefix, once = false, json = false } = values;
  if (!WINDOWS.includes(window as WindowName)) {
    return fault(`--window is one of ${WINDOWS.join(", ")}`);
  }
  const intervalMs = Number(interval);
  if (!(intervalMs >= 100 && intervalMs <= 60_000)) {
    return fault("--interval is a number of ms from 100 to 60000");
  }
  const options = {
    url,
    ...(service !== undefined && { service }),
    ...(prefix !== undefined && { prefix }),
    window: window as WindowName,
    intervalMs,
    once,
    json,
  };
  return { run: "top", options };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      redis: { type: "string" },
      service: { type: "string" },
      prefix: { type: "string" },
      window: { type: "string" },
      interval: { type: "string" },
      once: { type: "boolean" },
      json: { type: "boolean" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" },
    },
  });
}

function fault(text: string): Command {
  return { run: "fault", fault: text };
}
