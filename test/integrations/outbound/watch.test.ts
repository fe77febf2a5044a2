import { channel } from "node:diagnostics_channel";
import http from "node:http";
import { runInNewContext } from "node:vm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { unobserved } from "../../../src/diag/suppress.js";
import {
  type OutboundOptions,
  type OutboundRequest,
  watchOutbound,
} from "../../../src/integrations/outbound/index.js";
import { monitor } from "../../helpers/monitor.js";
import { outbound, outcomes, type Peer, peer, until } from "./servers.js";

let server: Peer;

beforeAll(async () => {
  server = await peer();
});

function watched(options?: OutboundOptions) {
  const logger = { debug: () => {}, warn: vi.fn() };
  const auspex = monitor({ saturation: false, logger });
  const stop = watchOutbound(auspex, options);
  stops.push(stop);
  return { auspex, stop, logger };
}

const stops: (() => void)[] = [];

const get = async (path: string, init?: RequestInit) =>
  (await fetch(server.url + path, init)).arrayBuffer();

/** A request that undici would publish, without a socket. */
function publish(origin: string, method = "GET", path = "/", status = 200) {
  const request = { origin, method, path };
  channel("undici:request:create").publish({ request });
  channel("undici:request:headers").publish({ request, response: { statusCode: status } });
  return request;
}

const names = (auspex: Parameters<typeof outbound>[0]) => outbound(auspex).map(({ name }) => name);

describe("watching outbound calls", () => {
  it("records each call once, however often a monitor is wired, until the last one stops", async () => {
    const { auspex, stop, logger } = watched();
    const second = watchOutbound(auspex, { filter: () => false });
    expect(logger.warn).toHaveBeenCalledOnce();
    await get("/ok");
    expect(outcomes(auspex).ok).toBe(1);
    stop();
    stop();
    await get("/ok");
    expect(outcomes(auspex).ok).toBe(2);
    second();
    await get("/ok");
    expect(outcomes(auspex).ok).toBe(2);
  });

  it("records for each of two monitors", async () => {
    const first = watched();
    const second = watched();
    await get("/ok");
    await new Promise<void>((resolve) => {
      http.get(`${server.url}/ok`, (response) => response.on("end", resolve).resume());
    });
    for (const { auspex, stop } of [first, second]) {
      expect(outcomes(auspex)).toEqual({ ok: 2, errors: {}, aborted: 0, inFlight: 0 });
      stop();
    }
  });

  it("lets what is under way end unrecorded when it is stopped, and goes on when wired anew", async () => {
    const { auspex, stop } = watched();
    const abort = new AbortController();
    const hung = get("/hang", { signal: abort.signal }).catch(() => {});
    const request = http.get(`${server.url}/hang`).on("error", () => {});
    await until(() => outcomes(auspex).inFlight === 2);
    stop();
    expect(outcomes(auspex).inFlight).toBe(0);
    abort.abort();
    request.destroy();
    await hung;
    await new Promise((resolve) => request.on("close", resolve));
    expect(outcomes(auspex)).toEqual({ ok: 0, errors: {}, aborted: 0, inFlight: 0 });
    const again = watchOutbound(auspex);
    await get("/ok");
    again();
    expect(outcomes(auspex)).toEqual({ ok: 1, errors: {}, aborted: 0, inFlight: 0 });
    expect(outbound(auspex)).toHaveLength(1);
    expect(auspex.snapshot("total").self.misuse).toBe(0);
  });

  it("leaves nothing subscribed behind", () => {
    const { stop } = watched();
    for (const each of stops) each();
    stop();
    for (const name of ["undici:request:create", "http.client.request.start"]) {
      expect(channel(name).hasSubscribers).toBe(false);
    }
  });

  it("leaves out what is made within unobserved, by fetch and by node:http", async () => {
    const { auspex, stop } = watched();
    await unobserved(() => get("/ok"));
    await new Promise<void>((resolve) => {
      const request = unobserved(() => http.request(`${server.url}/echo`, { method: "POST" }));
      request.on("response", (response) => response.on("end", resolve).resume());
      setImmediate(() => request.end("later"));
    });
    expect(outbound(auspex)).toEqual([]);
    expect(() =>
      unobserved(() => {
        throw new RangeError("mine");
      }),
    ).toThrow(RangeError);
    await get("/ok");
    expect(outcomes(auspex).ok).toBe(1);
    stop();
  });

  it("survives messages of any form", async () => {
    const { auspex, stop, logger } = watched();
    const odd = {
      get origin(): string {
        throw new Error("getter");
      },
    };
    for (const message of [undefined, null, 7, {}, { request: null }, { request: odd }]) {
      for (const name of [
        "undici:request:create",
        "undici:request:headers",
        "undici:request:error",
        "http.client.request.created",
        "http.client.request.start",
        "http.client.response.finish",
        "http.client.request.error",
      ]) {
        channel(name).publish(message);
      }
    }
    publish("not an origin");
    publish(undefined as unknown as string);
    expect(logger.warn).toHaveBeenCalled();
    await get("/ok");
    expect(outbound(auspex).map(({ name, inFlight }) => [name, inFlight])).toEqual([
      ["GET _OTHER", 0],
      [`GET 127.0.0.1:${server.port}`, 0],
    ]);
    stop();
  });

  it("throws one error that lists every fault of its options", () => {
    const auspex = monitor({ saturation: false });
    const faulty = { template: "/users/:id", filter: null } as unknown as OutboundOptions;
    expect(() => watchOutbound(auspex, faulty)).toThrow(
      "watchOutbound: template is a string; give a function of a request, or leave it out; filter is null; give",
    );
    const broken = {
      get filter(): never {
        throw new Error("getter");
      },
    };
    expect(() => watchOutbound(auspex, broken)).toThrow(
      "watchOutbound: filter cannot be read; give",
    );
    expect(() => watchOutbound(auspex, null as never)()).not.toThrow();
  });
});

