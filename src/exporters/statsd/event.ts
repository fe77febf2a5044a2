import type { AttributesData } from "../../snapshot/batch.js";
import { eventField, wellFormed } from "./names.js";
import { decimal } from "./numbers.js";

/** Something that happened, for Datadog's stream of events. */
export interface StatsdEvent {
  readonly title: string;
  /** @default the title */
  readonly text?: string;
  /** Epoch ms, of a date that there is. @default when the Agent gets it */
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
  if (isDate(timeMs)) line += `|d:${decimal(Math.round(timeMs / 1000))}`;
  line += field("h", event.hostname);
  line += field("k", event.aggregationKey);
  line += event.priority === "low" ? "|p:low" : field("p", event.priority && "normal");
  line += field("s", event.sourceType);
  if (["error", "warning", "info", "success"].includes(event.alertType as string)) {
    line += field("t", event.alertType);
  }
  return line + fields;
}

/** Events that wait for their turn: more than a deploy tells, and little to keep. */
const MOST_EVENTS = 1000;
const MOST_BYTES = 1 << 20;

/** The room that events wait in: bounded, as nothing takes their place when they cannot be sent. */
export class EventRoom {
  #events = 0;
  #bytes = 0;

  /**
   * @param encode - asked while there is room only
   * @throws RangeError where there is none
   */
  async hold<T>(encode: () => string, send: (line: string) => Promise<T>): Promise<T> {
    if (this.#events >= MOST_EVENTS) throw this.#full();
    const line = encode();
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > MOST_BYTES) throw this.#full();
    this.#events++;
    this.#bytes += bytes;
    try {
      return await send(line);
    } finally {
      this.#events--;
      this.#bytes -= bytes;
    }
  }

  #full(): RangeError {
    return new RangeError(`${this.#events} events of ${this.#bytes} bytes wait to be sent already`);
  }
}

/** @see ECMAScript, Time Values: 100 million days from the epoch */
function isDate(timeMs: unknown): timeMs is number {
  return typeof timeMs === "number" && timeMs >= 0 && timeMs <= 8.64e15;
}

function field(name: string, value: unknown): string {
  return typeof value === "string" && value !== "" ? `|${name}:${eventField(value)}` : "";
}

/** The Agent turns `\n`, two characters, back into a newline. */
function oneLine(text: string): string {
  return wellFormed(text)
    .replace(/\r\n|[\r\n]/g, "\\n")
    .replace(/\p{Cc}/gu, " ");
}
