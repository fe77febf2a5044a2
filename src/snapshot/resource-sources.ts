import { readFileSync } from "node:fs";
import { hostname, release } from "node:os";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a detector found; undefined and empty values are left out. */
export type Found = Readonly<Record<string, string | number | undefined>>;

/** Everything that resource detection asks of the world. What is missing may throw. */
export interface ResourceSources {
  readonly env: Environment;
  /** A small file's text; undefined where it cannot be read. */
  readonly readFile: (path: string) => string | undefined;
  readonly hostname: () => string;
  readonly osRelease: () => string;
  /** As in `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
  readonly pid: number;
  readonly execPath: string;
  /** Without the `v`. */
  readonly nodeVersion: string;
  /** Unique for this process, or this thread of it. */
  readonly instanceId: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// One for all monitors of a thread: they are one instance of the service.
let instanceId: string | undefined;

/** This process. Never asks the network. */
export function systemSources(): ResourceSources {
  instanceId ??= uuid();
  return {
    env: process.env,
    readFile: readSmallFile,
    hostname,
    osRelease: release,
    platform: process.platform,
    arch: process.arch,
    pid: process.pid,
    execPath: process.execPath,
    nodeVersion: process.versions.node,
    instanceId,
  };
}

/** The first of the variables that is set; an empty one is not. */
export function firstOf(env: Environment, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = env[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

/** Linux's kernel gives one at once; `node:crypto` takes milliseconds of a cold start to load. */
function uuid(): string {
  const given = readSmallFile("/proc/sys/kernel/random/uuid")?.trim() ?? "";
  return UUID.test(given) ? given : process.getBuiltinModule("node:crypto").randomUUID();
}

function readSmallFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
