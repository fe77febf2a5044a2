import { createServer, IncomingMessage, ServerResponse } from "node:http";
import { Duplex, Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { library } from "./library.mjs";

/** Requests under way at once; each has a socket of its own, and none is pipelined. */
export const CONCURRENT = 32;

const HEADERS = ["Host", "127.0.0.1:3000", "Accept", "*/*", "Connection", "keep-alive"];

/** A connection that swallows what is written to it. */
class NullSocket extends Writable {
  remoteAddress = "127.0.0.1";
  readable = true;
  encrypted = undefined;

  constructor() {
    super({ decodeStrings: false });
  }

  _write(_chunk, _encoding, done) {
    done();
  }

  setTimeout() {
    return this;
  }
}

function emitClose(response) {
  response.destroyed = true;
  response.emit("close");
}

/** What Node's server does when a response is out. */
function finished() {
  this.req._dump();
  this.detachSocket(this.socket);
  process.nextTick(emitClose, this);
}

/** Hands a server one request, as Node's parser would. */
function request(server, socket, { Request, Response }) {
  const incoming = new Request(socket);
  incoming.httpVersionMajor = 1;
  incoming.httpVersionMinor = 1;
  incoming.httpVersion = "1.1";
  incoming.url = "/hello/world";
  incoming.method = "GET";
  incoming.rawHeaders = HEADERS;
  incoming._addHeaderLines(HEADERS, HEADERS.length);
  incoming.complete = true;
  incoming.push(null);
  const response = new Response(incoming);
  response.shouldKeepAlive = true;
  response.on("finish", finished);
  response.assignSocket(socket);
  server.emit("request", incoming, response);
}

/** `work(n)` for a server: n requests, a few at a time, the event loop turning in between. */
export function driver({
  server,
  classes = { Request: IncomingMessage, Response: ServerResponse },
}) {
  const sockets = Array.from({ length: CONCURRENT }, () => new NullSocket());
  let left = 0;
  let resolve;
  const turn = () => {
    if (left <= 0) {
      resolve();
      return;
    }
    left -= CONCURRENT;
    for (const socket of sockets) request(server, socket, classes);
    setImmediate(turn);
  };
  return (times) => {
    left = times;
    return new Promise((done) => {
      resolve = done;
      turn();
    });
  };
}

const BYTES = Buffer.from(
  `GET /hello/world HTTP/1.1\r\n${HEADERS.map((part, i) => part + (i % 2 === 0 ? ": " : "\r\n")).join("")}\r\n`,
);

/** A connection whose far end is this process. */
class MemorySocket extends Duplex {
  remoteAddress = "127.0.0.1";
  answered = 0;

  _read() {}

  _write(_chunk, _encoding, done) {
    this.answered++;
    done();
  }

  setTimeout() {
    return this;
  }
}

/**
 * `work(n)` like `driver`, but from bytes to bytes: through Node's parser and its server, with the
 * prototypes Node gives, so that what Express's swap costs is there.
 */
export function connections({ server }) {
  const sockets = Array.from({ length: CONCURRENT }, () => {
    const socket = new MemorySocket();
    server.emit("connection", socket);
    return socket;
  });
  return async (times) => {
    for (let left = times; left > 0; left -= CONCURRENT) {
      const wanted = sockets[0].answered + 1;
      for (const socket of sockets) socket.push(BYTES);
      do await nextTurn();
      while (sockets.some(({ answered }) => answered < wanted));
    }
  };
}

let expressClasses;

/**
 * Classes whose objects have Express's prototypes from birth. Express swaps the prototypes of both
 * objects on each request, after which V8 knows neither: the time of a hello world then wanders
 * between 50 and 100 µs, and no difference of 0.3 µs can be seen in it. The apps of one process share
 * them, or the second one would pay 1 µs for coming second.
 */
function classesOf(app) {
  if (expressClasses === undefined) {
    class Request extends IncomingMessage {}
    class Response extends ServerResponse {}
    Object.setPrototypeOf(Request.prototype, app.request);
    Object.setPrototypeOf(Response.prototype, app.response);
    expressClasses = { Request, Response };
  }
  app.request = expressClasses.Request.prototype;
  app.response = expressClasses.Response.prototype;
  return expressClasses;
}

/** Makes the driver of one server by its framework and what watches it. */
export const servers = {
  async express(instrument) {
    const { default: express } = await import("express");
    const app = express();
    await instrument?.(app);
    app.get("/hello/:name", (request, response) => {
      response.send(`hello ${request.params.name}`);
    });
    const classes = classesOf(app);
    return { server: createServer(app), classes };
  },

  async fastify(instrument) {
    const { default: fastify } = await import("fastify");
    const app = fastify();
    await instrument?.(app);
    app.get("/hello/:name", (request, reply) => {
      reply.send(`hello ${request.params.name}`);
    });
    await app.ready();
    return { server: app.server };
  },

  async "node:http"(instrument) {
    const server = createServer((_request, response) => {
      response.setHeader("content-type", "text/plain");
      response.end("hello world");
    });
    await instrument?.(server);
    return { server };
  },
};

async function monitor() {
  const { createAuspex } = await library();
  return createAuspex({ service: "bench" });
}

/** By name: which framework, and what watches it. */
export const instrumentations = {
  "auspex, Express": [
    "express",
    async (app) => {
      const { monitorExpress } = await library("express");
      monitorExpress(app, await monitor());
    },
  ],
  "auspex, Fastify": [
    "fastify",
    async (app) => {
      const { fastifyAuspex } = await library("fastify");
      await app.register(fastifyAuspex, { auspex: await monitor() });
    },
  ],
  "auspex, node:http": [
    "node:http",
    async (server) => {
      const { monitorHttpServer } = await library("http");
      monitorHttpServer(server, await monitor(), { route: () => "/hello/:name" });
    },
  ],
  "express-prom-bundle": [
    "express",
    async (app) => {
      const { default: promBundle } = await import("express-prom-bundle");
      app.use(promBundle({ includeMethod: true, includePath: true, autoregister: false }));
    },
  ],
  "fastify-metrics": [
    "fastify",
    async (app) => {
      const { default: plugin } = await import("fastify-metrics");
      await app.register(plugin.default ?? plugin, { endpoint: "/metrics" });
    },
  ],
  "nothing, Express": ["express", undefined],
  "nothing, Fastify": ["fastify", undefined],
};
