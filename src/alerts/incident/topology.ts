import type { AttributesData, DependencySnapshot } from "../../snapshot/model.js";
import type { Link } from "../options.js";

/** What stands where in the map of who calls whom. */
export interface Placed {
  readonly operation: string;
  readonly attributes: AttributesData;
}

/** Who calls whom: operations, services and dependencies by their names. */
export class Topology {
  readonly #neighbours = new Map<string, Set<string>>();
  readonly #dependencies: ReadonlySet<string>;

  /**
   * @param dependencies - what outgoing calls show
   * @param declared - says more exactly who calls a dependency: what it names is not linked to the whole
   *   service
   */
  constructor(
    private readonly service: string,
    dependencies: readonly Pick<DependencySnapshot, "caller" | "name">[],
    declared: readonly Link[],
  ) {
    this.#dependencies = new Set(dependencies.map(({ name }) => name));
    const exact = new Set(declared.map(({ dependency }) => dependency));
    for (const { caller, dependency } of declared) this.#join(caller, dependency);
    for (const { caller, name } of dependencies) if (!exact.has(name)) this.#join(caller, name);
  }

  /** The names that a series goes by: its operation, and what it calls; else its service. */
  nodesOf(placed: Placed): readonly string[] {
    const called = this.dependencyOf(placed);
    return called === undefined ? [placed.operation, this.service] : [placed.operation, called];
  }

  neighboursOf(node: string): Iterable<string> {
    return this.#neighbours.get(node) ?? [];
  }

  /** The dependency that an outgoing call goes to. */
  dependencyOf({ operation, attributes }: Placed): string | undefined {
    if (this.#dependencies.has(operation)) return operation;
    const {
      "server.service.name": name,
      "server.address": address,
      "server.port": port,
    } = attributes;
    return [name, `${address}:${port}`, `[${address}]:${port}`, address]
      .map(String)
      .find((each) => this.#dependencies.has(each));
  }

  #join(one: string, other: string): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const known = this.#neighbours.get(from);
      if (known === undefined) this.#neighbours.set(from, new Set([to]));
      else known.add(to);
    }
  }
}
