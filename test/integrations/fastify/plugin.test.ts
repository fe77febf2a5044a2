import type { AddressInfo } from "node:net";
import { createAuspex } from "auspex";
import { fastifyAuspex } from "auspex/fastify";
import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { describe, expect, it } from "vitest";
import {
  afterTest,
  dial,
  got,
  monitor,
  recorded,
  type Sent,
  send,
  total,
  until,
  untilRecorded,
} from "../http/harness.js";

interface Case {
  readonly name: string;
  readonly options?: FastifyServerOptions;
  readonly routes: (app: FastifyInstance) => unknown;
  readonly sent: readonly (string | Sent)[];
  readonly records: readonly string[];
}

const ok = async (): Promise<string> => "ok";
const json = { "content-type": "application/json" };

const cases: readonly Case[] = [
  {
    name: "prefixes, with and without a slash",
    routes: async (app) => {
      await app.register(
        async (api) => {
          api.get("/", ok);
          api.get("/users/:id", ok);
          await api.register(async (deep) => deep.get("/x", ok), { prefix: "/:deep" });
        },
        { prefix: "/api/:version" },
      );
    },
    sent: ["/api/1", "/api/1/", "/api/1/users/2", "/api/1/a/x"],
    records: [
      "1 × GET /api/:version/:deep/x 200",
      "1 × GET /api/:version/users/:id 200",
      "2 × GET /api/:version 200",
    ],
  },
  {
    name: "wildcards, expressions and several parameters in a segment",
    routes: (app) => {
      app.get("/files/*", ok);
      app.get("/at/:hour(^\\d{2})h:minute(^\\d{2})m", ok);
      app.get("/near/:lat-:lng", ok);
      app.get("/maybe/:id?", ok);
    },
    sent: ["/files/a/b", "/at/12h30m", "/near/1-2", "/maybe", "/maybe/1"],
    records: [
      "1 × GET /at/:hour(^\\d{2})h:minute(^\\d{2})m 200",
      "1 × GET /files/* 200",
      "1 × GET /near/:lat-:lng 200",
      "2 × GET /maybe/:id? 200",
    ],
  },
  {
    name: "HEAD by its GET route, and routes of several methods",
    routes: (app) => {
      app.get("/a", ok);
      app.route({ method: ["PUT", "DELETE"], url: "/b/:id", handler: ok });
      app.all("/c", ok);
    },
    sent: [
      { method: "HEAD", path: "/a" },
      { method: "PUT", path: "/b/1" },
      { method: "DELETE", path: "/b/1" },
      { method: "OPTIONS", path: "/c" },
    ],
    records: [
      "1 × DELETE /b/:id 200",
      "1 × HEAD /a 200",
      "1 × OPTIONS /c 200",
      "1 × PUT /b/:id 200",
    ],
  },
  {
    name: "validation, body and media type errors",
    routes: (app) => {
      const schema = { body: { type: "object", required: ["a"] } };
      app.post("/checked/:id", { schema, bodyLimit: 20 }, ok);
    },
    sent: [
      { method: "POST", path: "/checked/1", headers: json, body: "{}" },
      { method: "POST", path: "/checked/1", headers: json, body: "{" },
      { method: "POST", path: "/checked/1", headers: json, body: '{"a":1}' },
      { method: "POST", path: "/checked/1", headers: json, body: `{"a":"${"x".repeat(99)}"}` },
      { method: "POST", path: "/checked/1", headers: { "content-type": "a/b" }, body: "{}" },
    ],
    records: [
      "1 × POST /checked/:id 200",
      "1 × POST /checked/:id 413",
      "1 × POST /checked/:id 415",
      "2 × POST /checked/:id 400",
    ],
  },
  ...(["onRequest", "preParsing", "preValidation", "preHandler"] as const).flatMap(
    (hook): Case[] => {
      const sent = ["/by/1", "/by/2", { path: "/by/3", headers: { "x-throw": "1" } }];
      const records = ["1 × GET /by/:id 500 error 500", "2 × GET /by/:id 401"];
      const refuse = async (request: any, reply: any): Promise<unknown> => {
        if (request.headers["x-throw"]) throw new Error("thrown");
        return reply.code(401).send("no");
      };
      return [
        {
          name: `what an ${hook} hook of a route answers`,
          routes: (app) => {
            app.get("/by/:id", { [hook]: refuse }, ok);
          },
          sent,
          records,
        },
        {
          name: `what an ${hook} hook of the app answers, added after the route`,
          routes: (app) => {
            app.get("/by/:id", ok);
            app.addHook(hook as "onRequest", refuse as never);
          },
          sent,
          records,
        },
      ];
    },
  ),
  {
    name: "errors that a handler of errors answers",
    routes: (app) => {
      app.setErrorHandler((_error, _request, reply) => reply.code(418).send("mapped"));
      app.get("/mapped/:id", async () => {
        throw new Error("failed");
      });
      app.get("/sent/:id", (_request, reply) => {
        reply.send(new Error("failed"));
      });
    },
    sent: ["/mapped/1", "/mapped/2", "/sent/1"],
    records: ["1 × GET /sent/:id 418", "2 × GET /mapped/:id 418"],
  },
  {
    name: "hijacked replies",
    routes: (app) => {
      app.get("/raw/:id", (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(202).end("raw");
      });
    },
    sent: ["/raw/1", "/raw/2"],
    records: ["2 × GET /raw/:id 202"],
  },
  {
    name: "answers of one's own to what is not found, unmatched",
    routes: (app) => {
      app.setNotFoundHandler((_request, reply) => reply.code(404).send("nothing"));
      app.get("/found", (_request, reply) => reply.callNotFound());
    },
    sent: ["/a", "/b", "/found"],
    records: ["1 × GET /found 404", "2 × GET (none) 404"],
  },
  {
    name: "malformed URLs, unmatched",
    routes: (app) => app.get("/users/:id", ok),
    sent: ["/users/%zz", "/%"],
    records: ["2 × GET (none) 400"],
  },
  {
    name: "rewritten URLs by what they become",
    options: { rewriteUrl: () => "/there/1" },
    routes: (app) => app.get("/there/:id", ok),
    sent: ["/here"],
    records: ["1 × GET /there/:id 200"],
  },
];

