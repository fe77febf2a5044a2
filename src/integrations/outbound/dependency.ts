import { type Attributes, cleanAttributes, textOf } from "../../attributes/attributes.js";
import type { BoundCounter } from "../../instruments/counter.js";
import type { Operation } from "../../instruments/golden-signals.js";
import { INTERNALS, type Instrumented, type Internals } from "../../instruments/internals.js";
import { type AnyFunction, Binding, wrapFunction } from "../wrap.js";
import { fieldsOf, textOrNone } from "./fields.js";
import {
  CONSUMED,
  defined,
  familyOf,
  firstWord,
  type InstrumentKey,
  identityAttributes,
  messagingType,
  operationName,
  SENT,
} from "./names.js";
import { type DependencyKind, isKind, systemOf } from "./systems.js";

/** Names that `run` remembers; names come from developers, and are few. */
const MAX_NAMES = 1000;

const DEPENDENCY_FIELDS = [
  "kind",
  "system",
  "namespace",
  "destination",
  "address",
  "port",
  "attributes",
] as const satisfies readonly (keyof DependencyOptions)[];

const OPERATION_FIELDS = [
  "collection",
  "destination",
  "type",
  "attributes",
] as const satisfies readonly (keyof OperationOptions)[];

export interface DependencyOptions {
  /** @default what the name says: `postgres` is a "db", `kafka` "messaging", else "other" */
  readonly kind?: DependencyKind;
  /** `db.system.name`, `messaging.system.name`, `rpc.system.name`. @default what the name says */
  readonly system?: string;
  /** Database or schema, `db.namespace`. */
  readonly namespace?: string;
  /** Queue or topic, `messaging.destination.name`. */
  readonly destination?: string;
  /** `server.address` and `server.port`: where one name stands for several servers. */
  readonly address?: string;
  readonly port?: number;
  /** Further attributes, low in cardinality. */
  readonly attributes?: Attributes;
}

export interface OperationOptions {
  /** Table, collection or index, `db.collection.name`. */
  readonly collection?: string;
  /** Queue or topic, `messaging.destination.name`. @default that of the dependency */
  readonly destination?: string;
  /** `messaging.operation.type`. @default what the name says: `publish` is "send", `ack` "settle" */
  readonly type?: "create" | "send" | "receive" | "process" | "settle";
  readonly attributes?: Attributes;
}

/**
 * A database, queue or other service that this one calls through a client of its own.
 *
 * Its operations carry its name as `server.service.name`, from which the dependency map is made.
 */
export class Dependency {
  readonly name: string;
  readonly kind: DependencyKind;
  readonly system: string | undefined;
  readonly #internals: Internals;
  readonly #destination: string | undefined;
  readonly #attributes: Attributes;
  readonly #byName = new Map<string, Operation>();
  #sent: BoundCounter | undefined;
  #consumed: BoundCounter | undefined;

