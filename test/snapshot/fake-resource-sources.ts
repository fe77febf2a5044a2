import type { ResourceSources } from "../../src/snapshot/resource-sources.js";

export interface World {
  readonly env?: Record<string, string | undefined>;
  readonly files?: Record<string, string>;
}

/** A Linux machine with nothing special about it, but for what is given. */
export function sourcesOf(
  { env = {}, files = {} }: World = {},
  others: Partial<ResourceSources> = {},
): ResourceSources {
  return {
    env,
    readFile: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
    hostname: () => "box",
    osRelease: () => "6.1.0",
    platform: "linux",
    arch: "x64",
    pid: 42,
    execPath: "/usr/local/bin/node",
    nodeVersion: "20.20.0",
    instanceId: "8f4b7a52-0000-4000-8000-000000000000",
    ...others,
  };
}
