import type { AuspexEvent, EventMap } from "../../snapshot/events.js";

/** An event and whose it is, as it is published: the event's own fields, and these. */
export type FleetMessage<E extends AuspexEvent = AuspexEvent> = E & {
  readonly service: string;
  /** The incarnation that told of it. */
  readonly process: string;
};

/** Longest message that is read. */
export const MAX_MESSAGE_BYTES = 1 << 20;

/** Why a message was passed over. */
export type MessageFault = "oversized" | "unreadable";

export function encodeMessage(event: AuspexEvent, service: string, process: string): string {
  return JSON.stringify({ ...event, service, process });
}

const TYPES: ReadonlySet<unknown> = new Set<keyof EventMap>([
  "anomaly",
  "alert",
  "incident",
  "insight",
]);
const SEVERITIES: ReadonlySet<unknown> = new Set(["critical", "warning", "info"]);
const TEXTS = ["operation", "signal", "reason", "service", "process"] as const;

/** Fields that every event of a type has, and what they are. */
const SHAPES: Readonly<Record<keyof EventMap, Readonly<Record<string, string>>>> = {
  anomaly: {
    id: "string",
    state: "string",
    detector: "string",
    score: "number",
    observed: "number",
  },
  alert: {
    key: "string",
    rule: "string",
    state: "string",
    labels: "object",
    annotations: "object",
  },
  incident: { id: "string", state: "string", title: "string", members: "list", causes: "list" },
  insight: { kind: "string", data: "object" },
};

/** JSON within the size, or what is wrong with it. */
export function parseMessage(
  text: string,
): { readonly value: unknown } | { readonly fault: MessageFault } {
  if (text.length > MAX_MESSAGE_BYTES) return { fault: "oversized" };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { fault: "unreadable" };
  }
}

/** Whether a message is an event of this type: anybody can publish anything. */
export function isEvent<T extends keyof EventMap>(
  value: unknown,
  type: T,
): value is FleetMessage<EventMap[T]> {
  if (typeOf(value) !== "object") return false;
  const event = value as Record<string, unknown>;
  return (
    TYPES.has(event.type) &&
    event.type === type &&
    TEXTS.every((name) => typeof event[name] === "string") &&
    SEVERITIES.has(event.severity) &&
    Number.isFinite(event.timeMs) &&
    typeOf(event.attributes) === "object" &&
    Object.entries(SHAPES[type]).every(([name, kind]) => typeOf(event[name]) === kind)
  );
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}
