import type { Attributes, AttributeValue } from "../../attributes/attributes.js";
import type { OperationFamily } from "../../instruments/family.js";
import type { Registry } from "../../instruments/registry.js";
import type { DependencyKind } from "./systems.js";

/** The wire names of dependencies. @see OpenTelemetry semantic conventions 1.45: db, messaging, rpc */
const INSTRUMENTS = {
  db: ["db.client.operation.duration", "Duration of database client operations."],
  messaging: [
    "messaging.client.operation.duration",
    "Duration of messaging operations of a producer or consumer.",
  ],
  process: ["messaging.process.duration", "Duration of processing messages."],
  rpc: ["rpc.client.call.duration", "Duration of outgoing remote procedure calls."],
  other: ["auspex.dependency.operation.duration", "Duration of operations of a dependency."],
} as const;

/** The conventions have no name for these in flight. */
const ACTIVE = {
  db: "auspex.db.client.operation.active",
  messaging: "auspex.messaging.client.operation.active",
  process: "auspex.messaging.process.active",
  rpc: "auspex.rpc.client.call.active",
  other: "auspex.dependency.operation.active",
} as const;

export type InstrumentKey = keyof typeof INSTRUMENTS;

export const SENT = {
  name: "messaging.client.sent.messages",
  kind: "counter",
  unit: "{message}",
  description: "Messages a producer tried to send to the broker.",
} as const;

export const CONSUMED = {
  name: "messaging.client.consumed.messages",
  kind: "counter",
  unit: "{message}",
  description: "Messages that were delivered to the application.",
} as const;

export function familyOf(registry: Registry, key: InstrumentKey): OperationFamily {
  const [name, description] = INSTRUMENTS[key];
  return registry.family(
    { name, kind: "histogram", unit: "s", description },
    {
      name: ACTIVE[key],
      unit: "{operation}",
      description: "Operations begun and not ended.",
      named: key === "other",
    },
  );
}

/** What all operations of a dependency carry, by what it is. */
export interface Identity {
  readonly kind: DependencyKind;
  readonly name: string;
  readonly system: string | undefined;
  readonly namespace: string | undefined;
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly attributes: Attributes;
}

type Given = Readonly<Record<string, AttributeValue | undefined>>;

export function identityAttributes(identity: Identity): Attributes {
  const { kind, name, system, namespace, address, port, attributes } = identity;
  return defined({
    "server.service.name": name,
    "server.address": address,
    "server.port": port,
    [kind === "other" ? "" : `${kind}.system.name`]: system,
    "db.namespace": kind === "db" ? namespace : undefined,
    ...attributes,
  });
}

/** Those that have a value, under a name. */
export function defined(given: Given): Attributes {
  return Object.fromEntries(
    Object.entries(given).filter(([key, value]) => key !== "" && value !== undefined),
  ) as Attributes;
}

const FIRST_WORD = /^\s*([A-Za-z_]\w{0,63})/;
/** Longer than any name of an operation. */
const MAX_NAME = 64;

/**
 * The name of a database operation: what the developer gave, unless that is a statement.
 *
 * Quotes, operators, parameters, numbers that stand alone and sheer length give a statement away. Its
 * values must not become attributes; its first word may.
 */
export function operationName(given: string): string {
  if (given.length <= MAX_NAME && !STATEMENT.test(given)) return given;
  return FIRST_WORD.exec(given)?.[1] ?? "_OTHER";
}

const STATEMENT = /['"`=<>*;?$(){}\n]|(?:^|[\s:/,.#-])\d+(?:$|[\s:/,.#-])/;

/** `SELECT` of `SELECT users`: the word before the first blank. */
export function firstWord(name: string): string {
  const blank = name.indexOf(" ");
  return blank < 0 ? name : name.slice(0, blank);
}

/** `messaging.operation.type` of the verbs that clients use. */
const TYPES = new Map(
  Object.entries({
    create: "create",
    send: "send publish produce enqueue add push dispatch emit",
    receive: "receive poll consume fetch pull dequeue pop",
    process: "process handle work deliver",
    settle: "settle ack nack reject complete abandon commit delete",
  }).flatMap(([type, verbs]) => verbs.split(" ").map((verb): [string, string] => [verb, type])),
);

/** @returns undefined for a verb that is not known */
export function messagingType(name: string): string | undefined {
  return TYPES.get(firstWord(name).toLowerCase());
}
