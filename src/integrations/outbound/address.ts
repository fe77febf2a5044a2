import { ATTRIBUTE_LIMITS } from "../../attributes/attributes.js";

/** Where a request goes. */
export interface Address {
  /** Name or IP address without brackets, or the path of a Unix socket. */
  readonly address: string;
  readonly port: number | undefined;
  /** Whether the port is what the scheme implies. */
  readonly isDefaultPort: boolean;
}

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };
const LAST_PORT = 65_535;
/** `name:port`, `[IPv6]:port`; an address with more colons than that one is IPv6 without a port. */
const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/;

/** @returns undefined for what is no origin */
export function ofOrigin(origin: string): Address | undefined {
  try {
    const { protocol, host } = new URL(origin);
    return host === "" ? undefined : ofHeader(protocol, host, undefined);
  } catch {
    return undefined;
  }
}

/**
 * @param host - as in a Host header; one that begins with `/` is a Unix socket
 * @param defaultPort - of the agent, where it differs from that of the scheme
 */
export function ofHeader(protocol: string, host: string, defaultPort: unknown): Address {
  const implied = PORTS[protocol];
  if (host.startsWith("/")) return { address: cut(host), port: undefined, isDefaultPort: true };
  const [, bracketed, plain, digits] = HOST.exec(host) ?? [];
  const address = cut((bracketed ?? plain ?? host).toLowerCase());
  const port = digits === undefined ? portOf(defaultPort, implied) : Number(digits);
  return { address, port, isDefaultPort: port === implied };
}

/**
 * Whether a Host header is `host`, with or without a port, and nothing else. Whoever calls a proxy
 * writes the header that the proxy may pass on. Hot path: no allocation.
 */
export function isHeaderOf(header: string, host: string): boolean {
  const isBracketed = header.startsWith("[") && !host.startsWith("[");
  const from = isBracketed ? 1 : 0;
  if (!header.startsWith(host, from)) return false;
  let at = from + host.length;
  if (isBracketed && header[at++] !== "]") return false;
  if (at === header.length) return true;
  // A port has one spelling: zeros before it would make many.
  if (header[at++] !== ":" || header[at] === "0") return false;
  let port = 0;
  for (; at < header.length && port <= LAST_PORT; at++) {
    const digit = header.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port > 0 && port <= LAST_PORT;
}

export function display({ address, port, isDefaultPort }: Address): string {
  if (isDefaultPort || port === undefined) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The path of a target; a forward proxy is sent whole URLs. */
export function pathIn(target: string): string {
  if (!target.startsWith("http://") && !target.startsWith("https://")) return target;
  const path = target.indexOf("/", target.indexOf("://") + 3);
  return path < 0 ? "/" : target.slice(path);
}

function portOf(given: unknown, implied: number | undefined): number | undefined {
  const port = Number(given ?? Number.NaN);
  return Number.isInteger(port) && port > 0 ? port : implied;
}

/** Longer than any name; cut so that two hosts never share the attributes of one. */
function cut(address: string): string {
  return address.slice(0, ATTRIBUTE_LIMITS.value);
}