async function serve(app: FastifyInstance): Promise<number> {
  afterTest(() => app.close());
  return Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
}

async function visit(app: FastifyInstance, sent: Case["sent"]): Promise<void> {
  const port = await serve(app);
  for (const each of sent) await send(port, typeof each === "string" ? { path: each } : each);
  await untilRecorded(app.auspex, sent.length);
}

describe("fastifyAuspex counts", () => {
  it.each(cases)("$name", async ({ options, routes, sent, records }) => {
    const app = Fastify(options);
    await app.register(fastifyAuspex, { auspex: monitor() });
    await routes(app);
    await visit(app, sent);
    expect(await recorded(app.auspex)).toEqual([...records]);
    expect(total(app.auspex).inFlight).toBe(0);
  });

  it.each(cases)(
    "$name, registered without waiting",
    async ({ options, routes, sent, records }) => {
      const auspex = monitor();
      const app = Fastify(options);
      app.register(fastifyAuspex, { auspex });
      await Promise.all([routes(app)]);
      const port = await serve(app);
      for (const each of sent) await send(port, typeof each === "string" ? { path: each } : each);
      await untilRecorded(auspex, sent.length);
      expect(await recorded(auspex)).toEqual([...records]);
    },
  );

  it("503 while the server closes, unmatched", async () => {
    const app = Fastify({ forceCloseConnections: false });
    const auspex = monitor();
    await app.register(fastifyAuspex, { auspex });
    const waiting: (() => void)[] = [];
    app.get("/wait", async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return "waited";
    });
    const socket = await dial(await serve(app));
    const answered = got(socket, "503");
    const ask = "GET /wait HTTP/1.1\r\nhost: a.example\r\n\r\n";
    socket.write(ask);
    await until(() => waiting.length === 1);
    const closed = app.close();
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(ask);
    await until(() => total(auspex).inFlight + total(auspex).count === 2);
    waiting[0]?.();
    await answered;
    await closed;
    expect(await recorded(auspex)).toEqual(["1 × GET (none) 503 error 503", "1 × GET /wait 200"]);
  });

  it("requests on every address of localhost", async () => {
    const app = Fastify();
    await app.register(fastifyAuspex, { auspex: monitor() });
    app.get("/a", ok);
    afterTest(() => app.close());
    await app.listen({ port: 0, host: "localhost" });
    const addresses = app.addresses() as AddressInfo[];
    for (const { address, port } of addresses) {
      const host = address.includes(":") ? `[${address}]` : address;
      for (const path of ["a", "%zz"]) await (await fetch(`http://${host}:${port}/${path}`)).text();
    }
    await untilRecorded(app.auspex, 2 * addresses.length);
    expect(await recorded(app.auspex)).toEqual([
      `${addresses.length} × GET (none) 400`,
      `${addresses.length} × GET /a 200`,
    ]);
  });
});

