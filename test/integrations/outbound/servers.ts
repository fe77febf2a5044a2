import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll } from "vitest";
import type { Auspex, OperationSnapshot } from "../../../src/index.js";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Emits `answer` for requests of `/late`. */
export const late = new EventEmitter();

/** Every way a server may treat a client, by path. */
const paths: Readonly<Record<string, Handler>> = {
  "/ok": (_, response) => response.end("ok"),
  "/echo": (request, response) => request.pipe(response),
  "/404": (_, response) => response.writeHead(404).end(),
  "/503": (_, response) => response.writeHead(503).end("busy"),
  "/304": (_, response) => response.writeHead(304).end(),
  "/hang": () => {},
  /** Answers when the test says so. */
  "/late": (_, response) => late.once("answer", () => response.end("late")),
  "/slow": (_, response) => response.write("first"),
  "/large": (_, response) => response.end(Buffer.alloc(4 << 20)),
  "/early": (_, response) => {
    response.writeEarlyHints({ link: "</a.css>; rel=preload" });
    response.end("late");
  },
  "/redirect": (_, response) => response.writeHead(302, { location: "/ok" }).end(),
  "/hang-up": (request) => request.socket.end(),
  "/reset": (request) => request.socket.resetAndDestroy(),
  "/reset-within": (request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("x", () => setImmediate(() => request.socket.resetAndDestroy()));
  },
  "/end-within": (request, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("x", () => setImmediate(() => request.socket.destroy()));
  },
};

export interface Peer {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  /** Paths of the requests that have reached it, without their queries. */
  readonly requests: string[];
}

const peers: Peer[] = [];

afterAll(() => {
  for (const { server } of peers) {
    server.close();
    server.closeAllConnections();
  }
});

/** A server on a free port, stopped after the file. */
export async function peer(): Promise<Peer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] as string;
    requests.push(path);
    (paths[path] ?? paths["/ok"])?.(request, response);
  });
  server.on("upgrade", (_, socket: Socket) => {
    socket.on("error", () => {});
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: test\r\nconnection: upgrade\r\n\r\n",
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const found = { server, port, url: `http://127.0.0.1:${port}`, requests };
  peers.push(found);
  return found;
}

export function outbound(auspex: Auspex): OperationSnapshot[] {
  return auspex
    .snapshot("total")
    .operations.filter(({ instrument }) => instrument === "http.client.request.duration");
}

/** What came of all outbound calls so far. */
export function outcomes(auspex: Auspex) {
  const all = outbound(auspex);
  const total = (of: (each: OperationSnapshot) => number) =>
    all.reduce((sum, each) => sum + of(each), 0);
  const types: Record<string, number> = {};
  for (const { errors } of all) {
    for (const [type, count] of Object.entries(errors.byType)) {
      types[type] = (types[type] ?? 0) + count;
    }
  }
  return {
    ok: total(({ latency }) => latency.count),
    errors: types,
    aborted: total(({ aborted }) => aborted.count),
    inFlight: total(({ inFlight }) => inFlight),
  };
}

/** Waits until `condition` holds; fails after a quarter of a minute. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Bodies that broke off, by error type. */
export function incomplete(auspex: Auspex): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { name, attributes, count } of auspex.snapshot("total").counters) {
    if (name === "auspex.http.client.response.incomplete") {
      counts[String(attributes["error.type"])] = count;
    }
  }
  return counts;
}
