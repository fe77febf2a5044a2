import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Diag } from "../../diag/diag.js";
import { INTERNALS, type Instrumented, processState } from "../../instruments/internals.js";
import {
  type Connection,
  EXCHANGE,
  Exchange,
  emit,
  emitOfStream,
  type Observed,
} from "./exchange.js";
import { methodIndex } from "./methods.js";
import { exchangeIndex, Routes } from "./route.js";

const CONNECTION = Symbol.for("auspex.connection@0");

/** Records the requests of HTTP servers for one monitor, whatever framework answers them. */
export class HttpServerRecorder {
  readonly routes: Routes;
  readonly #diag: Diag;

  constructor(auspex: Instrumented) {
    const { registry, diag } = auspex[INTERNALS];
    this.routes = new Routes(registry);
    this.#diag = diag;
  }

  /** The recorder of a monitor: one, whoever asks. */
  static of(auspex: Instrumented): HttpServerRecorder {
    const { perMonitor } = processState();
    const known = perMonitor.get(auspex) as HttpServerRecorder | undefined;
    if (known !== undefined) return known;
    const recorder = new HttpServerRecorder(auspex);
    perMonitor.set(auspex, recorder);
    return recorder;
  }

  /** Begins to record a request; does nothing when it has begun already. Never throws. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    this.prepare(request, response).begin();
  }

  /**
   * Puts an exchange on a response, to begin later or never.
   *
   * For Express: a property that is added to a response after Express has changed its prototype costs
   * 2 KB, since V8 then makes a hidden class for that object alone.
   */
  prepare(request: IncomingMessage, response: ServerResponse): Exchange {
    const known = (response as Observed)[EXCHANGE];
    if (known !== undefined && (known.hasBegun || known.routes === this.routes)) {
      if (known.routes !== this.routes) this.#diag.warn("http:two-monitors", TWO_MONITORS);
      return known;
    }
    const isStream = request.httpVersionMajor > 1;
    // The socket of an HTTP/2 request stands for its stream; the response says itself when that ends.
    const socket = isStream ? undefined : request.socket;
    const encrypted = isStream ? hasTls(request) : (socket as MaybeTls)?.encrypted === true;
    const index = exchangeIndex(methodIndex(request.method), encrypted);
    const { routes } = this;
    const exchange = new Exchange(
      routes,
      index,
      routes.unmatched.operation(index),
      connectionOf(socket),
      known === undefined ? response.emit : known.emit,
    );
    (response as Observed)[EXCHANGE] = exchange;
    response.emit = (isStream ? emitOfStream : emit) as ServerResponse["emit"];
    return exchange;
  }
}

const TWO_MONITORS =
  "two monitors watch one server or app: the one that was wired last records its requests";

type MaybeTls = { readonly encrypted?: boolean } | undefined;

function hasTls(request: IncomingMessage): boolean {
  const { stream } = request as { readonly stream?: { readonly session?: MaybeTls } };
  return stream?.session?.encrypted === true;
}

function connectionOf(socket: (Socket & { [CONNECTION]?: Connection }) | undefined) {
  return socket?.[CONNECTION] ?? connect(socket);
}

function connect(socket: (Socket & { [CONNECTION]?: Connection }) | undefined) {
  // Injected requests have no real socket; their response says itself when it is closed.
  if (typeof socket?.once !== "function" || socket.destroyed !== false) return undefined;
  const connection: Connection = { newest: undefined };
  socket[CONNECTION] = connection;
  socket.once("close", () => {
    while (connection.newest !== undefined) connection.newest.abort();
  });
  return connection;
}
