import { createServer } from "node:http";
import type { Auspex } from "auspex";
import { expressMiddleware, monitorExpress } from "auspex/express";
import type { Application, Handler, Router } from "express";
import { describe, expect, it } from "vitest";
import { expresses } from "../http/frameworks.js";
import {
  listen,
  monitor,
  recorded,
  type Sent,
  send,
  total,
  untilRecorded,
} from "../http/harness.js";

interface Tools {
  readonly router: (options?: object) => Router;
  readonly app: () => Application;
  readonly isOld: boolean;
  readonly assets: Handler;
}

interface Case {
  readonly name: string;
  readonly routes: (app: Application, tools: Tools) => void;
  /** Requests in their order, a path for a GET; and what is recorded of all of them. */
  readonly sent: readonly (string | Sent)[];
  readonly records: readonly string[];
}

const ok: Handler = (_request, response) => {
  response.send("ok");
};
const pass: Handler = (_request, _response, next) => next();
const fail: Handler = () => {
  throw new Error("failed");
};

const cases: readonly Case[] = [
  {
    name: "routes of app.route() and app.all()",
    routes: (app) => {
      app.route("/items/:id").get(ok).post(ok);
      app.all("/any/:id", ok);
    },
    sent: [
      "/items/1",
      { method: "POST", path: "/items/2" },
      { method: "PATCH", path: "/any/1" },
      { method: "PURGE", path: "/any/1" },
    ],
    records: [
      "1 × GET /items/:id 200",
      "1 × PATCH /any/:id 200",
      "1 × POST /items/:id 200",
      "1 × _OTHER /any/:id 200",
    ],
  },
  {
    name: "the alternative that matched, of a list of paths",
    routes: (app) => {
      app.get(["/a", "/b/:id", /^\/c\d+$/], ok);
    },
    sent: ["/a", "/b/1", "/b/2", "/c3"],
    records: ["1 × GET /a 200", "1 × GET /^/c\\d+$/ 200", "2 × GET /b/:id 200"],
  },
  {
    name: "the alternative that matched, of a mount at a list of paths",
    routes: (app, { router }) => {
      const users = router();
      users.get("/users/:id", ok);
      app.use(["/v1", "/v2/:tenant"], users);
    },
    sent: ["/v1/users/1", "/v2/acme/users/2", "/v2/umbrella/users/3"],
    records: ["1 × GET /v1/users/:id 200", "2 × GET /v2/:tenant/users/:id 200"],
  },
  {
    name: "a regular expression by its source, of bounded length",
    routes: (app) => {
      app.get(/^\/files\/(.*)\.txt$/, ok);
      app.get(new RegExp(`^/long/(${"x".repeat(500)}|y)$`), ok);
    },
    sent: ["/files/a/b.txt", "/long/y"],
    records: ["1 × GET /^/files/(.*)\\.txt$/ 200", `1 × GET /^/long/(${"x".repeat(71)}…/ 200`],
  },
  {
    name: "a wildcard",
    routes: (app, { isOld }) => {
      app.get(isOld ? "/files/*" : "/files/*path", ok);
    },
    sent: ["/files/a/b/c"],
    records: ["1 × GET /files/* 200"],
  },
  {
    name: "mounts with and without slashes at their ends",
    routes: (app, { router }) => {
      const api = router();
      api.get("/", ok);
      api.get("/list/", ok);
      app.use("/api/", api);
    },
    sent: ["/api", "/api/", "/api/list"],
    records: ["1 × GET /api/list/ 200", "2 × GET /api 200"],
  },
  {
    name: "one router at two paths",
    routes: (app, { router }) => {
      const shared = router();
      shared.get("/:id", ok);
      app.use("/one", shared);
      app.use("/two", shared);
    },
    sent: ["/one/1", "/two/2", "/one/3", "/two/4"],
    records: ["2 × GET /one/:id 200", "2 × GET /two/:id 200"],
  },
  {
    name: "a route behind routers that passed the request on",
    routes: (app, { router }) => {
      const [outer, inner] = [router(), router()];
      inner.get("/never", ok);
      outer.use("/:b", inner);
      outer.get("/:b/mine", ok);
      app.use("/:a", outer);
      app.get("/:x/:y/last", ok);
    },
    sent: ["/1/2/last", "/1/2/mine"],
    records: ["1 × GET /:a/:b/mine 200", "1 × GET /:x/:y/last 200"],
  },
  {
    name: "routers without a path",
    routes: (app, { router }) => {
      const [outer, inner] = [router(), router()];
      inner.get("/deep/:id", ok);
      outer.use(inner);
      app.use(pass, outer);
    },
    sent: ["/deep/1"],
    records: ["1 × GET /deep/:id 200"],
  },
  {
    name: "apps mounted in apps, before and after their routes",
    routes: (app, tools) => {
      const [admin, audit] = [tools.app(), tools.app()];
      admin.get("/users/:id", ok);
      app.use("/admin/:tenant", pass, admin);
      admin.use("/audit", audit);
      audit.get("/:entry", ok);
    },
    sent: ["/admin/acme/users/1", "/admin/acme/audit/7", "/admin/acme/nothing"],
    records: [
      "1 × GET (none) 404",
      "1 × GET /admin/:tenant/audit/:entry 200",
      "1 × GET /admin/:tenant/users/:id 200",
    ],
  },
  {
    name: "an app mounted on a router",
    routes: (app, tools) => {
      const sub = tools.app();
      const router = tools.router();
      router.use("/sub", sub);
      app.use("/at/:id", router);
      sub.get("/x", ok);
    },
    sent: ["/at/5/sub/x"],
    records: ["1 × GET /at/:id/sub/x 200"],
  },
  {
    name: "next('route') and next('router')",
    routes: (app, { router }) => {
      app.get("/skip/:a", (_request, _response, next) => next("route"));
      app.get("/skip/:b", ok);
      const left = router();
      left.get("/:c", (_request, _response, next) => next("router"));
      app.use("/leave", left);
      app.get("/leave/:d", ok);
    },
    sent: ["/skip/1", "/leave/1"],
    records: ["1 × GET /leave/:d 200", "1 × GET /skip/:b 200"],
  },
  {
    name: "errors by the route they came from",
    routes: (app, { router }) => {
      const inner = router({ mergeParams: true });
      inner.get("/throw", fail);
      inner.get("/next", (_request, _response, next) => next(new Error("failed")));
      inner.get("/mapped", (_request, _response, next) => next(new Error("mapped")));
      app.use("/org/:orgId", inner);
      const map: (...args: Parameters<import("express").ErrorRequestHandler>) => void = (
        error,
        _request,
        response,
        next,
      ) => {
        if (error.message === "mapped") response.status(422).end();
        else next(error);
      };
      app.use(map);
    },
    sent: ["/org/42/throw", "/org/42/next", "/org/42/mapped"],
    records: [
      "1 × GET /org/:orgId/mapped 422",
      "1 × GET /org/:orgId/next 500 error 500",
      "1 × GET /org/:orgId/throw 500 error 500",
    ],
  },
  {
    name: "parameters whose callback answers or fails, by their route",
    routes: (app) => {
      app.param("user", (_request, response, next, id) => {
        if (id === "gone") response.status(410).end();
        else if (id === "bad") next(new Error("bad"));
        else next();
      });
      app.get("/users/:user/posts", ok);
      app.param("user", pass as never);
    },
    sent: ["/users/1/posts", "/users/gone/posts", "/users/bad/posts"],
    records: [
      "1 × GET /users/:user/posts 200",
      "1 × GET /users/:user/posts 410",
      "1 × GET /users/:user/posts 500 error 500",
    ],
  },
  {
    name: "what a middleware under a path answers, by that path",
    routes: (app, { router, assets }) => {
      const api = router();
      api.use((request, response, next) => {
        if (request.headers.authorization === undefined) response.status(401).end();
        else next();
      });
      api.get("/data/:id", ok);
      app.use("/api/:version", api);
      app.use("/graphql", (request, response, next) => {
        if (request.path.startsWith("/pass")) next();
        else response.send("data");
      });
      app.use("/assets", assets);
      app.use((request, response, next) => {
        if (request.path.endsWith("app")) response.send("page");
        else next();
      });
    },
    sent: [
      "/api/1/data/7",
      { path: "/api/1/data/7", headers: { authorization: "me" } },
      "/graphql",
      "/graphql/pass",
      "/assets/harness.ts",
      "/assets/invented/1",
      "/graphql/pass/app",
      "/app",
    ],
    records: [
      "1 × GET /api/:version 401",
      "1 × GET /api/:version/data/:id 200",
      "1 × GET /assets 200",
      "1 × GET /graphql 200",
      "2 × GET (none) 200",
      "2 × GET (none) 404",
    ],
  },
  {
    name: "an OPTIONS reply that the router makes, unmatched",
    routes: (app) => {
      app.get("/items/:id", ok);
    },
    sent: [{ method: "OPTIONS", path: "/items/1" }],
    records: ["1 × OPTIONS (none) 200"],
  },
  {
    name: "a path that cannot be decoded, unmatched",
    routes: (app) => {
      app.get("/items/:id", ok);
    },
    sent: ["/items/%zz"],
    records: ["1 × GET (none) 400"],
  },
];

