import { EventEmitter } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { expressMiddleware } from "auspex/express";
import { monitorHttpServer } from "auspex/http";
import express from "express";
import { describe, expect, it } from "vitest";
import { listen, monitor, send } from "./harness.js";

async function watched(answer: RequestListener) {
  const auspex = monitor();
  const server = createServer(answer);
  monitorHttpServer(server, auspex, { route: () => "/x" });
  return { auspex, port: await listen(server) };
}

const streams = (auspex: ReturnType<typeof monitor>) => {
  return auspex
    .snapshot("total")
    .histograms.filter(({ name }) => name === "auspex.http.server.stream.duration").length;
};

describe("what stands in for a response", () => {
  it("is no property of the response", async () => {
    const own: string[] = [];
    const { port } = await watched((_request, response) => {
      own.push(
        ...["emit", "write", "flushHeaders"].filter((name) => Object.hasOwn(response, name)),
      );
      response.end();
    });
    expect(await send(port, { path: "/" })).toBe(200);
    expect(own).toEqual([]);
  });

  it("hands events on to an `emit` that something else puts in place later", async () => {
    const { auspex, port } = await watched((_request, response) => response.end("late"));
    const { emit } = EventEmitter.prototype;
    const seen = new Set<string | symbol>();
    EventEmitter.prototype.emit = function (event, ...args) {
      if ("statusCode" in this && "req" in this) seen.add(event as string);
      return Reflect.apply(emit, this, [event, ...args]);
    };
    try {
      await send(port, { path: "/" });
    } finally {
      EventEmitter.prototype.emit = emit;
    }
    expect(seen).toContain("finish");
    expect(auspex.snapshot("total").operations[0]?.traffic.count).toBe(1);
  });

  it("leaves a host that replaces `write` and `end` on its response the last word, and is told", async () => {
    const { auspex, port } = await watched((_request, response) => {
      const { write } = response;
      let pieces = 0;
      response.write = function (this: typeof response, ...args: never[]) {
        pieces++;
        return Reflect.apply(write, this, args);
      } as typeof write;
      response.write("one");
      setTimeout(() => response.end(String(pieces)), 5);
    });
    await send(port, { path: "/" });
    await expect.poll(() => streams(auspex)).toBe(1);
  });

  it("lets the responses of a server that nobody watches pass", async () => {
    const { auspex } = await watched((_request, response) => response.end());
    const server = createServer((_request, response) => {
      response.flushHeaders();
      response.write("a");
      response.end("b");
    });
    expect(await send(await listen(server), { path: "/" })).toBe(200);
    expect(auspex.snapshot("total").operations).toEqual([]);
  });

  it("ends a response once where two monitors that measure bodies are wired to one app", async () => {
    const app = express();
    const [one, other] = [monitor(), monitor()];
    app.use("/one", expressMiddleware(one, { bodySizes: true }));
    app.use("/other", expressMiddleware(other, { bodySizes: true }));
    app.get("/:which/:id", (_request, response) => {
      response.end("twelve bytes");
    });
    const port = await listen(createServer(app));
    for (const path of ["/one/1", "/other/1", "/one/2", "/other/2"]) {
      expect(await send(port, { path })).toBe(200);
    }
    for (const auspex of [one, other]) {
      const sizes = auspex
        .snapshot("total")
        .histograms.find(({ name }) => name === "http.server.response.body.size");
      expect(sizes?.count).toBe(2);
      expect(sizes?.max).toBe(12);
    }
  });
});
