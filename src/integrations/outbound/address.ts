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

export function display({ address, port, isDefaultPort }: Address): string {
  if (isDefaultPort || port === undefined) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The origin at the front of an absolute URL, which is what a forward proxy is sent as a path. */
export function originIn(url: string): string {
  const end = url.indexOf("/", url.indexOf("://") + 3);
  return end < 0 ? url : url.slice(0, end);
}

function portOf(given: unknown, implied: number | undefined): number | undefined {
  const port = Number(given ?? Number.NaN);
  return Number.isInteger(port) && port > 0 ? port : implied;
}

/** Longer than any name; cut so that two hosts never share the attributes of one. */
function cut(address: string): string {
  return address.slice(0, ATTRIBUTE_LIMITS.value);
}
