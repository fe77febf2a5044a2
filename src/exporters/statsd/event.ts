import type { AttributesData } from "../../snapshot/batch.js";
import { tagValue, wellFormed } from "./names.js";

/** Something that happened, for Datadog's stream of events. */
export interface StatsdEvent {
  readonly title: string;
  /** @default the title */
  readonly text?: string;
  /** Epoch ms. @default when the Agent gets it */
  readonly timeMs?: number;
  readonly hostname?: string;
  /** Events of one key are shown as one. */
  readonly aggregationKey?: string;
  readonly priority?: "normal" | "low";
  readonly sourceType?: string;
  readonly alertType?: "error" | "warning" | "info" | "success";
  /** Beside those that every metric carries. */
  readonly tags?: AttributesData;
}

/**
 * One event as a line. Lengths are of bytes, newlines are escaped, so that nothing in it ends it early.
 *
 * @param fields - tags and container, ready
 * @throws TypeError when it has no title
 * @see Datadog, "DogStatsD datagram format", events
 */
export function encodeEvent(event: StatsdEvent, fields: string): string {
  if (typeof event?.title !== "string" || event.title === "") {
    throw new TypeError("statsd: an event needs a title, as a string");
  }
  const title = oneLine(event.title);
  const text = oneLine(typeof event.text === "string" ? event.text : event.title);
  const { timeMs } = event;
  let line = `_e{${Buffer.byteLength(title)},${Buffer.byteLength(text)}}:${title}|${text}`;
  if (Number.isFinite(timeMs)) line += `|d:${Math.round((timeMs as number) / 1000)}`;
  line += field("h", event.hostname);
  line += field("k", event.aggregationKey);
  line += event.priority === "low" ? "|p:low" : field("p", event.priority && "normal");
  line += field("s", event.sourceType);
  if (["error", "warning", "info", "success"].includes(event.alertType as string)) {
    line += field("t", event.alertType);
  }
  return line + fields;
}

function field(name: string, value: unknown): string {
  return typeof value === "string" && value !== "" ? `|${name}:${tagValue(value)}` : "";
}

/** The Agent turns `\n`, two characters, back into a newline. */
function oneLine(text: string): string {
  return wellFormed(text)
    .replace(/\r\n|[\r\n]/g, "\\n")
    .replace(/\p{Cc}/gu, " ");
}
