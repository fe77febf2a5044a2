import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../../time/clock.js";
import { HttpCallbacks } from "./callbacks.js";
import { connectionOf } from "./connection.js";
import { Details } from "./details.js";
import { EXCHANGE, Exchange, type Observed } from "./exchange.js";
import { methodIndex } from "./methods.js";
import type { ResolvedHttpOptions } from "./options.js";
import type { HttpServerRecorder } from "./recorder.js";
import { exchangeIndex, type Routes } from "./route.js";
import { BodySizes } from "./sizes.js";
import { standIn, standInForResponses } from "./stand-in.js";
import { answerOf } from "./unread.js";
import { isSocket, watchSocket } from "./upgrade.js";

/** One wiring: a server or an app, whose requests a monitor records as its options say. */
export class HttpWatch {
  readonly routes: Routes;
  readonly clock: Clock;
  /** Paths and templates that are left out. */
  readonly ignored: ReadonlySet<string> | undefined;
  private readonly isChoosy: boolean;
  private readonly isDetailed: boolean;
  private readonly callbacks: HttpCallbacks;

  constructor(
    private readonly recorder: HttpServerRecorder,
    private readonly options: ResolvedHttpOptions,
  ) {
    const { filter, ignore, attributes, bodySizes } = options;
    this.routes = recorder.routes;
    this.clock = recorder.routes.clock;
    this.ignored = ignore;
    this.isChoosy = filter !== undefined || ignore !== undefined;
    this.isDetailed = attributes !== undefined || bodySizes;
    this.callbacks = new HttpCallbacks(options, recorder);
    standInForResponses();
  }

  /** Begins to record a request; does nothing when it has begun already. Never throws. */
  begin(request: IncomingMessage, response: ServerResponse): Exchange {
    const exchange = this.prepare(request, response);
    this.start(exchange, request);
    return exchange;
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
      if (known.routes !== this.routes) {
        this.recorder.diag.warn("http:two-monitors", TWO_MONITORS);
      }
      return known;
    }
    // A response that a framework made for an upgrade writes to the socket, which is watched itself.
    if ((request as Upgradable).upgrade === true && isSocket(request.socket)) {
      const exchange = this.upgrade(request, request.socket);
      (response as Observed)[EXCHANGE] = exchange;
      return exchange;
    }
    const isHttp2 = request.httpVersionMajor > 1;
    // The socket of an HTTP/2 request stands for its stream; the response says itself when that ends.
    const socket = isHttp2 ? undefined : request.socket;
    const isEncrypted = isHttp2 ? hasTls(request) : (socket as MaybeTls)?.encrypted === true;
    const index = exchangeIndex(methodIndex(request.method), isEncrypted);
    const exchange = this.make(index, socket);
    if (this.isDetailed) exchange.details = this.detail(request, response);
    else if (isHttp2) exchange.details = new Details();
    standIn(response, exchange, isHttp2);
    return exchange;
  }

  /** Begins to record an upgrade, or a CONNECT: its answer is what is first written to the socket. */
  upgrade(request: IncomingMessage & Observed, socket: Socket): Exchange {
    let exchange = request[EXCHANGE];
    if (exchange === undefined) {
      const isEncrypted = (socket as MaybeTls)?.encrypted === true;
      const index = exchangeIndex(methodIndex(request.method), isEncrypted);
      exchange = this.make(index, socket);
      request[EXCHANGE] = exchange;
      watchSocket(socket, exchange);
      this.start(exchange, request);
      // It has closed already, and will not say so again.
      if (socket.destroyed !== false) exchange.abort();
    }
    return exchange;
  }

  /**
   * Records what Node turns away, or gives up, before it is a request or while its body is read: with
   * the status Node answers it with.
   */
  clientError(error: unknown, socket: Socket): void {
    const { status, exchange, index } = answerOf(error, socket);
    if (status === undefined) return;
    if (exchange !== undefined) {
      exchange.finish(status);
      return;
    }
    const unread = this.make(index, undefined);
    unread.begin();
    unread.finish(status);
  }

  private make(index: number, socket: Socket | undefined): Exchange {
    const operation = this.routes.unmatched.operation(index);
    return new Exchange(this, index, operation, connectionOf(socket));
  }

  private start(exchange: Exchange, request: IncomingMessage): void {
    if (this.isChoosy && !exchange.hasBegun && !this.callbacks.accepts(request)) exchange.drop();
    else exchange.begin();
  }

  private detail(request: IncomingMessage, response: ServerResponse): Details {
    const { bodySizes, attributes } = this.options;
    const sizes = bodySizes ? new BodySizes(request) : undefined;
    if (attributes === undefined) return new Details(sizes);
    return new Details(sizes, (operation) => {
      const further = this.callbacks.attributes(request, response);
      return operation.under(further, () => this.routes.rest());
    });
  }
}

const TWO_MONITORS =
  "two monitors watch one server or app: the one that was wired last records its requests";

/** Set by Node's server on each request, if only to `false`. */
type Upgradable = { readonly upgrade?: boolean | null };

type MaybeTls = { readonly encrypted?: boolean } | undefined;

function hasTls(request: IncomingMessage): boolean {
  const { stream } = request as { readonly stream?: { readonly session?: MaybeTls } };
  return stream?.session?.encrypted === true;
}
