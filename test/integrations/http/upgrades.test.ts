import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Auspex } from "auspex";
import { monitorExpress } from "auspex/express";
import { fastifyAuspex } from "auspex/fastify";
import { monitorHttpServer } from "auspex/http";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../helpers/manual-clock.js";
import { expresses } from "./frameworks.js";
import {
  afterTest,
  dial,
  durations,
  got,
  lifetimes,
  listen,
  monitor,
  total,
  until,
} from "./harness.js";

/** What a test does with the socket of an upgrade to `/rooms/:id`. */
type Handle = (socket: Socket, request: IncomingMessage) => unknown;
type Serve = (auspex: Auspex, handle: Handle) => Promise<number>;

const route = ({ url = "" }: IncomingMessage): string | undefined =>
  url.startsWith("/rooms/") ? "/rooms/:id" : undefined;

/** What everyone who takes a socket over does with it. */
function takeOver(socket: Socket): void {
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.resume();
}

/** A response for an upgraded socket, as integrations of WebSockets make it. */
function respond(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  return response;
}

const servers: readonly (readonly [string, Serve])[] = [
  [
    "node:http",
    async (auspex, handle) => {
      const server = createServer();
      monitorHttpServer(server, auspex, { route });
      server.on("upgrade", (request, socket) => handle(socket as Socket, request));
      return listen(server);
    },
  ],
  [
    "Fastify 5, whose routes take WebSockets",
    async (auspex, handle) => {
      const app = Fastify();
      afterTest(() => app.close());
      await app.register(fastifyAuspex, { auspex });
      app.get("/rooms/:id", (request, reply) => {
        reply.hijack();
        handle(request.raw.socket, request.raw);
      });
      app.server.on("upgrade", (request, socket) => {
        app.routing(request, respond(request, socket as Socket));
      });
      await app.ready();
      return listen(app.server as Server);
    },
  ],
  ...expresses.map(
    ([name, make]) =>
      [
        `${name}, whose routes take WebSockets`,
        async (auspex: Auspex, handle: Handle) => {
          const app = make();
          monitorExpress(app, auspex);
          const rooms = make.Router();
          rooms.get("/:id", (request) => {
            handle(request.socket, request);
          });
          app.use("/rooms", rooms);
          const server = createServer(app);
          server.on("upgrade", (request, socket) => {
            (app as unknown as (...args: unknown[]) => void)(
              request,
              respond(request, socket as Socket),
            );
          });
          return listen(server);
        },
      ] as const,
  ),
];

