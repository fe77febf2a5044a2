import { createServer } from "node:http";
import type { Auspex } from "auspex";
import { expressMiddleware, monitorExpress, unmonitored } from "auspex/express";
import { fastifyAuspex } from "auspex/fastify";
import { type HttpServerOptions, monitorHttpServer, setRoute } from "auspex/http";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import { expresses } from "./frameworks.js";
import {
  afterTest,
  durations,
  listen,
  monitor,
  points,
  recorded,
  send,
  total,
  until,
  untilRecorded,
} from "./harness.js";
import { type Handle, rawFrameworks } from "./raw.js";

const plain: Handle = (response) => response.end("ok");

/** The parts of what `durations` shows that do not vary. */
const shown = async (auspex: Auspex) =>
  (await durations(auspex)).map((each) => each.replace(/ × .*?: /, " × "));

const sizes = async (auspex: Auspex, which: "request" | "response") =>
  points(auspex, `http_server_${which}_body_size_bytes`);

describe.each(rawFrameworks)("$name", ({ name, serve }) => {
  async function stage(options: HttpServerOptions, handle = plain) {
    const auspex = monitor();
    const served = await serve(auspex, handle, options);
    const ask = async (path: string, more?: Parameters<typeof served.ask>[1]) => {
      const { answer } = served.ask(path, more);
      await until(() => answer.ended || answer.failed);
      return answer;
    };
    return { auspex, ...served, ask };
  }

  it("leaves out what the filter refuses, in flight and all", async () => {
    let inFlight = -1;
    const { auspex, ask } = await stage(
      { filter: ({ url }) => url !== "/go/health" },
      (response, { url }) => {
        if (url === "/go/health") inFlight = total(auspex).inFlight;
        response.end("ok");
      },
    );
    for (const path of ["/go/health", "/go/1", "/go/health"]) await ask(path);
    await untilRecorded(auspex, 1);
    expect(await shown(auspex)).toEqual(["1 × GET /go/:id 200"]);
    expect(inFlight).toBe(0);
    expect(total(auspex)).toEqual({ count: 1, aborted: 0, inFlight: 0 });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    [
      "answers a promise",
      async () => {
        throw new Error("no");
      },
    ],
  ])("records what a filter that %s was asked for, and counts it", async (_what, filter) => {
    const { auspex, ask } = await stage({ filter: filter as never });
    await ask("/go/1");
    await untilRecorded(auspex, 1);
    expect(await shown(auspex)).toEqual(["1 × GET /go/:id 200"]);
    expect(auspex.snapshot("total").self.callbackErrors).toBe(1);
  });

  it("ignores paths, without their query, and templates", async () => {
    const byPath = await stage({ ignore: ["/go/health", "/nowhere"] });
    for (const path of ["/go/health", "/go/health?deep=1", "/nowhere", "/go/1"]) {
      await byPath.ask(path);
    }
    await untilRecorded(byPath.auspex, 1);
    expect(await shown(byPath.auspex)).toEqual(["1 × GET /go/:id 200"]);
    const byTemplate = await stage({ ignore: ["/go/:id"] });
    for (const path of ["/go/1", "/go/2", "/nowhere"]) await byTemplate.ask(path);
    await untilRecorded(byTemplate.auspex, 1);
    expect(await shown(byTemplate.auspex)).toEqual(["1 × GET (none) 404"]);
    expect(total(byTemplate.auspex).inFlight).toBe(0);
  });

  it("adds the attributes of a callback, and never over its own", async () => {
    let calls = 0;
    const { auspex, ask } = await stage({
      attributes: (request, response) => {
        calls++;
        return {
          "tenant.plan": String(request.headers["x-plan"]),
          "cache.hit": response.statusCode === 200,
          "http.route": "/forged",
          "error.type": "forged",
        };
      },
    });
    await ask("/go/1", { headers: { "x-plan": "gold" } });
    await ask("/go/2", { headers: { "x-plan": "free" } });
    await ask("/go/3", { headers: { "x-plan": "gold" } });
    await untilRecorded(auspex, 3);
    expect(await shown(auspex)).toEqual([
      "1 × GET /go/:id 200 cache_hit=true tenant_plan=free",
      "2 × GET /go/:id 200 cache_hit=true tenant_plan=gold",
    ]);
    expect(calls).toBe(3);
    const [operation, ...others] = auspex.snapshot("total").operations;
    expect(others).toEqual([]);
    expect(operation).toMatchObject({ name: "GET /go/:id", traffic: { count: 3 }, inFlight: 0 });
  });

  it("bounds the sets of attributes on one route and method", async () => {
    let next = 0;
    const { auspex, ask } = await stage({ attributes: () => ({ id: next++ }) });
    for (let i = 0; i < 50; i++) await ask("/go/1");
    await untilRecorded(auspex, 50);
    const all = await shown(auspex);
    expect(all).toHaveLength(33);
    expect(all).toContain("18 × (none) otel_metric_overflow=true");
    expect(auspex.snapshot("total").self.overflowed).toBe(18);
    expect(total(auspex).count).toBe(50);
  });

  it.each<[string, unknown]>([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    [
      "answers a promise",
      async () => {
        throw new Error("no");
      },
    ],
    ["answers a text", () => "gold"],
  ])(
    "records without attributes when their callback %s, and counts it",
    async (_what, attributes) => {
      const { auspex, ask } = await stage({ attributes: attributes as never });
      await ask("/go/1");
      await untilRecorded(auspex, 1);
      expect(await shown(auspex)).toEqual(["1 × GET /go/:id 200"]);
      expect(auspex.snapshot("total").self.callbackErrors).toBe(1);
    },
  );

  it("records body sizes only when asked to", async () => {
    const { auspex, ask } = await stage({});
    await ask("/go/1");
    await untilRecorded(auspex, 1);
    expect([await sizes(auspex, "request"), await sizes(auspex, "response")]).toEqual([[], []]);
  });

  it.each<[string, Handle, string]>([
    ["ended in one go", (response) => response.end("é".repeat(50)), "100"],
    ["ended with bytes", (response) => response.end(Buffer.alloc(100)), "100"],
    ["ended in another encoding", (response) => response.end("é".repeat(100), "latin1"), "100"],
    ["without a body", (response) => response.end(), "0"],
    [
      "that is streamed",
      (response) => {
        response.write("é".repeat(10));
        setImmediate(() => {
          response.write(Buffer.alloc(30));
          response.end("x".repeat(50));
        });
      },
      "100",
    ],
    [
      "that may not have a body",
      (response) => {
        response.statusCode = 304;
        response.end("ignored");
      },
      "0",
    ],
  ])("records the size of a response %s", async (_what, handle, bytes) => {
    const { auspex, ask } = await stage({ bodySizes: true }, handle);
    const { status } = await ask("/go/1");
    await untilRecorded(auspex, 1);
    expect(await sizes(auspex, "response")).toEqual([`1 × ${bytes}: GET /go/:id ${status}`]);
    expect(await sizes(auspex, "request")).toEqual([]);
  });

  it("records no body of HEAD, and the size that a request gives", async () => {
    const read: Handle = (response, request) => {
      request.resume().on("end", () => response.end("ok"));
    };
    const { auspex, ask } = await stage({ bodySizes: true }, read);
    await ask("/go/1", { method: "HEAD" });
    const body = "x".repeat(100);
    const headers = { "content-type": "text/x", "content-length": "100" };
    await ask("/go/1", { method: "POST", headers, body });
    await untilRecorded(auspex, 2);
    expect(await sizes(auspex, "request")).toEqual(["1 × 100: POST /go/:id 200"]);
    expect(await sizes(auspex, "response")).toEqual([
      "1 × 0: HEAD /go/:id 200",
      "1 × 2: POST /go/:id 200",
    ]);
  });

  it("gives sizes the attributes of the duration", async () => {
    const { auspex, ask } = await stage(
      { bodySizes: true, attributes: () => ({ plan: "gold" }) },
      (response) => response.writeHead(503).end("sorry"),
    );
    await ask("/go/1");
    await untilRecorded(auspex, 1);
    expect(await sizes(auspex, "response")).toEqual(["1 × 5: GET /go/:id 503 plan=gold"]);
  });

  it("refuses options that do not fit, naming every fault", async () => {
    const wrong = {
      filter: 1,
      ignore: ["/a", 2, "b"],
      attributes: {},
      bodySizes: "yes",
      filtre: 1,
    };
    const refused = serve(monitor(), plain, wrong as never);
    await expect(refused).rejects.toThrow(TypeError);
    const error: Error = await refused.catch((thrown) => thrown);
    for (const part of [
      "filter is 1",
      "ignore[1] is 2",
      'ignore[2] is "b"',
      "attributes is an object",
      'bodySizes is "yes"',
      "filtre is no option",
    ]) {
      expect(error.message).toContain(part);
    }
    expect(error.message).not.toContain("ignore[0]");
    await expect(serve(monitor(), plain, { ignore: "/a" } as never)).rejects.toThrow(/give a list/);
    if (name === "node:http") {
      await expect(serve(monitor(), plain, 5 as never)).resolves.toBeDefined();
      expect(() => monitorHttpServer(createServer(), monitor(), 5 as never)).toThrow(
        /options are 5/,
      );
    }
  });
});

