import { Agent, createServer, get, type Server } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { Auspex } from "auspex";
import { monitorExpress } from "auspex/express";
import { fastifyAuspex } from "auspex/fastify";
import { monitorHttpServer, setRoute } from "auspex/http";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import { expresses } from "./frameworks.js";
import {
  afterTest,
  dial,
  got,
  listen,
  monitor,
  recorded,
  send,
  total,
  until,
  untilRecorded,
} from "./harness.js";

/** `/wait/:id` never answers, `/half/:id` stops in the middle, `/fast` answers. */
const servers: readonly (readonly [string, (auspex: Auspex) => Promise<Server>])[] = [
  ...expresses.map(
    ([name, make]) =>
      [
        name,
        async (auspex: Auspex) => {
          const app = make();
          monitorExpress(app, auspex);
          app.get("/wait/:id", () => {});
          app.get("/half/:id", (_request, response) => {
            response.write("half");
          });
          app.get("/fast", (_request, response) => {
            response.send("fast");
          });
          return createServer(app);
        },
      ] as const,
  ),
  [
    "Fastify 5",
    async (auspex) => {
      const app = Fastify();
      afterTest(() => app.close());
      await app.register(fastifyAuspex, { auspex });
      app.get("/wait/:id", (_request, reply) => {
        reply.hijack();
      });
      app.get("/half/:id", (_request, reply) => {
        reply.hijack();
        reply.raw.write("half");
      });
      app.get("/fast", async () => "fast");
      await app.ready();
      return app.server;
    },
  ],
  [
    "node:http",
    async (auspex) => {
      const server = createServer((request, response) => {
        const [, first = ""] = (request.url ?? "").split("/");
        setRoute(response, first === "fast" ? "/fast" : `/${first}/:id`);
        if (first === "fast") response.end("fast");
        else if (first === "half") response.write("half");
      });
      monitorHttpServer(server, auspex);
      return server;
    },
  ],
];

