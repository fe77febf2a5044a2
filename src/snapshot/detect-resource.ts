import { basename } from "node:path";
import { cloud } from "./detect-cloud.js";
import { containerId } from "./detect-container.js";
import { kubernetes } from "./detect-kubernetes.js";
import type { AttributesData } from "./model.js";
import { type Found, type ResourceSources, systemSources } from "./resource-sources.js";
import { SDK_VERSION } from "./sdk-version.js";

const MAX_LENGTH = 256;

/** Node's names to those of the conventions; the others are the same. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  arm: "arm32",
  ia32: "x86",
  ppc: "ppc32",
};
const SYSTEMS: Readonly<Record<string, string>> = { win32: "windows", sunos: "solaris" };

const detectors: readonly ((sources: ResourceSources) => Found)[] = [
  sdk,
  host,
  runtime,
  (sources) => (sources.platform === "linux" ? container(sources) : {}),
  kubernetes,
  ({ env }) => cloud(env),
];

/**
 * What can be told about this process from its environment and `/proc`: never asks the network, never
 * throws, and shows neither arguments nor the machine's id.
 *
 * A detector that fails says nothing; the others are asked all the same. Two to four small synchronous
 * reads: 0.1 ms, or 1.3 ms in a process that has just started.
 * @see OpenTelemetry semantic conventions 1.45, resource
 */
export function detectResource(sources: ResourceSources = systemSources()): AttributesData {
  const detected: Record<string, string | number> = {};
  for (const detect of detectors) {
    for (const [name, value] of Object.entries(attempt(detect, sources))) {
      const clean = cleanValue(value);
      if (clean !== undefined) detected[name] = clean;
    }
  }
  return Object.freeze(detected);
}

function attempt(detect: (sources: ResourceSources) => Found, sources: ResourceSources): Found {
  try {
    return detect(sources);
  } catch {
    return {};
  }
}

function sdk({ instanceId }: ResourceSources): Found {
  return {
    "service.instance.id": instanceId,
    "telemetry.sdk.name": "auspex",
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.version": SDK_VERSION,
  };
}

function host({ hostname, osRelease, platform, arch }: ResourceSources): Found {
  return {
    "host.arch": ARCHITECTURES[arch] ?? arch,
    "os.type": SYSTEMS[platform] ?? platform,
    "os.version": attemptText(osRelease),
    "host.name": attemptText(hostname),
  };
}

function runtime({ pid, execPath, nodeVersion }: ResourceSources): Found {
  return {
    "process.pid": pid,
    "process.executable.name": basename(execPath),
    "process.runtime.name": "nodejs",
    "process.runtime.version": nodeVersion,
    "process.runtime.description": "Node.js",
  };
}

function container({ readFile }: ResourceSources): Found {
  return { "container.id": containerId(readFile) };
}

function attemptText(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Texts come from the environment: one line of bounded length. */
function cleanValue(value: unknown): string | number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.slice(0, MAX_LENGTH).trim();
  return text === "" || hasControls(text) ? undefined : text;
}

function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 32 || code === 127) return true;
  }
  return false;
}