describe("one route is switched off", () => {
  it.each(expresses)("in %s, by unmonitored", async (_name, make) => {
    for (const wire of [
      monitorExpress,
      (app: any, auspex: Auspex) => app.use(expressMiddleware(auspex)),
    ]) {
      const auspex = monitor();
      const app = make();
      app.set("env", "test");
      wire(app, auspex);
      const router = make.Router();
      router.get("/deep/:id", (_request, response) => void response.send("ok"));
      const hello = function hello(_request: unknown, response: { send(text: string): void }) {
        response.send("ok");
      };
      expect(unmonitored(hello).name).toBe(hello.name);
      expect(unmonitored(hello)).toHaveLength(2);
      app.get("/health", unmonitored(hello));
      app.get("/ready", unmonitored(), hello);
      app.use("/internal", unmonitored(router));
      app.get(
        "/broken",
        unmonitored(() => {
          throw new Error("no");
        }),
      );
      app.get("/seen", hello);
      const port = await listen(createServer(app));
      for (const path of ["/health", "/ready", "/internal/deep/1", "/broken", "/seen"]) {
        expect(await send(port, { path })).toBe(path === "/broken" ? 500 : 200);
      }
      await untilRecorded(auspex, 1);
      expect(await recorded(auspex)).toEqual(["1 × GET /seen 200"]);
      expect(total(auspex).inFlight).toBe(0);
    }
    expect(() => unmonitored("hello" as never)).toThrow(/give a handler/);
    expect(() => unmonitored(((_a: 1, _b: 1, _c: 1, _d: 1) => {}) as never)).toThrow(
      /give a handler/,
    );
  });

  it.each(["before the plugin is ready", "after it"])(
    "in Fastify 5, by config, %s",
    async (when) => {
      const auspex = monitor();
      const app = Fastify();
      afterTest(() => app.close());
      const registered = app.register(fastifyAuspex, { auspex });
      if (when === "after it") await registered;
      const off = { config: { auspex: false } } as const;
      app.get("/health", off, async () => "ok");
      app.post(
        "/checked",
        { ...off, schema: { body: { type: "object", required: ["a"] } } },
        async () => "ok",
      );
      app.get("/seen", async () => "ok");
      for (let i = 0; i < 2; i++) {
        await app.inject("/health");
        await app.inject({ method: "POST", url: "/checked", payload: {} });
      }
      await app.inject("/seen");
      const port = await listen(app.server as never);
      for (const path of ["/health", "/health", "/seen"]) await send(port, { path });
      await untilRecorded(auspex, 2);
      expect(await recorded(auspex)).toEqual(["2 × GET /seen 200"]);
      expect(total(auspex).inFlight).toBe(0);
    },
  );

  it("in node:http, by the route callback", async () => {
    const auspex = monitor();
    const server = createServer((_request, response) => {
      setRoute(response, "/named");
      response.end("ok");
    });
    monitorHttpServer(server, auspex, { route: ({ url }) => (url === "/health" ? false : url) });
    const port = await listen(server);
    for (const path of ["/health", "/seen"]) await send(port, { path });
    await untilRecorded(auspex, 1);
    expect(await recorded(auspex)).toEqual(["1 × GET /named 200"]);
    expect(total(auspex).inFlight).toBe(0);
  });
});