describe("fastifyAuspex counts what is injected", () => {
  async function injected(): Promise<FastifyInstance> {
    const app = Fastify({ routerOptions: { maxParamLength: 20 } });
    afterTest(() => app.close());
    await app.register(fastifyAuspex, { auspex: monitor() });
    app.get("/users/:id", ok);
    return app;
  }

  it("with a malformed URL, which comes to no hook", async () => {
    const app = await injected();
    for (let i = 0; i < 2; i++) {
      expect((await app.inject("/users/%zz")).statusCode).toBe(400);
      expect((await app.inject().get(`/users/${"x".repeat(50)}`)).statusCode).toBe(414);
      expect((await app.inject({ url: "/users/1", payloadAsStream: true })).statusCode).toBe(200);
    }
    await untilRecorded(app.auspex, 6);
    expect(await recorded(app.auspex)).toEqual([
      "2 × GET (none) 400",
      "2 × GET (none) 414",
      "2 × GET /users/:id 200",
    ]);
  });

  it("with a callback, before the app is ready, and after it is closed", async () => {
    const app = await injected();
    const status = await new Promise((resolve) => {
      app.inject("/users/1", (_error, response) => resolve(response?.statusCode));
    });
    expect(status).toBe(200);
    await untilRecorded(app.auspex, 1);
    await app.close();
    await expect(app.inject("/users/1")).rejects.toThrow();
    expect(await recorded(app.auspex)).toEqual(["1 × GET /users/:id 200"]);
    expect(total(app.auspex).inFlight).toBe(0);
  });

  it("in a plugin of its own scope", async () => {
    const app = await injected();
    let scope: FastifyInstance | undefined;
    await app.register(async (inner) => {
      scope = inner;
      inner.get("/inner/:id", ok);
    });
    await app.ready();
    expect((await (scope as FastifyInstance).inject("/inner/%zz")).statusCode).toBe(400);
    await untilRecorded(app.auspex, 1);
    expect(await recorded(app.auspex)).toEqual(["1 × GET (none) 400"]);
  });
});

describe("fastifyAuspex counts a hijacked reply once", () => {
  it("that is written to the socket by hand, which nobody can read back", async () => {
    const app = Fastify();
    await app.register(fastifyAuspex, { auspex: monitor() });
    app.get("/raw/:id", (request, reply) => {
      reply.hijack();
      request.raw.socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    const socket = await dial(await serve(app));
    const answered = got(socket, "ok");
    socket.write("GET /raw/1 HTTP/1.1\r\nhost: a\r\n\r\n");
    await answered;
    socket.end();
    await untilRecorded(app.auspex, 1);
    expect(total(app.auspex)).toEqual({ count: 1, aborted: 1, inFlight: 0 });
    expect(await recorded(app.auspex)).toEqual(["1 × GET /raw/:id 499"]);
  });
});

describe("fastifyAuspex", () => {
  it("leaves no hook on a route without hooks, and stays where there are some", async () => {
    const app = Fastify();
    await app.register(fastifyAuspex, { auspex: monitor() });
    const hooks: Record<string, unknown> = {};
    const look = async (request: object, reply: { raw: object }): Promise<string> => {
      for (const key of Object.getOwnPropertySymbols(request)) {
        if (key.description !== "fastify.context") continue;
        const context = (request as any)[key];
        hooks[context.config.url] = context.onRequest?.length ?? null;
      }
      return String(reply.raw);
    };
    app.get("/bare", look as never);
    app.get("/hooked", { preHandler: async () => {} }, look as never);
    for (const url of ["/bare", "/bare", "/hooked", "/hooked"]) await app.inject(url);
    expect(hooks).toEqual({ "/bare": null, "/hooked": 1 });
    expect(await recorded(app.auspex)).toEqual(["2 × GET /bare 200", "2 × GET /hooked 200"]);
  });

  it("makes a monitor from options, serves its metrics and shuts it down with the app", async () => {
    const app = Fastify();
    await app.register(fastifyAuspex, { service: "shop", saturation: false, metrics: "/metrics" });
    app.get("/a/:id", ok);
    await app.inject("/a/1");
    const page = await app.inject("/metrics");
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('service_name="shop"');
    expect(page.body).toMatch(/_count\{.*http_route="\/a\/:id".*\} 1/);
    expect(app.auspex.snapshot("1m").service).toBe("shop");
    await app.close();
    await expect(app.auspex.shutdown()).resolves.toMatchObject({ ok: true });
  });

  it("leaves a monitor it was given running", async () => {
    const auspex = createAuspex({ saturation: false });
    afterTest(() => auspex.shutdown());
    let isDown = false;
    const { shutdown } = auspex;
    auspex.shutdown = (options) => {
      isDown = true;
      return shutdown.call(auspex, options);
    };
    const app = Fastify();
    await app.register(fastifyAuspex, { auspex });
    await app.close();
    expect(isDown).toBe(false);
  });

  it("refuses options that do not fit, naming them", async () => {
    const auspex = monitor();
    const register = async (options: object): Promise<unknown> =>
      Fastify().register(fastifyAuspex, options as never);
    await expect(register({ auspex, service: "a" })).rejects.toThrow(/service cannot be set/);
    await expect(register({ auspex, metrics: "metrics" })).rejects.toThrow(/give "\/metrics"/);
    await expect(register({ auspex, http: { filter: 1, more: 2 } })).rejects.toThrow(
      /fastifyAuspex: http: filter is 1.*more is no option/,
    );
    await expect(register({ intervalMs: -1 })).rejects.toThrow(/intervalMs is -1/);
    await expect(register({ auspex, prefix: "/x" })).resolves.toBeDefined();
  });
});
