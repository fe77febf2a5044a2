import type { Command, Connection } from "../../exporters/redis/connection.js";
import { MARKER, MARKER_VALUE } from "../../exporters/redis/schema.js";

/** Commands, and arguments of them, in one round trip: replies are a few MB, and come within the timeout. */
const COMMANDS = 128;
const ARGUMENTS = 8192;

/** Reads. A key that holds somebody else's kind of value is as good as none. */
export class Asking {
  constructor(private readonly connection: Connection) {}

  /** @returns for each command its reply, null where the key is somebody else's. @throws when Redis fails */
  async all(commands: readonly Command[]): Promise<readonly unknown[]> {
    const replies: unknown[] = [];
    for await (const reply of this.#each(commands, false)) replies.push(reply);
    return replies;
  }

  /** The same, one after the other as they come, with `Buffer`s for texts. */
  payloads(commands: readonly Command[]): AsyncGenerator<unknown> {
    return this.#each(commands, true);
  }

  async *#each(commands: readonly Command[], binary: boolean): AsyncGenerator<unknown> {
    for (let at = 0; at < commands.length; ) {
      const from = at;
      let size = 0;
      do size += commands[at++].length;
      while (at < commands.length && at - from < COMMANDS && size < ARGUMENTS);
      for (const reply of await this.connection.batch(commands.slice(from, at), { binary })) {
        if (!(reply instanceof Error)) yield reply;
        else if (/\bWRONGTYPE\b/.test(reply.message)) yield null;
        else throw reply;
      }
    }
  }
}

/** Fields and values of a hash of ours, without its marker; none of a hash that is not. */
export function ownFields<T extends string | Buffer>(reply: unknown): ReadonlyMap<string, T> {
  const fields = new Map<string, T>();
  const pairs = Array.isArray(reply) ? (reply as readonly T[]) : [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    fields.set(textOf(pairs[at]), pairs[at + 1]);
  }
  const marker = fields.get(MARKER);
  if (marker === undefined || textOf(marker) !== MARKER_VALUE) return new Map();
  fields.delete(MARKER);
  return fields;
}

/** Values of fields of a hash of ours; none of a hash that is not. The first asked for is the marker. */
export function ownValues<T extends string | Buffer>(reply: unknown): readonly (T | null)[] {
  if (!Array.isArray(reply)) return [];
  const [marker, ...values] = reply as readonly (T | null)[];
  return marker !== null && textOf(marker) === MARKER_VALUE ? values : [];
}

function textOf(value: string | Buffer): string {
  return typeof value === "string" ? value : value.toString("latin1");
}
