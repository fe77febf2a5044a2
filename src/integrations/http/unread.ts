import type { Socket } from "node:net";
import { oldestOn } from "./connection.js";
import type { Exchange } from "./exchange.js";
import { UNKNOWN_METHOD } from "./methods.js";
import { exchangeIndex } from "./route.js";

/** What Node's server answers by itself, by the code of the error. @see lib/_http_server.js, socketOnError */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);

/** The client left in the middle of a request: nobody is answered. */
const LEFT = "HPE_INVALID_EOF_STATE";

/** Set once a socket's fault is recorded: a server may be watched more than once. */
const UNREAD = Symbol.for("auspex.unread@0");

interface Answer {
  /** undefined when there is none: the socket failed, or the client left. */
  readonly status: number | undefined;
  /** The request that is answered so; undefined when the bytes never became one. */
  readonly exchange: Exchange | undefined;
  readonly index: number;
}

/** What becomes of bytes that a server could not read, or that came too slowly. */
export function answerOf(error: unknown, socket: Socket): Answer {
  const marked = socket as unknown as { [UNREAD]?: boolean };
  const isKnown = marked[UNREAD] === true;
  marked[UNREAD] = true;
  const code = codeOf(error);
  const isOfParser = code.startsWith("HPE_") && code !== LEFT;
  const oldest = oldestOn(socket);
  // A response that has begun cannot be taken back: the request is cut by the socket's close.
  const isTooLate = oldest?.details?.hasBegun === true;
  const status = STATUSES.get(code) ?? (isOfParser ? 400 : undefined);
  const isEncrypted = (socket as { readonly encrypted?: boolean }).encrypted === true;
  return {
    status: isKnown || isTooLate ? undefined : status,
    exchange: oldest,
    index: exchangeIndex(UNKNOWN_METHOD, isEncrypted),
  };
}

function codeOf(error: unknown): string {
  const code: unknown = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : "";
}
