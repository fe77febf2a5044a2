import type { Socket } from "node:net";
import type { Exchange } from "./exchange.js";

const CONNECTION = Symbol.for("auspex.connection@0");

/** Requests under way on one socket: all of them are cut by its one `close`. */
export interface Connection {
  newest: Exchange | undefined;
}

type Connected = Socket & { [CONNECTION]?: Connection };

/** The connection of a socket; made, with its one listener, at the first request. */
export function connectionOf(socket: Connected | undefined): Connection | undefined {
  return socket?.[CONNECTION] ?? connect(socket);
}

/** The request whose answer is due on a socket, if one is under way. */
export function oldestOn(socket: Connected | undefined): Exchange | undefined {
  let exchange = socket?.[CONNECTION]?.newest;
  while (exchange?.older !== undefined) exchange = exchange.older;
  return exchange;
}

function connect(socket: Connected | undefined): Connection | undefined {
  // Injected requests have no real socket; their response says itself when it is closed.
  if (typeof socket?.once !== "function" || socket.destroyed !== false) return undefined;
  const connection: Connection = { newest: undefined };
  socket[CONNECTION] = connection;
  socket.once("close", () => {
    while (connection.newest !== undefined) connection.newest.abort();
  });
  return connection;
}
