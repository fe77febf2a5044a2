import { METHODS, methodIndex } from "../http/methods.js";
import { type Address, display } from "./address.js";
import type { ClientOperation } from "./client-operation.js";
import type { Hosts } from "./hosts.js";

/** By method; an operation is made at its first call. */
type ByMethod = (ClientOperation | undefined)[];

/** One host that is called, or all beyond the limit. */
export class Host {
  /** As the callbacks see it. */
  readonly name: string;
  /** Its place was given to another: what is asked of it goes to the host that has its address now. */
  isGone = false;
  private readonly operations: ByMethod = [];
  private byTemplate: Map<string, ByMethod> | undefined;

  constructor(
    readonly address: Address,
    private readonly hosts: Hosts,
  ) {
    this.name = display(address);
  }

  operation(method: string, template: string | undefined): ClientOperation {
    if (this.isGone) return this.hosts.ofAddress(this.address).operation(method, template);
    const index = methodIndex(method);
    const operations = template === undefined ? this.operations : this.templated(template);
    return operations[index] ?? this.first(operations, index, template);
  }

  *all(): Generator<ClientOperation> {
    for (const operations of [this.operations, ...(this.byTemplate?.values() ?? [])]) {
      for (const operation of operations) if (operation !== undefined) yield operation;
    }
  }

  /** Whether none of its operations is shown any more: all have idled, or there were none. */
  get isIdle(): boolean {
    return areIdle(this.operations) && (this.byTemplate?.size ?? 0) === 0;
  }

  /** Forgets the templates whose operations have all idled. @returns how many */
  dropIdleTemplates(): number {
    let dropped = 0;
    for (const [template, operations] of this.byTemplate ?? []) {
      if (!areIdle(operations)) continue;
      this.byTemplate?.delete(template);
      dropped++;
    }
    return dropped;
  }

  private templated(template: string): ByMethod {
    this.byTemplate ??= new Map();
    let operations = this.byTemplate.get(template);
    if (operations === undefined) {
      if (!this.hosts.admitTemplate(this)) return this.operations;
      operations = [];
      this.byTemplate.set(template, operations);
    }
    return operations;
  }

  private first(operations: ByMethod, index: number, given: string | undefined): ClientOperation {
    const template = operations === this.operations ? undefined : given;
    const operation = this.hosts.makeOperation(this, METHODS[index] as string, template);
    operations[index] = operation;
    return operation;
  }
}

function areIdle(operations: ByMethod): boolean {
  return operations.every((operation) => operation === undefined || operation.isIdle);
}
