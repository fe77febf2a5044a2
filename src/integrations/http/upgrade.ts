import type { Socket } from "node:net";
import type { Exchange } from "./exchange.js";

const SWITCHING = 101;

/** Whether something is a socket that can be answered on; tests hand out less. */
export function isSocket(value: unknown): value is Socket {
  const { write, end, once } = (value ?? {}) as Record<string, unknown>;
  return [write, end, once].every((method) => typeof method === "function");
}

/**
 * Watches the first thing that is written to an upgraded socket: the status line of its answer.
 *
 * An accepted upgrade lives as long as the socket; a refused one is over. A socket that is closed
 * without a word was aborted.
 */
export function watchSocket(socket: Socket, exchange: Exchange): void {
  const { write, end } = socket;
  const answered = (chunk: unknown): void => {
    // In the order that lets the engine go back to the shape the socket had.
    restore(socket, "end", standInEnd, end);
    restore(socket, "write", standInWrite, write);
    const status = statusOf(chunk);
    if (status === SWITCHING || (status >= 200 && status < 300)) exchange.stay(status);
    else exchange.finish(status);
  };
  const hasOwn = { write: Object.hasOwn(socket, "write"), end: Object.hasOwn(socket, "end") };
  function standInWrite(this: Socket, ...args: unknown[]): boolean {
    answered(args[0]);
    return Reflect.apply(write, this, args);
  }
  function standInEnd(this: Socket, ...args: unknown[]): Socket {
    if (typeof args[0] === "string" || args[0] instanceof Uint8Array) answered(args[0]);
    return Reflect.apply(end, this, args);
  }
  socket.write = standInWrite;
  socket.end = standInEnd;

  function restore(target: Socket, name: "write" | "end", ours: unknown, original: unknown): void {
    if (target[name] !== ours) return;
    if (hasOwn[name]) Object.assign(target, { [name]: original });
    else Reflect.deleteProperty(target, name);
  }
}

const LONGEST_STATUS_LINE = 16;

/** The status in what begins with a status line; 101 of anything else. */
function statusOf(chunk: unknown): number {
  const text =
    typeof chunk === "string"
      ? chunk.slice(0, LONGEST_STATUS_LINE)
      : chunk instanceof Uint8Array
        ? Buffer.from(chunk.subarray(0, LONGEST_STATUS_LINE)).toString("latin1")
        : "";
  const match = /^HTTP\/1\.[01] ([1-9]\d\d)/.exec(text);
  return match === null ? SWITCHING : Number(match[1]);
}
