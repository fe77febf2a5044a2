import { cleanAttributes } from "../../attributes/attributes.js";
import type { OperationFamily } from "../../instruments/family.js";
import type { Registry } from "../../instruments/registry.js";
import { type Address, ofHeader, ofOrigin } from "./address.js";
import { ClientOperation } from "./client-operation.js";
import { Host } from "./host.js";

/** Hosts and templates told apart by one monitor: a crawler calls any number of them. */
export const MAX_HOSTS = 100;
export const MAX_TEMPLATES = 200;
/**
 * Ports of one name that Host headers may tell apart: a proxy passes on what its client wrote, and
 * every port it could write would otherwise take a place.
 */
export const MAX_HEADER_PORTS = 20;
/** Ways to write those hosts that are remembered. */
const MAX_SPELLINGS = 4 * MAX_HOSTS;
/** Least time from one search for idle hosts to the next, while there is no room. */
const SWEEP_MS = 10_000;

/**
 * All hosts that one monitor has seen called: one object each, however it is written.
 *
 * When there is no room, hosts and templates give their places back whose operations have all idled,
 * which is after `idleSeriesMs`. Not before: an operation made anew would stand beside the old one.
 */
export class Hosts {
  readonly #family: OperationFamily;
  readonly #byOrigin = new Map<string, Host>();
  readonly #byHeader = new Map<string, Map<string, Host>>();
  readonly #byAddress = new Map<string, Host>();
  readonly #other = new Host({ address: "_OTHER", port: undefined, isDefaultPort: true }, this);
  #spellings = 0;
  #templates = 0;
  #nextSweepMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly registry: Registry) {
    this.#family = registry.family(
      {
        name: "http.client.request.duration",
        kind: "histogram",
        unit: "s",
        description: "Duration of HTTP client requests.",
      },
      {
        name: "http.client.active_requests",
        unit: "{request}",
        description: "Number of active HTTP requests.",
        named: false,
      },
    );
  }

  /** @param origin - `https://api.example.com:8443` */
  ofOrigin(origin: string): Host {
    return this.#byOrigin.get(origin) ?? this.#note(this.#byOrigin, origin, ofOrigin(origin));
  }

  /** @param protocol - `https:` @param host - `api.example.com:8443`, or the path of a socket */
  ofHeader(protocol: string, host: string, defaultPort: unknown): Host {
    let hosts = this.#byHeader.get(protocol);
    const known = hosts?.get(host);
    if (known !== undefined) return known;
    if (hosts === undefined) {
      hosts = new Map();
      // Protocols are those of agents: `http:`, `https:`, and whatever a foreign one calls itself.
      if (this.#byHeader.size < 8) this.#byHeader.set(protocol, hosts);
    }
    return this.#note(hosts, host, ofHeader(protocol, host, defaultPort), MAX_HEADER_PORTS);
  }

  /** For a host whose place was given to another. */
  ofAddress(address: Address): Host {
    return this.#byAddress.get(keyOf(address)) ?? this.#admit(address, MAX_HOSTS);
  }

  /** Every operation of every host. */
  *operations(): Generator<ClientOperation> {
    yield* this.#other.all();
    for (const host of this.#byAddress.values()) yield* host.all();
  }

  /** Whether `host` may have one more template told apart. */
  admitTemplate(host: Host): boolean {
    if (this.#templates >= MAX_TEMPLATES) this.#sweep(host);
    if (this.#templates >= MAX_TEMPLATES) {
      this.#family.instrument.overflowed++;
      return false;
    }
    this.#templates++;
    return true;
  }

  makeOperation(host: Host, method: string, template: string | undefined): ClientOperation {
    const { address, port } = host.address;
    const attributes = cleanAttributes(
      {
        "http.request.method": method,
        "server.address": address,
        ...(port === undefined ? {} : { "server.port": port }),
        ...(template === undefined ? {} : { "url.template": template }),
      },
      this.registry.tally.attributes,
    );
    const name = `${method} ${host.name}${template ?? ""}`;
    const signals = this.#family.add(name, attributes) ?? this.#family.overflow.signals;
    return new ClientOperation(signals);
  }

  /** Counts a response whose body ended before it was whole. */
  cutShort(host: Host, type: string): void {
    const { address, port } = host.address;
    const instrument = this.registry.counter({
      name: "auspex.http.client.response.incomplete",
      kind: "counter",
      unit: "{response}",
      description: "Responses whose body broke off after their headers.",
    });
    const series = this.registry.bindCounter(instrument, {
      "server.address": address,
      ...(port === undefined ? {} : { "server.port": port }),
      "error.type": type,
    });
    series.add(1);
  }

  #note(
    spellings: Map<string, Host>,
    spelling: string,
    address: Address | undefined,
    maxPorts = MAX_HOSTS,
  ): Host {
    if (address === undefined) return this.#other;
    const host = this.#byAddress.get(keyOf(address)) ?? this.#admit(address, maxPorts);
    if (host !== this.#other && this.#spellings < MAX_SPELLINGS) {
      this.#spellings++;
      spellings.set(spelling, host);
    }
    return host;
  }

  #admit(address: Address, maxPorts: number): Host {
    if (!this.#hasRoom(address, maxPorts)) this.#sweep();
    if (!this.#hasRoom(address, maxPorts)) {
      this.#family.instrument.overflowed++;
      return this.#other;
    }
    const host = new Host(address, this);
    this.#byAddress.set(keyOf(address), host);
    return host;
  }

  #hasRoom({ address }: Address, maxPorts: number): boolean {
    if (this.#byAddress.size >= MAX_HOSTS) return false;
    let ports = 0;
    for (const host of this.#byAddress.values()) if (host.address.address === address) ports++;
    return ports < maxPorts;
  }

  /** Gives back the places of what has idled. About 20 µs when all are taken, every 10 s at most. */
  #sweep(inUse?: Host): void {
    const now = this.registry.clock.now();
    if (now < this.#nextSweepMs) return;
    this.#nextSweepMs = now + SWEEP_MS;
    for (const [key, host] of this.#byAddress) {
      this.#templates -= host.dropIdleTemplates();
      host.isGone = host !== inUse && host.isIdle;
      if (host.isGone) this.#byAddress.delete(key);
    }
    for (const spellings of [this.#byOrigin, ...this.#byHeader.values()]) {
      for (const [spelling, host] of spellings) {
        if (host.isGone && spellings.delete(spelling)) this.#spellings--;
      }
    }
  }
}

function keyOf({ address, port }: Address): string {
  return `${address} ${port ?? ""}`;
}
