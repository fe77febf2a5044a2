import { createServer } from "node:http";
import type { Auspex } from "auspex";
import { expressMiddleware, monitorExpress } from "auspex/express";
import type { Application, Handler } from "express";
import express4 from "express4";
import { describe, expect, it, vi } from "vitest";
import { expresses } from "../http/frameworks.js";
import { listen, monitor, recorded, send, total, untilRecorded } from "../http/harness.js";

const ok: Handler = (_request, response) => {
  response.send("ok");
};

async function visit(app: Application, auspex: Auspex, ...paths: string[]): Promise<string[]> {
  app.set("env", "test");
  const port = await listen(createServer(app));
  const before = total(auspex).count;
  for (const path of paths) await send(port, { path });
  await untilRecorded(auspex, before + paths.length);
  return recorded(auspex);
}

describe.each(expresses)("%s", (name, make) => {
  it("still takes the settings that are made after monitorExpress", async () => {
    const auspex = monitor();
    const app = make();
    monitorExpress(app, auspex);
    app.set("strict routing", true);
    app.set("case sensitive routing", true);
    app.get("/Exact", ok);
    expect(await visit(app, auspex, "/Exact", "/exact", "/Exact/")).toEqual([
      "1 × GET /Exact 200",
      "2 × GET (none) 404",
    ]);
  });

  it("counts once when it is monitored twice, or mounted in a monitored app", async () => {
    const auspex = monitor();
    const [app, sub] = [make(), make()];
    monitorExpress(app, auspex);
    monitorExpress(app, auspex);
    monitorExpress(sub, auspex);
    app.use(expressMiddleware(auspex));
    sub.use(expressMiddleware(auspex));
    sub.get("/x/:id", ok);
    app.use("/sub/:name", sub);
    expect(await visit(app, auspex, "/sub/a/x/1")).toEqual(["1 × GET /sub/:name/x/:id 200"]);
  });

  it("shows the whole template of a monitored app in an app that is not", async () => {
    const auspex = monitor();
    const [app, middle, sub] = [make(), make(), make()];
    monitorExpress(sub, auspex);
    sub.get("/x/:id", ok);
    middle.use("/b", sub);
    app.use("/a/:name", middle);
    app.get("/y", ok);
    const port = await listen(createServer(app));
    for (const path of ["/y", "/a/1/b/x/2"]) await send(port, { path });
    await untilRecorded(auspex, 1);
    expect(await recorded(auspex)).toEqual(["1 × GET /a/:name/b/x/:id 200"]);
  });

  it("shows whole templates where expressMiddleware stands in a router or a mounted app", async () => {
    const auspex = monitor();
    const [app, sub] = [make(), make()];
    const router = make.Router();
    router.use(expressMiddleware(auspex));
    router.get("/:id", ok);
    app.use("/routers/:name", router);
    sub.use(expressMiddleware(auspex));
    sub.get("/:id", ok);
    app.use("/apps/:name", sub);
    const paths = ["/routers/a/1", "/apps/b/2", "/routers/c/3", "/apps/d/4"];
    expect(await visit(app, auspex, ...paths)).toEqual([
      "2 × GET /apps/:name/:id 200",
      "2 × GET /routers/:name/:id 200",
    ]);
  });

  it("keeps two monitors apart whose middleware stand in one app", async () => {
    const [one, other] = [monitor(), monitor()];
    const app = make();
    app.use("/one", expressMiddleware(one));
    app.use("/other", expressMiddleware(other));
    app.get("/:name/:id", ok);
    const port = await listen(createServer(app));
    for (let i = 0; i < 3; i++) {
      for (const name of ["one", "other", "neither"]) await send(port, { path: `/${name}/${i}` });
    }
    await untilRecorded(one, 3);
    await untilRecorded(other, 3);
    const wanted = ["3 × GET /:name/:id 200"];
    expect([await recorded(one), await recorded(other)]).toEqual([wanted, wanted]);
  });

  it("keeps two monitors apart that share a router", async () => {
    const monitors = [monitor(), monitor()];
    const shared = make.Router();
    shared.get("/:id", ok);
    const shown = [];
    for (const [at, auspex] of monitors.entries()) {
      const app = make();
      monitorExpress(app, auspex);
      app.use(`/at${at}`, shared);
      shown.push(await visit(app, auspex, `/at${at}/1`));
    }
    expect(shown).toEqual([["1 × GET /at0/:id 200"], ["1 × GET /at1/:id 200"]]);
  });

  it("leaves the handles of layers to the tools that list routes", () => {
    const app = make();
    const router = make.Router();
    router.get("/:id", ok);
    monitorExpress(app, monitor());
    app.use("/r", router);
    app.use("/f", ok);
    const { stack } = (app as { _router?: { stack: { handle: unknown }[] } })._router ?? app.router;
    expect(stack.slice(-2).map(({ handle }: { handle: unknown }) => handle)).toEqual([router, ok]);
    expect(Object.keys(app).filter((key) => /auspex/.test(key))).toEqual([]);
  });

  it("works for an app that two copies of the library touch", async () => {
    const auspex = monitor();
    const app = make();
    monitorExpress(app, auspex);
    vi.resetModules();
    const copy = (await import("auspex/express")).monitorExpress;
    expect(copy).not.toBe(monitorExpress);
    copy(app, auspex);
    const router = make.Router();
    router.get("/:id", ok);
    app.use("/r", router);
    expect(await visit(app, auspex, "/r/1", "/nowhere")).toEqual([
      "1 × GET (none) 404",
      "1 × GET /r/:id 200",
    ]);
  });

  it("finds the paths of mounts made before it looked", async () => {
    const isOld = name === "Express 4";
    const auspex = monitor();
    const app = make();
    const router = make.Router();
    router.get("/end", ok);
    app.use("/plain.json", router);
    app.use("/one/:a/two/:b-:c", router);
    app.use(isOld ? "/optional/:d?" : "/optional{/:d}", router);
    app.use(/\/re[0-9]+/, router);
    app.use(["/list/:e", "/other"], router);
    if (isOld) app.use("/digits/:f(\\d+)/:g([a-z]+)", router);
    monitorExpress(app, auspex);
    const paths = ["/plain.json/end", "/one/1/two/2-3/end", "/optional/4/end", "/re55/end"];
    const shown = await visit(
      app,
      auspex,
      ...paths,
      "/list/5/end",
      "/other/end",
      "/digits/6/x/end",
    );
    expect(shown).toEqual(
      [
        "1 × GET /plain.json/end 200",
        "1 × GET /one/:a/two/:b-:c/end 200",
        isOld ? "1 × GET /optional/:d?/end 200" : "1 × GET /optional{/:d}/end 200",
        "1 × GET //re[0-9]+//end 200",
        "1 × GET /list/:e/end 200",
        "1 × GET /other/end 200",
        isOld ? "1 × GET /digits/:f/:g/end 200" : "1 × GET (none) 404",
      ].sort(),
    );
  });

  it("refuses what is not an Express app", () => {
    for (const wrong of [undefined, {}, () => {}, make.Router()]) {
      expect(() => monitorExpress(wrong as never, monitor())).toThrow(/give express\(\)/);
    }
  });
});