  constructor(auspex: Instrumented, name: string, options: DependencyOptions) {
    this.#internals = auspex[INTERNALS];
    this.name = textOf(name);
    const known = systemOf(this.name);
    const given = fieldsOf(options, DEPENDENCY_FIELDS, this.#internals.registry.tally);
    const kind = given.kind ?? known.kind;
    this.kind = isKind(kind) ? kind : known.kind;
    if (this.kind !== kind) this.#warn("kind", `has the unknown kind "${textOf(kind)}"`);
    const implied = this.kind === known.kind ? known.system : undefined;
    this.system = textOrNone(given.system) ?? implied;
    this.#destination = textOrNone(given.destination);
    this.#attributes = identityAttributes({
      name: this.name,
      kind: this.kind,
      system: this.system ?? (this.kind === "other" ? undefined : "_OTHER"),
      namespace: textOrNone(given.namespace),
      address: textOrNone(given.address),
      port: (given.port ?? undefined) as number | undefined,
      attributes: this.#clean(given.attributes),
    });
  }

  /**
   * An operation bound to its attributes: get or create. Keep it; its methods are the hot path.
   *
   * @param name - the developer's own: `SELECT users`, `GET session`, `send`. Never a statement or a
   *   key: of what looks like one, the first word is kept
   */
  operation(name: string, options?: OperationOptions): Operation {
    const { registry } = this.#internals;
    const given = fieldsOf(options, OPERATION_FIELDS, registry.tally);
    const { key, title, attributes } = this.#described(textOf(name), {
      collection: textOrNone(given.collection),
      destination: textOrNone(given.destination),
      type: textOrNone(given.type),
    });
    const all = { ...this.#attributes, ...attributes, ...this.#clean(given.attributes) };
    return familyOf(registry, key).operation(title, all);
  }

  /** Runs `work` as one piece of the operation; its result and its error are passed on unchanged. */
  run<T>(name: string, work: () => T): T {
    return this.#named(name).run(work);
  }

  /** A function that records each call of `fn` as the operation and is otherwise the same. */
  wrap<F extends AnyFunction>(name: string, fn: F, options?: OperationOptions): F {
    if (typeof fn !== "function") return fn;
    return wrapFunction(fn, new Fixed(this.operation(name, options)));
  }

  /** Counts messages handed to the broker; a `send` is one call, whatever it carries. */
  sent(messages = 1): void {
    this.#sent ??= this.#counter(SENT, "send");
    this.#sent?.add(messages);
  }

  /** Counts messages that reached this application: when received or, without that, when processed. */
  consumed(messages = 1): void {
    this.#consumed ??= this.#counter(CONSUMED, "receive");
    this.#consumed?.add(messages);
  }

  #named(name: string): Operation {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const operation = this.operation(name);
    if (this.#byName.size < MAX_NAMES) this.#byName.set(name, operation);
    return operation;
  }

  /** @returns the instrument, the name shown, and the attributes that tell the operation apart */
  #described(
    given: string,
    { collection, destination = this.#destination, type }: OperationDetails,
  ): { key: InstrumentKey; title: string; attributes: Attributes } {
    if (this.kind === "db") {
      const name = operationName(given);
      if (name !== given) this.#warn("statement", "was given a statement as a name");
      const verb = firstWord(name);
      const attributes = defined({
        "db.operation.name": verb,
        "db.collection.name": collection,
        "db.query.summary": verb === name ? undefined : name,
      });
      const title = collection === undefined || verb !== name ? name : `${name} ${collection}`;
      return { key: "db", title, attributes };
    }
    if (this.kind === "messaging") {
      const operationType = type ?? messagingType(given);
      const attributes = defined({
        "messaging.operation.name": given,
        "messaging.operation.type": operationType,
        "messaging.destination.name": destination,
      });
      const key = operationType === "process" ? "process" : "messaging";
      return { key, title: `${given} ${destination ?? this.name}`, attributes };
    }
    if (this.kind === "rpc") {
      return { key: "rpc", title: given, attributes: { "rpc.method": given } };
    }
    return { key: "other", title: given, attributes: {} };
  }

  #counter(descriptor: typeof SENT | typeof CONSUMED, operation: string): BoundCounter | undefined {
    const { registry } = this.#internals;
    if (this.kind !== "messaging") {
      registry.tally.misuse++;
      this.#warn("messages", "is no queue, and counts no messages");
      return undefined;
    }
    const attributes = defined({
      ...this.#attributes,
      "messaging.operation.name": operation,
      "messaging.destination.name": this.#destination,
    });
    return registry.bindCounter(registry.counter(descriptor), attributes);
  }

  /** Before they are spread: a getter that throws is dropped and counted. */
  #clean(attributes: unknown): Attributes {
    return cleanAttributes(attributes, this.#internals.registry.tally.attributes);
  }

  #warn(fault: string, what: string): void {
    this.#internals.diag.warn(`dependency:${fault}`, `the dependency "${this.name}" ${what}`);
  }
}

interface OperationDetails {
  readonly collection: string | undefined;
  readonly destination: string | undefined;
  readonly type: string | undefined;
}

/** A wrapped function whose operation is known from the start. */
class Fixed extends Binding {
  constructor(private readonly fixed: Operation) {
    super(() => fixed.name, {});
  }

  override current(): Operation {
    return this.fixed;
  }
}

/**
 * A database, queue or other service that this one calls. Never throws.
 *
 * @param name - its logical name; well-known ones say what it is: `postgres`, `redis`, `orders-kafka`
 */
export function dependency(
  auspex: Instrumented,
  name: string,
  options: DependencyOptions = {},
): Dependency {
  return new Dependency(auspex, name, options);
}
