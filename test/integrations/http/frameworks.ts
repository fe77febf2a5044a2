import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Auspex } from "auspex";
import { monitorExpress } from "auspex/express";
import { fastifyAuspex } from "auspex/fastify";
import { monitorHttpServer } from "auspex/http";
import express from "express";
import express4 from "express4";
import Fastify, { type FastifyInstance, type FastifyPluginAsync } from "fastify";
import { afterTest } from "./harness.js";

/** The same little service in each framework; see `cases.ts` for what it answers. */
export interface Framework {
  readonly name: string;
  server(auspex: Auspex): Promise<Server>;
}

/** Express 4 and 5 are one to these tests; the types of 5 stand for both. */
export const expresses: readonly (readonly [string, typeof express])[] = [
  ["Express 4", express4 as unknown as typeof express],
  ["Express 5", express],
];

const body = (): Readable => Readable.from(["a".repeat(1000), "b".repeat(1000)]);

function expressApp(make: typeof express, auspex: Auspex): Server {
  const app = make();
  app.set("env", "test");
  monitorExpress(app, auspex);
  app.use(make.json());
  app.get("/hello", (_request, response) => {
    response.send("hello");
  });
  app.get("/users/:id", (request, response) => {
    response.json({ id: request.params.id });
  });
  app.post("/echo", (request, response) => {
    response.json(request.body);
  });
  app.get("/empty", (_request, response) => {
    response.status(204).end();
  });
  app.get("/unchanged", (_request, response) => {
    response.status(304).end();
  });
  app.get("/stream", (_request, response) => {
    body().pipe(response);
  });
  app.get("/throws/:id", () => {
    throw new Error("thrown");
  });
  app.get("/rejects/:id", (_request, _response, next) => {
    Promise.reject(new Error("rejected")).catch(next);
  });
  app.get("/double", (_request, response) => {
    response.send("once");
    try {
      response.send("twice");
    } catch {
      // Headers are sent.
    }
  });
  const authenticate: express.RequestHandler = (_request, response) => {
    response.status(401).end();
  };
  app.get("/private/:document", authenticate, (_request, response) => {
    response.send("secret");
  });
  const members = make.Router({ mergeParams: true });
  members.get("/:memberId", (_request, response) => {
    response.send("member");
  });
  const teams = make.Router({ mergeParams: true });
  teams.use("/:teamId/members", members);
  teams.get("/", (_request, response) => {
    response.send("teams");
  });
  app.use("/org/:orgId/teams", teams);
  const guarded = make.Router({ mergeParams: true });
  guarded.use((_request, response) => {
    response.status(401).end();
  });
  guarded.get("/:id", (_request, response) => {
    response.send("never");
  });
  app.use("/org/:orgId/guarded", guarded);
  const fails = make.Router({ mergeParams: true });
  fails.get("/:id", () => {
    throw new Error("mapped");
  });
  app.use("/org/:orgId/fails", fails);
  const map: express.ErrorRequestHandler = (error, _request, response, next) => {
    if (error.message === "mapped") response.status(418).end();
    else next(error);
  };
  app.use(map);
  return createServer(app);
}

async function fastifyApp(auspex: Auspex): Promise<FastifyInstance> {
  const app = Fastify();
  afterTest(() => app.close());
  await app.register(fastifyAuspex, { auspex });
  app.get("/hello", async () => "hello");
  app.get("/users/:id", async (request) => request.params);
  app.post("/echo", async (request) => request.body);
  app.get("/empty", (_request, reply) => {
    reply.code(204).send();
  });
  app.get("/unchanged", (_request, reply) => {
    reply.code(304).send();
  });
  app.get("/stream", (_request, reply) => {
    reply.send(body());
  });
  app.get("/throws/:id", () => {
    throw new Error("thrown");
  });
  app.get("/rejects/:id", async () => {
    throw new Error("rejected");
  });
  app.get("/double", (_request, reply) => {
    reply.send("once");
    reply.send("twice");
  });
  const authenticate = async (
    _request: unknown,
    reply: { code(code: number): { send(): unknown } },
  ) => reply.code(401).send();
  app.get("/private/:document", { preHandler: authenticate as never }, async () => "secret");
  const members: FastifyPluginAsync = async (scope) => {
    scope.get("/:memberId", async () => "member");
  };
  await app.register(
    async (teams) => {
      await teams.register(members, { prefix: "/:teamId/members" });
      teams.get("/", async () => "teams");
    },
    { prefix: "/org/:orgId/teams" },
  );
  await app.register(
    async (guarded) => {
      guarded.addHook("onRequest", authenticate as never);
      guarded.get("/:id", async () => "never");
    },
    { prefix: "/org/:orgId/guarded" },
  );
  await app.register(
    async (fails) => {
      fails.setErrorHandler((_error, _request, reply) => reply.code(418).send());
      fails.get("/:id", async () => {
        throw new Error("mapped");
      });
    },
    { prefix: "/org/:orgId/fails" },
  );
  await app.ready();
  return app;
}

const patterns: readonly (readonly [RegExp, string])[] = [
  [/^\/(hello|echo|empty|unchanged|stream|double)$/, ""],
  [/^\/users\/[^/]+$/, "/users/:id"],
  [/^\/throws\/[^/]+$/, "/throws/:id"],
  [/^\/rejects\/[^/]+$/, "/rejects/:id"],
  [/^\/private\/[^/]+$/, "/private/:document"],
  [/^\/org\/[^/]+\/guarded\/[^/]+$/, "/org/:orgId/guarded"],
  [/^\/org\/[^/]+\/fails\/[^/]+$/, "/org/:orgId/fails/:id"],
  [/^\/org\/[^/]+\/teams\/?$/, "/org/:orgId/teams"],
  [/^\/org\/[^/]+\/teams\/[^/]+\/members\/[^/]+$/, "/org/:orgId/teams/:teamId/members/:memberId"],
];

function templateOf({ url = "", method }: IncomingMessage): string | undefined {
  if (method !== "HEAD" && method !== (url === "/echo" ? "POST" : "GET")) return undefined;
  const found = patterns.find(([pattern]) => pattern.test(url));
  return found && (found[1] || url);
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const template = templateOf(request);
  if (template === undefined) response.statusCode = 404;
  else if (/throws|rejects/.test(template)) response.statusCode = 500;
  else if (template === "/empty") response.statusCode = 204;
  else if (template === "/unchanged") response.statusCode = 304;
  else if (template.includes("/fails/")) response.statusCode = 418;
  else if (/private|guarded/.test(template)) response.statusCode = 401;
  if (template === "/stream") {
    body().pipe(response);
    return;
  }
  if (template !== "/echo") {
    response.end(request.method === "HEAD" ? undefined : "text");
    return;
  }
  let text = "";
  request.on("data", (chunk) => {
    text += chunk;
  });
  request.on("end", () => {
    if (!text.endsWith("}")) response.statusCode = 400;
    response.end(text);
  });
}

export const frameworks: readonly Framework[] = [
  ...expresses.map(([name, make]) => ({
    name,
    server: async (auspex: Auspex) => expressApp(make, auspex),
  })),
  { name: "Fastify 5", server: async (auspex) => (await fastifyApp(auspex)).server },
  {
    name: "node:http",
    server: async (auspex) => {
      const server = createServer(answer);
      monitorHttpServer(server, auspex, { route: templateOf });
      return server;
    },
  },
];

export { fastifyApp };