const asking = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`;

const SWITCH =
  "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n";

describe.each(servers)("%s", (_name, serve) => {
  async function stage(handle: Handle) {
    const clock = new ManualClock();
    const auspex = monitor({ clock });
    const sockets: Socket[] = [];
    const port = await serve(auspex, (socket, request) => {
      sockets.push(socket);
      takeOver(socket);
      clock.block(100);
      return handle(socket, request);
    });
    return { clock, auspex, sockets, client: await dial(port) };
  }

  it("records an upgrade once it is answered, and its socket's lifetime", async () => {
    const { clock, auspex, client } = await stage((socket) => socket.write(SWITCH));
    const switched = got(client, "101");
    client.write(asking("/rooms/42"));
    await switched;
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /rooms/:id 101"]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 0, inFlight: 1 });
    clock.block(59_900);
    client.destroy();
    await until(() => total(auspex).inFlight === 0);
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /rooms/:id 101"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 60: GET /rooms/:id"]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 0, inFlight: 0 });
  });

  it("leaves the socket as it was once it has been answered", async () => {
    const { sockets, client } = await stage((socket) => {
      socket.write(Buffer.from(SWITCH));
      socket.write("hello");
    });
    const greeted = got(client, "hello");
    client.write(asking("/rooms/42"));
    await greeted;
    const [socket] = sockets as [Socket];
    expect(["write", "end"].filter((name) => Object.hasOwn(socket, name))).toEqual([]);
    client.destroy();
  });

  it("records a refused upgrade with the status it was refused with", async () => {
    const { auspex, client } = await stage((socket) => {
      socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    });
    const refused = got(client, "403");
    client.write(asking("/rooms/42"));
    await refused;
    await until(() => total(auspex).inFlight === 0);
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /rooms/:id 403"]);
    expect(await lifetimes(auspex)).toEqual([]);
  });

  it("counts an upgrade that is never answered as aborted", async () => {
    const { auspex, client, sockets } = await stage(() => {});
    client.write(asking("/rooms/42"));
    await until(() => sockets.length === 1);
    client.destroy();
    await until(() => total(auspex).inFlight === 0);
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /rooms/:id 499 auspex_outcome=aborted"]);
    expect(await lifetimes(auspex)).toEqual([]);
  });

  it("counts a socket that is destroyed at once as aborted, and leaves nothing in flight", async () => {
    const { auspex, client } = await stage((socket) => socket.destroy());
    client.write(asking("/rooms/42"));
    await until(() => total(auspex).count === 1 && total(auspex).inFlight === 0);
    expect(total(auspex).aborted).toBe(1);
  });
});

describe("node:http", () => {
  it("records a tunnel of CONNECT", async () => {
    const clock = new ManualClock();
    const auspex = monitor({ clock });
    const server = createServer();
    monitorHttpServer(server, auspex);
    server.on("connect", (_request, socket) => {
      takeOver(socket as Socket);
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    });
    const client = await dial(await listen(server));
    const connected = got(client, "200");
    client.write("CONNECT b.example:443 HTTP/1.1\r\nhost: b.example:443\r\n\r\n");
    await connected;
    clock.block(5000);
    client.destroy();
    await until(() => total(auspex).inFlight === 0);
    expect(await durations(auspex)).toEqual(["1 × 0: CONNECT (none) 200"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 5: CONNECT (none)"]);
  });

  it("records a request for an upgrade that nobody listens for as what it is answered with", async () => {
    const auspex = monitor();
    const server = createServer((_request, response) => response.writeHead(426).end());
    monitorHttpServer(server, auspex, { route });
    const client = await dial(await listen(server));
    const refused = got(client, "426");
    client.write(asking("/rooms/1"));
    await refused;
    await until(() => total(auspex).inFlight === 0);
    const [one] = await durations(auspex);
    expect(one).toContain("GET /rooms/:id 426");
  });

  it("counts requests and their upgrade on one connection with one listener", async () => {
    const auspex = monitor();
    const server = createServer((_request, response) => response.end("plain"));
    monitorHttpServer(server, auspex, { route });
    const listeners: number[] = [];
    server.on("upgrade", (_request, socket) => {
      listeners.push(socket.listenerCount("close"));
      takeOver(socket as Socket);
      socket.write(SWITCH);
    });
    server.on("request", (request) => listeners.push(request.socket.listenerCount("close")));
    const client = await dial(await listen(server));
    const plain = got(client, "plain");
    client.write("GET /rooms/1 HTTP/1.1\r\nhost: a.example\r\n\r\n");
    await plain;
    const switched = got(client, "101");
    client.write(asking("/rooms/1"));
    await switched;
    client.destroy();
    await until(() => total(auspex).inFlight === 0);
    expect(total(auspex)).toEqual({ count: 2, aborted: 0, inFlight: 0 });
    // Node takes its own away with the upgrade.
    expect(listeners[1]).toBeLessThanOrEqual(listeners[0] as number);
  });
});

describe.each(expresses)("%s", (_name, make) => {
  it("shows upgrades of the server that app.listen makes", async () => {
    const auspex = monitor();
    const app = make();
    monitorExpress(app, auspex);
    const server = app.listen(0, "127.0.0.1");
    afterTest(() => {
      server.closeAllConnections();
      server.close();
    });
    await until(() => server.listening);
    server.on("upgrade", (_request, socket) => {
      takeOver(socket as Socket);
      socket.end(SWITCH);
    });
    const client = await dial((server.address() as { port: number }).port);
    const switched = got(client, "101");
    client.write(asking("/anything"));
    await switched;
    client.destroy();
    await until(() => total(auspex).count === 1 && total(auspex).inFlight === 0);
    const [one] = await durations(auspex);
    expect(one).toContain("GET (none) 101");
  });
});