const asking = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a.example\r\n\r\n`;

describe.each(servers)("%s", (_name, make) => {
  it("counts a client that leaves before the headers as aborted", async () => {
    const auspex = monitor();
    const socket = await dial(await listen(await make(auspex)));
    socket.write(asking("/wait/1"));
    await until(() => total(auspex).inFlight === 1);
    socket.destroy();
    await untilRecorded(auspex, 1);
    expect(await recorded(auspex)).toEqual(["1 × GET /wait/:id 499"]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 1, inFlight: 0 });
  });

  it("counts a client that leaves in the middle of the body as aborted", async () => {
    const auspex = monitor();
    const socket = await dial(await listen(await make(auspex)));
    const half = got(socket, "half");
    socket.write(asking("/half/1"));
    await half;
    socket.destroy();
    await untilRecorded(auspex, 1);
    expect(await recorded(auspex)).toEqual(["1 × GET /half/:id 499"]);
  });

  it("counts all pipelined requests that one close cuts off, and those before it as answered", async () => {
    const auspex = monitor();
    const socket = await dial(await listen(await make(auspex)));
    const fast = got(socket, "fast");
    socket.write(["/fast", "/wait/1", "/wait/2", "/fast", "/wait/3"].map(asking).join(""));
    await fast;
    await until(() => total(auspex).inFlight === 4);
    socket.destroy();
    await untilRecorded(auspex, 5);
    expect(await recorded(auspex)).toEqual([
      "1 × GET /fast 200",
      "1 × GET /fast 499",
      "3 × GET /wait/:id 499",
    ]);
  });

  it("adds one listener to a connection, however often it is used again", async () => {
    const auspex = monitor();
    const server = await make(auspex);
    const listeners: number[] = [];
    server.on("request", (request) => listeners.push(request.socket.listenerCount("close")));
    const port = await listen(server);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    afterTest(() => agent.destroy());
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => {
        get({ port, path: "/fast", agent }, (response) => response.resume().on("end", resolve));
      });
    }
    await untilRecorded(auspex, 20);
    expect(listeners).toHaveLength(20);
    expect(new Set(listeners.slice(1)).size).toBe(1);
    expect(await recorded(auspex)).toEqual(["20 × GET /fast 200"]);
  });

  it("adds one series per method for 2,000 invented paths", async () => {
    const auspex = monitor();
    const port = await listen(await make(auspex));
    const invented = Array.from({ length: 2000 }, (_, i) => `/invented/${i}/${i * 7}`);
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    afterTest(() => agent.destroy());
    const isBare = _name === "node:http";
    await Promise.all(
      (isBare ? invented.map((path) => `/fast${path}`) : invented).map(
        (path, i) =>
          new Promise((resolve) => {
            get({ port, path, agent, method: i % 2 ? "GET" : "PUT" }, (response) =>
              response.resume().on("end", resolve),
            );
          }),
      ),
    );
    await untilRecorded(auspex, 2000);
    const wanted = isBare ? "/fast 200" : "(none) 404";
    expect(await recorded(auspex)).toEqual([`1000 × GET ${wanted}`, `1000 × PUT ${wanted}`]);
  });

  it("keeps two apps with two monitors apart", async () => {
    const [one, other] = [monitor(), monitor()];
    const [port, otherPort] = [await listen(await make(one)), await listen(await make(other))];
    await Promise.all([
      send(port, { path: "/fast" }),
      send(otherPort, { path: "/fast" }),
      send(otherPort, { path: "/fast" }),
    ]);
    await untilRecorded(one, 1);
    await untilRecorded(other, 2);
    expect(await recorded(one)).toEqual(["1 × GET /fast 200"]);
    expect(await recorded(other)).toEqual(["2 × GET /fast 200"]);
  });

  it("counts a request once when two monitors watch the app", async () => {
    const [one, other] = [monitor(), monitor()];
    const server = await make(one);
    monitorHttpServer(server, other, { route: () => "/of/the/other" });
    const port = await listen(server);
    await send(port, { path: "/fast" });
    await untilRecorded(other, 1);
    expect([...(await recorded(one)), ...(await recorded(other))]).toEqual(["1 × GET /fast 200"]);
  });

  it("adds no listener to a response and keeps its events", async () => {
    const seen: unknown[] = [];
    const look = (server: Server): Server =>
      server.prependListener("request", (_request, response) => {
        for (const event of ["finish", "close", "error"]) seen.push(response.listenerCount(event));
        for (const event of ["prefinish", "finish", "close"]) {
          response.once(event, () => seen.push(event));
        }
      });
    const answered = () => until(() => seen.at(-1) === "close");
    await send(await listen(look(createServer((_, response) => response.end("a")))), { path: "/" });
    await answered();
    const plain = seen.splice(0);
    await send(await listen(look(await make(monitor()))), { path: "/fast" });
    await answered();
    expect(seen).toEqual(plain);
  });
});

describe("monitorHttpServer", () => {
  it("stops when told to", async () => {
    const auspex = monitor();
    const server = createServer((_request, response) => response.end());
    const stop = monitorHttpServer(server, auspex);
    const port = await listen(server);
    await send(port, { path: "/" });
    await untilRecorded(auspex, 1);
    stop();
    await send(port, { path: "/" });
    expect(Object.hasOwn(server, "emit")).toBe(false);
    expect(total(auspex).count).toBe(1);
  });

  it("counts a request whose route callback throws as unmatched", async () => {
    const auspex = monitor();
    const server = createServer((_request, response) => response.end());
    monitorHttpServer(server, auspex, {
      route: () => {
        throw new Error("no");
      },
    });
    await send(await listen(server), { path: "/a" });
    await untilRecorded(auspex, 1);
    expect(await recorded(auspex)).toEqual(["1 × GET (none) 200"]);
  });

  it("tells answered from cancelled streams of one HTTP/2 connection", async () => {
    const auspex = monitor();
    const server = createHttp2Server((request, response) => {
      if (request.url === "/fast") response.end("fast");
    });
    monitorHttpServer(server as unknown as Server, auspex, {
      route: (request) => request.url,
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    afterTest(() => new Promise((resolve) => server.close(resolve)));
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    afterTest(() => client.destroy());
    const waiting = client.request({ ":path": "/wait" });
    waiting.on("error", () => {});
    const cancelled = client.request({ ":path": "/cancelled" });
    cancelled.on("error", () => {});
    await until(() => total(auspex).inFlight === 2);
    const fast = client.request({ ":path": "/fast" });
    await new Promise((resolve) => fast.resume().on("end", resolve));
    cancelled.close(8);
    await until(() => total(auspex).count === 2);
    expect(total(auspex)).toEqual({ count: 2, aborted: 1, inFlight: 1 });
    client.destroy();
    await untilRecorded(auspex, 3);
    expect(await recorded(auspex)).toEqual([
      "1 × GET /cancelled 499",
      "1 × GET /fast 200",
      "1 × GET /wait 499",
    ]);
  });
});