/** How an app comes to be monitored. */
const wirings: readonly (readonly [
  string,
  (app: Application, auspex: Auspex, routes: () => void) => void,
])[] = [
  [
    "monitorExpress before the routes",
    (app, auspex, routes) => {
      monitorExpress(app, auspex);
      routes();
    },
  ],
  [
    "monitorExpress after the routes",
    (app, auspex, routes) => {
      routes();
      monitorExpress(app, auspex);
    },
  ],
  [
    "expressMiddleware",
    (app, auspex, routes) => {
      app.use(expressMiddleware(auspex));
      routes();
    },
  ],
];

describe.each(expresses)("%s", (name, make) => {
  const tools: Tools = {
    router: (options) => make.Router(options as object),
    app: make,
    isOld: name === "Express 4",
    assets: make.static(new URL("../http", import.meta.url).pathname),
  };

  describe.each(wirings)("with %s counts", (_wiring, wire) => {
    it.each(cases)("$name", async ({ routes, sent, records }) => {
      const auspex = monitor();
      const app = make();
      app.set("env", "test");
      wire(app, auspex, () => routes(app, tools));
      const port = await listen(createServer(app));
      for (const each of sent) await send(port, typeof each === "string" ? { path: each } : each);
      await untilRecorded(auspex, sent.length);
      const named = records.map((each) =>
        tools.isOld ? each : each.replace("/files/* ", "/files/*path "),
      );
      expect(await recorded(auspex)).toEqual([...named].sort());
      expect(total(auspex).inFlight).toBe(0);
    });
  });
});