describe("Express 5", () => {
  const make = (expresses[1] as (typeof expresses)[number])[1];

  it("counts rejections of async handlers and middleware by their route", async () => {
    const auspex = monitor();
    const app = make();
    monitorExpress(app, auspex);
    app.get("/handler/:id", async () => {
      throw new Error("rejected");
    });
    app.use("/under", async () => {
      throw new Error("rejected");
    });
    expect(await visit(app, auspex, "/handler/1", "/under/1")).toEqual([
      "1 × GET /handler/:id 500 error 500",
      "1 × GET /under 500 error 500",
    ]);
  });

  it("never shows a value where an older router tells no path of its mounts", async () => {
    const auspex = monitor();
    const app = make();
    const router = make.Router();
    router.get("/end", ok);
    app.use("/org/:orgId", router);
    app.use("/42/:a/b/:c", router);
    app.use("/pair/:x-:y", router);
    app.use(/\/digits\/\d+/, router);
    app.use(/\/hex\/[0-9a-f]{8}/, router);
    app.use(/\/(en|de)\/text/, router);
    // Express 5.0 to 5.2: the layer keeps what it matched, and not what it was made of.
    for (const layer of app.router.stack as any[]) {
      const { match } = layer;
      delete layer.rawPath;
      layer.match = function (path: string) {
        const result = match.call(this, path);
        this.path = result ? result.path : undefined;
        return result;
      };
    }
    monitorExpress(app, auspex);
    const paths = ["/org/42/end", "/42/42/b/7/end", "/pair/1-2/end", "/digits/991/end"];
    const shown = await visit(
      app,
      auspex,
      ...paths,
      "/hex/0badcafe/end",
      "/de/text/end",
      "/org/43/end",
    );
    expect(shown).toEqual(
      [
        "2 × GET /org/:orgId/end 200",
        "1 × GET /42/:a/b/:c/end 200",
        "1 × GET /pair/:param/end 200",
        "1 × GET /digits/:param/end 200",
        "1 × GET /hex/:param/end 200",
        "1 × GET /:param/text/end 200",
      ].sort(),
    );
  });
});

it("the types of Express 4 and 5 both fit", () => {
  const app = express4();
  monitorExpress(app, monitor());
  app.use(expressMiddleware(monitor()));
});
