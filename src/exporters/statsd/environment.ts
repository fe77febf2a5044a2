/** Where to send to, as far as it is said. */
export interface Target {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const NO_DATAGRAMS =
  "datagram Unix sockets need a native addon in Node.js; let the Agent listen on a stream socket (dogstatsd_stream_socket) and give unix:// with its path, or use UDP";

/** `DD_DOGSTATSD_URL`, else `DD_AGENT_HOST` and `DD_DOGSTATSD_PORT`. */
export function targetFrom(environment: Environment, faults: string[]): Target {
  const url = environment.DD_DOGSTATSD_URL?.trim();
  if (url) return targetOf(url, faults);
  const host = environment.DD_AGENT_HOST?.trim() || undefined;
  const text = environment.DD_DOGSTATSD_PORT?.trim();
  if (!text) return { host };
  const port = Number(text);
  if (isPort(port)) return { host, port };
  faults.push(`DD_DOGSTATSD_PORT is ${quoted(text)}; give a port from 1 to 65535`);
  return { host };
}

/** What every metric carries by Datadog's unified service tagging. */
export function tagsFrom(environment: Environment): Record<string, string> {
  const tags: Record<string, string> = {};
  const { DD_ENV, DD_SERVICE, DD_VERSION, DD_ENTITY_ID } = environment;
  if (DD_ENV) tags.env = DD_ENV;
  if (DD_SERVICE) tags.service = DD_SERVICE;
  if (DD_VERSION) tags.version = DD_VERSION;
  if (DD_ENTITY_ID) tags["dd.internal.entity_id"] = DD_ENTITY_ID;
  return tags;
}

/** A path of a Unix socket, given as such or as a URL. */
export function socketPath(name: string, value: string, faults: string[]): string {
  if (value.startsWith("unixgram:")) faults.push(`${name} is ${quoted(value)}; ${NO_DATAGRAMS}`);
  const path = value.replace(/^unix(?:stream|gram)?:(?:\/\/)?/, "");
  // The kernel's limit, its closing zero not counted.
  if (path === "" || path.includes("\0") || Buffer.byteLength(path) > 107) {
    faults.push(`${name} is ${quoted(value)}; give the path of a socket, 1 to 107 bytes`);
  }
  return path;
}

function targetOf(text: string, faults: string[]): Target {
  const name = "DD_DOGSTATSD_URL";
  if (/^unix(?:stream|gram)?:/.test(text)) return { path: socketPath(name, text, faults) };
  try {
    const { protocol, hostname, port } = new URL(text);
    if (protocol === "udp:" && hostname !== "" && port !== "0") {
      const host = hostname.replace(/^\[(.*)\]$/, "$1");
      return { host, port: port === "" ? 8125 : Number(port) };
    }
  } catch {
    // Said below.
  }
  faults.push(`${name} is ${quoted(text)}; give udp://host:port or unix://path`);
  return {};
}

export function isPort(port: unknown): port is number {
  return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535;
}

function quoted(value: string): string {
  return JSON.stringify(value.slice(0, 120));
}
