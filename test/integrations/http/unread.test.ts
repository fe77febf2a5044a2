import { createServer, type Server, type ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { Auspex } from "auspex";
import { monitorExpress } from "auspex/express";
import { fastifyAuspex } from "auspex/fastify";
import { monitorHttpServer } from "auspex/http";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import { expresses } from "./frameworks.js";
import { afterTest, dial, got, listen, monitor, recorded, total, until } from "./harness.js";

/** `POST /slow` reads its body, then answers; `GET /wait` never does. */
type Serve = (auspex: Auspex, options?: ServerOptions) => Promise<Server>;

const servers: readonly (readonly [string, Serve])[] = [
  ...expresses.map(
    ([name, make]) =>
      [
        `${name} beside monitorHttpServer`,
        async (auspex: Auspex, options: ServerOptions = {}) => {
          const app = make();
          monitorExpress(app, auspex);
          app.post("/slow", (request, response) => {
            request.resume().on("end", () => response.end("done"));
          });
          app.get("/wait", () => {});
          const server = createServer(options, app);
          monitorHttpServer(server, auspex);
          return server;
        },
      ] as const,
  ),
  [
    "Fastify 5",
    async (auspex, options = {}) => {
      const app = Fastify({ http: options } as object);
      afterTest(() => app.close());
      await app.register(fastifyAuspex, { auspex });
      app.post("/slow", async () => "done");
      app.get("/wait", (_request, reply) => {
        reply.hijack();
      });
      await app.ready();
      return app.server as Server;
    },
  ],
  [
    "node:http",
    async (auspex, options = {}) => {
      const server = createServer(options, (request, response) => {
        if (request.method === "POST") {
          request.resume().on("end", () => response.end("done"));
        }
      });
      monitorHttpServer(server, auspex, { route: ({ url }) => url });
      return server;
    },
  ],
];

const POST = "POST /slow HTTP/1.1\r\nhost: a.example\r\ncontent-type: application/json\r\n";

describe.each(servers)("%s", (_name, serve) => {
  it.each([
    ["bytes that are no HTTP", "hello?\r\n\r\n", "400"],
    ["an invented method", "STEAL / HTTP/1.1\r\nhost: a\r\n\r\n", "400"],
    ["a header that is too long", `GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`, "431"],
  ])("counts %s once, with the status Node answers", async (_what, bytes, status) => {
    const auspex = monitor();
    const client = await dial(await listen(await serve(auspex)));
    const answered = got(client, status);
    client.write(bytes);
    await answered;
    await until(() => total(auspex).count === 1);
    expect(await recorded(auspex)).toEqual([`1 × _OTHER (none) ${status}`]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 0, inFlight: 0 });
  });

  it("counts a request once whose body cannot be read, as it is answered", async () => {
    const auspex = monitor();
    const client = await dial(await listen(await serve(auspex)));
    client.write(`${POST}transfer-encoding: chunked\r\n\r\n`);
    await until(() => total(auspex).inFlight === 1);
    const answered = got(client, "400");
    client.write("no chunk\r\n");
    await answered;
    await until(() => total(auspex).inFlight === 0);
    const [one, ...others] = await recorded(auspex);
    expect(one).toMatch(/^1 × POST (\/slow|\(none\)) 400$/);
    expect(others).toEqual([]);
  });

  it("counts a client that leaves in the middle of its body as aborted", async () => {
    const auspex = monitor();
    const client = await dial(await listen(await serve(auspex)));
    client.write(`${POST}content-length: 100\r\n\r\n{"a"`);
    await until(() => total(auspex).inFlight === 1);
    client.destroy();
    await until(() => total(auspex).inFlight === 0);
    expect(total(auspex)).toEqual({ count: 1, aborted: 1, inFlight: 0 });
  });

  it("counts nothing of a client that leaves in the middle of its headers", async () => {
    const auspex = monitor();
    const server = await serve(auspex);
    const gone = new Promise((resolve) => {
      server.on("connection", (socket) => socket.on("close", resolve));
    });
    const client = await dial(await listen(server));
    client.end("GET / HT");
    await gone;
    expect(total(auspex)).toEqual({ count: 0, aborted: 0, inFlight: 0 });
  });

  it("counts headers and bodies that come too slowly as 408", async () => {
    const auspex = monitor();
    const server = await serve(auspex, { connectionsCheckingInterval: 10 });
    const port = await listen(server);
    const [headers, body] = [await dial(port), await dial(port)];
    const answered = Promise.all([got(headers, "408"), got(body, "408")]);
    headers.write("GET / HTTP/1.1\r\nhost: a");
    body.write(`${POST}content-length: 100\r\n\r\n{"a"`);
    await until(() => total(auspex).inFlight === 1);
    // Not before the headers of the one are there, however slow the machine is.
    Object.assign(server, { headersTimeout: 30, requestTimeout: 60 });
    await answered;
    await until(() => total(auspex).count === 2 && total(auspex).inFlight === 0);
    const shown = await recorded(auspex);
    expect(shown).toHaveLength(2);
    expect(shown.find((each) => each.includes("_OTHER"))).toBe("1 × _OTHER (none) 408");
    expect(shown.find((each) => each.includes("POST"))).toMatch(/^1 × POST .* 408$/);
  });

  it("counts a request that the server's socket timeout cuts off as aborted", async () => {
    const auspex = monitor();
    const server = await serve(auspex);
    server.timeout = 600_000;
    const sockets: Socket[] = [];
    server.on("connection", (socket) => sockets.push(socket));
    const client = await dial(await listen(server));
    client.write("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n");
    await until(() => total(auspex).inFlight === 1);
    // Not before the request is there, however slow the machine is.
    sockets[0]?.setTimeout(30);
    await until(() => total(auspex).count === 1);
    expect(await recorded(auspex)).toEqual(["1 × GET /wait 499"]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 1, inFlight: 0 });
  });
});

describe("node:http", () => {
  it("leaves what a listener of its host answers to that listener", async () => {
    const auspex = monitor();
    const server = createServer();
    monitorHttpServer(server, auspex);
    server.on("clientError", (_error, socket) => {
      socket.end("HTTP/1.1 400 Try again\r\n\r\n");
    });
    const client = await dial(await listen(server));
    const answered = got(client, "Try again");
    client.write("hello?\r\n\r\n");
    await answered;
    expect(await recorded(auspex)).toEqual(["1 × _OTHER (none) 400"]);
  });

  it("counts a fault once when two monitors, or wirings, watch the server", async () => {
    const auspex = monitor();
    const server = createServer();
    monitorHttpServer(server, auspex);
    monitorHttpServer(server, auspex);
    const client = await dial(await listen(server));
    const answered = got(client, "400");
    client.write("hello?\r\n\r\n");
    await answered;
    expect(await recorded(auspex)).toEqual(["1 × _OTHER (none) 400"]);
  });
});