describe("the host of an outbound call", () => {
  it("has the port of its scheme unless it names one, and one series however it is written", () => {
    const { auspex, stop } = watched();
    publish("https://api.example.com");
    publish("https://API.example.com:443");
    publish("http://api.example.com");
    publish("http://[::1]:8080");
    expect(
      outbound(auspex).map(({ name, attributes, traffic }) => [
        name,
        attributes["server.address"],
        attributes["server.port"],
        traffic.count,
      ]),
    ).toEqual([
      ["GET api.example.com", "api.example.com", 443, 2],
      ["GET api.example.com", "api.example.com", 80, 1],
      ["GET [::1]:8080", "::1", 8080, 1],
    ]);
    stop();
  });

  it("is one of a hundred; the others are one series, and counted", () => {
    const { auspex, stop } = watched();
    for (let at = 0; at < 5000; at++) publish(`https://host-${at}.example`);
    expect(outbound(auspex)).toHaveLength(101);
    const rest = outbound(auspex).find(({ name }) => name === "GET _OTHER");
    expect(rest?.traffic.count).toBe(4900);
    expect(rest?.attributes["server.address"]).toBe("_OTHER");
    expect(auspex.snapshot("total").self.overflowed).toBe(4900);
    stop();
  });

  it("tells methods apart that are known, and no more than 32 statuses", () => {
    const { auspex, stop } = watched();
    publish("https://a.example", "SCAN");
    publish("https://a.example", "PROPFIND");
    expect(names(auspex)).toEqual(["_OTHER a.example"]);
    for (let status = 200; status < 600; status++) publish("https://b.example", "GET", "/", status);
    const answered = outbound(auspex).find(({ name }) => name === "GET b.example");
    expect(answered?.traffic.count).toBe(400);
    expect(answered?.errors.byType).toEqual({ _OTHER: 200 });
    stop();
  });
});

describe("the callbacks", () => {
  it("name templates and leave requests out, without the query", async () => {
    const seen: OutboundRequest[] = [];
    const { auspex, stop } = watched({
      filter: ({ path }) => path !== "/health",
      template: (request) => {
        seen.push(request);
        return request.path.replace(/\d+/g, ":id");
      },
    });
    await get("/users/42?token=secret");
    await get("/users/43");
    await get("/health");
    const { method, path, host } = seen[0] as OutboundRequest;
    expect({ method, path, host }).toEqual({
      method: "GET",
      path: "/users/42",
      host: `127.0.0.1:${server.port}`,
    });
    expect(outbound(auspex).map(({ name, traffic }) => [name, traffic.count])).toEqual([
      [`GET 127.0.0.1:${server.port}/users/:id`, 2],
    ]);
    expect(outbound(auspex)[0]?.attributes["url.template"]).toBe("/users/:id");
    stop();
  });

  it("also of requests that fail before they are sent", async () => {
    const { auspex, stop } = watched({ filter: () => false });
    const request = http.request({ host: "127.0.0.1", port: 1, method: "POST" });
    request.on("error", () => {});
    await new Promise((resolve) => request.on("close", resolve));
    expect(outbound(auspex)).toEqual([]);
    stop();
  });

  it("may throw, reject or answer nonsense: counted, and the request is recorded", async () => {
    let handled = 0;
    /** A promise of another library: whoever hands no handler over has an unhandled rejection. */
    const thenable = (run: (resolve: unknown, reject: (error: unknown) => void) => void) => ({
      // biome-ignore lint/suspicious/noThenProperty: that is what it is about
      then(resolve: unknown, reject: (error: unknown) => void) {
        handled++;
        run(resolve, reject);
      },
    });
    const answers: (() => unknown)[] = [
      () => {
        throw new Error("mine");
      },
      () => Promise.reject(new Error("mine")),
      () => runInNewContext('Promise.reject(new Error("of another realm"))'),
      () => thenable((_, reject) => reject(new Error("mine"))),
      () =>
        thenable(() => {
          throw new Error("mine");
        }),
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: as above
        get then(): never {
          throw new Error("getter");
        },
      }),
      () => 7,
    ];
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    let at = 0;
    const callback = () => (answers[at] as () => unknown)() as never;
    const { auspex, stop } = watched({ filter: callback, template: callback });
    for (at = 0; at < answers.length; at++) await get("/ok");
    expect(outcomes(auspex)).toMatchObject({ ok: answers.length, inFlight: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(handled).toBe(4);
    expect(auspex.snapshot("total").self.callbackErrors).toBe(14);
    stop();
  });

  it("may answer the path itself: templates are bounded, and counted beyond", () => {
    const { auspex, stop } = watched({ template: ({ path }) => path });
    for (let at = 0; at < 1000; at++) publish("https://a.example", "GET", `/item/${at}`);
    expect(outbound(auspex)).toHaveLength(201);
    expect(outbound(auspex).find(({ name }) => name === "GET a.example")?.traffic.count).toBe(800);
    publish("https://a.example", "GET", `/${"x".repeat(100_000)}`);
    expect(auspex.snapshot("total").self.overflowed).toBe(801);
    stop();
  });

  it("may make requests themselves", async () => {
    let depth = 0;
    const { auspex, stop } = watched({
      filter: () => {
        if (depth++ === 0) void get("/ok");
        return true;
      },
    });
    await get("/ok");
    await until(() => outcomes(auspex).ok === 2);
    expect(outcomes(auspex).inFlight).toBe(0);
    stop();
  });
});
