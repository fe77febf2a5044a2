import { createServer } from "node:http";
import { monitorExpress } from "auspex/express";
import { monitorHttpServer, setRoute } from "auspex/http";
import express5 from "express";
import express4 from "express4";
import { describe, expect, it } from "vitest";
import { dial, listen, monitor, send } from "./harness.js";

describe("a status of 499", () => {
  it("that a handler answers is no abort, and an abort is no answer", async () => {
    const auspex = monitor();
    const server = createServer((request, response) => {
      setRoute(response, "/x");
      if (request.url === "/answer") response.writeHead(499).end();
      else request.socket.destroy();
    });
    monitorHttpServer(server, auspex);
    const port = await listen(server);
    const abort = async () => {
      const socket = await dial(port);
      socket.write("GET /abort HTTP/1.1\r\nhost: x\r\n\r\n");
      await new Promise((resolve) => socket.on("close", resolve));
    };
    await send(port, { path: "/answer" });
    await abort();
    await abort();
    await send(port, { path: "/answer" });
    const [seen] = auspex.snapshot("total").operations.filter(({ name }) => name === "GET /x");
    expect(seen).toMatchObject({ traffic: { count: 4 }, aborted: { count: 2 }, inFlight: 0 });
    expect(seen.latency.count).toBe(2);
  });
});

describe("a route callback", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    [
      "answers a promise that rejects",
      async () => {
        throw new Error("no");
      },
    ],
    ["answers a promise", async () => "/x"],
  ])("that %s leaves the request unmatched and the host alone", async (_, route) => {
    const warned: string[] = [];
    const logger = { warn: (message: string) => warned.push(message), debug: () => {} };
    const auspex = monitor({ logger });
    const server = createServer((_request, response) => response.end());
    monitorHttpServer(server, auspex, { route: route as never });
    const port = await listen(server);
    expect(await send(port, { path: "/x" })).toBe(200);
    await send(port, { path: "/x" });
    const names = auspex.snapshot("total").operations.map(({ name }) => name);
    expect(names).toEqual(["GET (unmatched)"]);
    expect(warned).toHaveLength(1);
  });
});

describe("templates beyond the limit", () => {
  it("go to the overflow, not among what no route matched", async () => {
    const auspex = monitor({ cardinalityLimit: 10 });
    const server = createServer((request, response) => {
      if (request.url !== "/nothing") setRoute(response, request.url as string);
      response.end();
    });
    monitorHttpServer(server, auspex);
    const port = await listen(server);
    await send(port, { path: "/nothing" });
    for (let i = 0; i < 20; i++) await send(port, { path: `/t${i}` });
    const { operations, self } = auspex.snapshot("total");
    const counts = new Map(operations.map(({ name, traffic }) => [name, traffic.count]));
    expect(counts.get("GET (unmatched)")).toBe(1);
    expect([...counts.values()].reduce((a, b) => a + b, 0)).toBe(21);
    expect(counts.get("otel.metric.overflow")).toBeGreaterThanOrEqual(10);
    expect(self.overflowed).toBeGreaterThanOrEqual(10);
  });
});

describe("two monitors on one server", () => {
  it("are said to be one too many, and each request is recorded once", async () => {
    const warned: string[] = [];
    const logger = { warn: (message: string) => warned.push(message), debug: () => {} };
    const first = monitor({ logger });
    const second = monitor();
    const server = createServer((_request, response) => response.end());
    monitorHttpServer(server, first);
    monitorHttpServer(server, second);
    const port = await listen(server);
    await send(port, { path: "/x" });
    await send(port, { path: "/x" });
    const count = (auspex: typeof first) => {
      return auspex
        .snapshot("total")
        .operations.reduce((sum, { traffic }) => sum + traffic.count, 0);
    };
    expect(count(first) + count(second)).toBe(2);
    expect(warned).toHaveLength(1);
  });
});

describe.each([
  ["Express 4", express4 as unknown as typeof express5],
  ["Express 5", express5],
])("%s, a router that is mounted and also called by a middleware", (_, express) => {
  it("never has the template of the way that was not taken", async () => {
    const auspex = monitor();
    const app = express();
    monitorExpress(app, auspex);
    const router = express.Router();
    router.get("/q/:z", (_request: unknown, response: { end(): void }) => response.end());
    app.use("/m1", router);
    app.use("/d2", (request, response, next) => router(request, response, next));
    const port = await listen(createServer(app));
    await send(port, { path: "/m1/q/1" });
    await send(port, { path: "/d2/q/1" });
    const counts = new Map(
      auspex.snapshot("total").operations.map(({ name, traffic }) => [name, traffic.count]),
    );
    expect(counts.get("GET /m1/q/:z")).toBe(1);
    expect([...counts.keys()].filter((name) => name.includes("/1"))).toEqual([]);
    expect([...counts.values()].reduce((a, b) => a + b, 0)).toBe(2);
  });
});
