import { cleanAttributes } from "../../attributes/attributes.js";
import type { OperationFamily } from "../../instruments/family.js";
import type { Registry } from "../../instruments/registry.js";
import { METHODS, methodIndex } from "../http/methods.js";
import { type Address, display, ofHeader, ofOrigin } from "./address.js";
import { ClientOperation } from "./client-operation.js";

/** Hosts and templates told apart by one monitor: a crawler calls any number of them. */
export const MAX_HOSTS = 100;
export const MAX_TEMPLATES = 200;
/** Ways to write those hosts that are remembered. */
const MAX_SPELLINGS = 4 * MAX_HOSTS;

/** One host that is called, or all beyond the limit. */
export class Host {
  /** As the callbacks see it. */
  readonly name: string;
  private readonly operations: (ClientOperation | undefined)[] = [];
  private byTemplate: Map<string, (ClientOperation | undefined)[]> | undefined;

  constructor(
    readonly address: Address,
    private readonly hosts: Hosts,
  ) {
    this.name = display(address);
  }

  operation(method: string, template: string | undefined): ClientOperation {
    const index = methodIndex(method);
    const operations = template === undefined ? this.operations : this.templated(template);
    return operations[index] ?? this.first(operations, index, template);
  }

  private templated(template: string): (ClientOperation | undefined)[] {
    this.byTemplate ??= new Map();
    let operations = this.byTemplate.get(template);
    if (operations === undefined) {
      if (!this.hosts.admitTemplate()) return this.operations;
      operations = [];
      this.byTemplate.set(template, operations);
    }
    return operations;
  }

  private first(
    operations: (ClientOperation | undefined)[],
    index: number,
    given: string | undefined,
  ): ClientOperation {
    const template = operations === this.operations ? undefined : given;
    const operation = this.hosts.makeOperation(this, METHODS[index] as string, template);
    operations[index] = operation;
    return operation;
  }
}

/** All hosts that one monitor has seen called: one object each, however it is written. */
export class Hosts {
  readonly operations: ClientOperation[] = [];
  readonly #family: OperationFamily;
  readonly #byOrigin = new Map<string, Host>();
  readonly #byHeader = new Map<string, Map<string, Host>>();
  readonly #byAddress = new Map<string, Host>();
  readonly #other = new Host({ address: "_OTHER", port: undefined, isDefaultPort: true }, this);
  #spellings = 0;
  #templates = 0;

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
    return this.#note(hosts, host, ofHeader(protocol, host, defaultPort));
  }

  /** Whether one more template may be told apart. */
  admitTemplate(): boolean {
    if (this.#templates < MAX_TEMPLATES) {
      this.#templates++;
      return true;
    }
    this.#family.instrument.overflowed++;
    return false;
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
    const operation = new ClientOperation(signals);
    this.operations.push(operation);
    return operation;
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

  #note(spellings: Map<string, Host>, spelling: string, address: Address | undefined): Host {
    if (address === undefined) return this.#other;
    const key = `${address.address} ${address.port ?? ""}`;
    let host = this.#byAddress.get(key);
    if (host === undefined) {
      if (this.#byAddress.size >= MAX_HOSTS) {
        this.#family.instrument.overflowed++;
        return this.#other;
      }
      host = new Host(address, this);
      this.#byAddress.set(key, host);
    }
    if (this.#spellings < MAX_SPELLINGS) {
      this.#spellings++;
      spellings.set(spelling, host);
    }
    return host;
  }
}
