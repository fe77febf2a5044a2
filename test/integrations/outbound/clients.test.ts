import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import undici from "undici";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Auspex } from "../../../src/index.js";
import { watchOutbound } from "../../../src/integrations/outbound/index.js";
import { monitor } from "../../helpers/monitor.js";
import { freePort } from "../../helpers/ports.js";
import { incomplete, late, outbound, outcomes, type Peer, peer, until } from "./servers.js";

/** Nothing listens there. */
let closedPort = 0;
let server: Peer;
let auspex: Auspex;
let stop: () => void;
const dispatchers: undici.Dispatcher[] = [];
/** Of all requests of one test, so that they wait for one another. */
let shared: undici.Agent | undefined;

beforeAll(async () => {
  server = await peer();
  closedPort = await freePort();
});

beforeEach(() => {
  auspex = monitor({ saturation: false });
  stop = watchOutbound(auspex);
});

afterEach(async () => {
  stop();
  for (const each of dispatchers.splice(0)) await each.destroy();
  shared = undefined;
});

/**
 * A request that nobody answers, and that runs into its time limit once the server has it, as
 * `AbortSignal.timeout` ends it: undici does not say why a fetch was given up before it had a connection.
 */
function overdue(name: string): Ask {
  const path = `/hang?${name}`;
  const limit = new AbortController();
  server.server.on("request", function arrived({ url }) {
    if (url !== path) return;
    server.server.off("request", arrived);
    limit.abort(new DOMException("it took too long", "TimeoutError"));
  });
  return { path, signal: limit.signal };
}

interface Ask {
  readonly path?: string;
  readonly url?: string;
  readonly method?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** Makes a request, reads the whole body, and answers the status; rejects where the client does. */
interface Client {
  readonly name: string;
  ask(ask: Ask): Promise<number>;
  /** Makes a request, and never touches the body of its response. */
  ignore(ask: Ask): Promise<number>;
}

const target = ({ path = "/ok", url = server.url + path }: Ask) => url;

const byFetch = (fetched: typeof fetch): Omit<Client, "name"> => ({
  async ask({ method, body, signal, ...ask }) {
    const response = await fetched(target(ask), { method, body, signal });
    await response.arrayBuffer();
    return response.status;
  },
  async ignore(ask) {
    return (await fetched(target(ask))).status;
  },
});

const byRequest = (make: () => undici.Dispatcher): Omit<Client, "name"> => {
  const request = async (ask: Ask) => {
    const dispatcher = make();
    dispatchers.push(dispatcher);
    const { origin, pathname, search } = new URL(target(ask));
    return dispatcher.request({
      origin,
      path: pathname + search,
      method: (ask.method ?? "GET") as "GET",
      body: ask.body,
      signal: ask.signal,
    });
  };
  return {
    async ask(ask) {
      const { statusCode, body } = await request(ask);
      await body.arrayBuffer();
      return statusCode;
    },
    async ignore(ask) {
      const { statusCode, body } = await request(ask);
      // Destroying the pool afterwards is told to whoever holds the body.
      body.on("error", () => {});
      return statusCode;
    },
  };
};

const byHttp = (agent: () => http.Agent | undefined): Omit<Client, "name"> => {
  const request = (ask: Ask, read: boolean): Promise<number> =>
    new Promise((resolve, reject) => {
      const made = http.request(target(ask), {
        method: ask.method,
        signal: ask.signal,
        agent: agent(),
      });
      made.on("error", reject);
      made.on("response", (response) => {
        const status = response.statusCode as number;
        if (!read) return resolve(status);
        response.on("error", reject);
        response.on("end", () => resolve(status));
        response.resume();
      });
      made.end(ask.body);
    });
  return { ask: (ask) => request(ask, true), ignore: (ask) => request(ask, false) };
};

const clients: readonly Client[] = [
  { name: "fetch", ...byFetch((...args) => fetch(...args)) },
  { name: "undici.fetch", ...byFetch(undici.fetch as unknown as typeof fetch) },
  { name: "an undici Agent", ...byRequest(() => new undici.Agent()) },
  {
    name: "undici pools of two connections",
    ...byRequest(() => {
      shared ??= new undici.Agent({ connections: 2 });
      return shared;
    }),
  },
  { name: "http.request", ...byHttp(() => undefined) },
  { name: "http.request with keep-alive", ...byHttp(() => new http.Agent({ keepAlive: true })) },
];

describe.each(clients)("a request of $name", (client) => {
  it("is recorded with method, host, port and status", async () => {
    expect(await client.ask({ path: "/ok?secret=1" })).toBe(200);
    await client.ask({ method: "POST", body: "hello", path: "/echo" });
    expect(outbound(auspex).map(({ name }) => name)).toEqual([
      `GET 127.0.0.1:${server.port}`,
      `POST 127.0.0.1:${server.port}`,
    ]);
    expect(outbound(auspex)[0]?.attributes).toEqual({
      "http.request.method": "GET",
      "server.address": "127.0.0.1",
      "server.port": server.port,
    });
    expect(outcomes(auspex)).toEqual({ ok: 2, errors: {}, aborted: 0, inFlight: 0 });
    expect(await auspex.text()).toMatch(
      /http_client_request_duration_seconds_count\{http_request_method="GET",http_response_status_code="200",server_address="127.0.0.1",server_port="\d+"\} 1/,
    );
  });

  it("is in flight until the headers come, and not while the body does", async () => {
    const abort = new AbortController();
    const hung = client.ask({ path: "/hang", signal: abort.signal }).catch(() => {});
    await until(() => outcomes(auspex).inFlight === 1, "one in flight");
    abort.abort();
    await hung;
    const slow = new AbortController();
    const within = client.ask({ path: "/slow", signal: slow.signal }).catch(() => {});
    await until(() => outcomes(auspex).ok === 1, "headers");
    expect(outcomes(auspex).inFlight).toBe(0);
    slow.abort();
    await within;
    // Whoever gives up a body has had an answer.
    expect(outcomes(auspex)).toEqual({ ok: 1, errors: {}, aborted: 1, inFlight: 0 });
    expect(incomplete(auspex)).toEqual({});
  });

  it("fails with its status from 400 on", async () => {
    await client.ask({ path: "/404" });
    await client.ask({ path: "/503" });
    await client.ask({ path: "/304" });
    expect(outcomes(auspex).errors).toEqual({ "404": 1, "503": 1 });
    expect(outcomes(auspex).ok).toBe(1);
  });

  it("fails with a code when it is refused, when the name is unknown, when the server hangs up", async () => {
    const fails = async (ask: Ask) => expect(client.ask(ask)).rejects.toThrow();
    await fails({ url: `http://127.0.0.1:${closedPort}/` });
    // A label longer than 63 bytes: no resolver is asked, be there one or none.
    await fails({ url: `http://${"x".repeat(64)}.invalid/` }).catch(() => {});
    await fails({ path: "/reset" });
    const before = outcomes(auspex);
    expect(before.errors.ECONNREFUSED).toBe(1);
    expect(before.errors.ECONNRESET).toBe(1);
    expect(Object.values(before.errors).reduce((a, b) => a + b)).toBe(3);
    await fails({ path: "/hang-up" });
    await until(() => outcomes(auspex).inFlight === 0);
    expect(outcomes(auspex)).toMatchObject({ ok: 0, aborted: 0 });
    const types = Object.keys(outcomes(auspex).errors);
    expect(types.includes("UND_ERR_SOCKET") || outcomes(auspex).errors.ECONNRESET === 2).toBe(true);
  });

  it("is aborted when its caller gives it up, before it is sent or after", async () => {
    const abort = new AbortController();
    const hung = client.ask({ path: "/hang", signal: abort.signal }).catch((error) => error.name);
    await until(() => server.requests.at(-1) === "/hang");
    abort.abort();
    expect(await hung).toBe("AbortError");
    const atOnce = new AbortController();
    const unsent = client.ask({ path: "/ok", signal: atOnce.signal }).catch(() => {});
    atOnce.abort();
    await unsent;
    await until(() => outcomes(auspex).inFlight === 0, "none in flight");
    expect(outcomes(auspex)).toMatchObject({ ok: 0, errors: {} });
    expect(outcomes(auspex).aborted).toBeGreaterThanOrEqual(1);
  });

  it("fails when it runs into a time limit", async () => {
    await client.ask(overdue("alone")).catch(() => {});
    expect(outcomes(auspex)).toEqual({
      ok: 0,
      errors: { TimeoutError: 1 },
      aborted: 0,
      inFlight: 0,
    });
  });

  it.each(["/reset-within", "/end-within"])(
    "has been answered when the body breaks off, which is counted apart (%s)",
    async (path) => {
      await expect(client.ask({ path })).rejects.toThrow();
      await until(() => Object.keys(incomplete(auspex)).length > 0, "a body that broke off");
      expect(Object.values(incomplete(auspex))).toEqual([1]);
      expect(outcomes(auspex)).toEqual({ ok: 1, errors: {}, aborted: 0, inFlight: 0 });
    },
  );

  it("is over with its headers when nobody reads the body", async () => {
    expect(await client.ignore({ path: "/large" })).toBe(200);
    expect(outcomes(auspex)).toEqual({ ok: 1, errors: {}, aborted: 0, inFlight: 0 });
  });

  it("is not answered by early hints", async () => {
    expect(await client.ask({ path: "/early" })).toBe(200);
    expect(await auspex.text()).not.toContain('http_response_status_code="103"');
    expect(outcomes(auspex)).toEqual({ ok: 1, errors: {}, aborted: 0, inFlight: 0 });
  });

  it("is one of many: forty at once, some of them refused, aborted, late", async () => {
    const asks = Array.from({ length: 40 }, (_, at): Ask => {
      if (at % 8 === 0) return overdue(`${at}`);
      if (at % 8 === 1) return { path: "/hang", signal: abortIn(at) };
      if (at % 8 === 2) return { url: `http://127.0.0.1:${closedPort}/` };
      if (at % 8 === 3) return { path: "/503" };
      return { path: "/ok" };
    });
    await Promise.allSettled(asks.map((ask) => client.ask(ask)));
    await until(() => outcomes(auspex).inFlight === 0, "none in flight");
    expect(outcomes(auspex)).toEqual({
      ok: 20,
      errors: { TimeoutError: 5, ECONNREFUSED: 5, "503": 5 },
      aborted: 5,
      inFlight: 0,
    });
  });
});

function abortIn(ms: number): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), ms);
  return abort.signal;
}

describe("fetch", () => {
  it("records each hop of a redirect", async () => {
    await fetch(`${server.url}/redirect`);
    expect(outcomes(auspex)).toMatchObject({ ok: 2, inFlight: 0 });
    expect(await auspex.text()).toContain('http_response_status_code="302"');
  });

  it("takes a reason that is no error for a caller who gave up, and an error for a failure", async () => {
    for (const reason of ["user left", new RangeError("too many")]) {
      const abort = new AbortController();
      const earlier = server.requests.length;
      const hung = fetch(`${server.url}/hang`, { signal: abort.signal }).catch(() => {});
      await until(() => server.requests.length > earlier);
      abort.abort(reason);
      await hung;
    }
    expect(outcomes(auspex)).toMatchObject({ aborted: 1, errors: { RangeError: 1 } });
  });
});

describe("undici", () => {
  it("records retries one by one", async () => {
    const agent = new undici.RetryAgent(new undici.Agent(), { maxRetries: 2, minTimeout: 1 });
    dispatchers.push(agent);
    await undici.request(`${server.url}/503`, { dispatcher: agent }).catch(() => {});
    expect(outcomes(auspex)).toMatchObject({ errors: { "503": 3 }, inFlight: 0 });
  });

  it("records stream()", async () => {
    const { Writable } = await import("node:stream");
    const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
    await undici.stream(`${server.url}/ok`, { method: "GET" }, sink);
    expect(outcomes(auspex)).toMatchObject({ ok: 1, inFlight: 0 });
  });

  it("leaves upgrades out: not all versions tell when one has succeeded", async () => {
    const client = new undici.Client(server.url);
    dispatchers.push(client);
    const { socket } = await client.upgrade({ path: "/", protocol: "test" });
    (socket as Duplex).on("error", () => {}).destroy();
    expect(outbound(auspex)).toEqual([]);
  });

  it("ends what is under way when its pool is destroyed", async () => {
    const pool = new undici.Pool(server.url, { connections: 1 });
    const asked = [1, 2, 3].map(() => pool.request({ path: "/hang", method: "GET" }));
    const settled = Promise.allSettled(asked);
    await until(() => outcomes(auspex).inFlight > 0);
    await pool.destroy();
    await settled;
    expect(outcomes(auspex).inFlight).toBe(0);
  });
});

describe("node:http", () => {
  const made = (path: string, options: http.RequestOptions = {}) => {
    const request = http.get(server.url + path, options);
    const closed = new Promise<void>((resolve) => request.on("close", () => resolve()));
    request.on("error", () => {});
    return { request, closed };
  };

  it.each([
    ["destroy()", (request: http.ClientRequest) => void request.destroy()],
    ["abort()", (request: http.ClientRequest) => request.abort()],
  ])("tells %s from a server that hangs up", async (_, end) => {
    const { request, closed } = made("/hang");
    await until(() => server.requests.at(-1) === "/hang" && outcomes(auspex).inFlight === 1);
    end(request);
    await closed;
    expect(outcomes(auspex)).toEqual({ ok: 0, errors: {}, aborted: 1, inFlight: 0 });
  });

  it("takes destroy() in a timeout listener for the timeout that it is", async () => {
    const { request, closed } = made("/hang", { timeout: 10 });
    request.on("timeout", () => request.destroy());
    await closed;
    expect(outcomes(auspex)).toMatchObject({ errors: { TimeoutError: 1 }, aborted: 0 });
  });

  it("records the error that destroy() was given", async () => {
    const { request, closed } = made("/hang");
    await until(() => outcomes(auspex).inFlight === 1);
    request.destroy(new RangeError("enough"));
    await closed;
    expect(outcomes(auspex)).toMatchObject({ errors: { RangeError: 1 }, aborted: 0, inFlight: 0 });
  });

  it("records an upgrade as answered", async () => {
    const { request, closed } = made("/", { headers: { connection: "upgrade", upgrade: "test" } });
    request.on("upgrade", (_, socket) => socket.destroy());
    await closed;
    expect(outcomes(auspex)).toEqual({ ok: 1, errors: {}, aborted: 0, inFlight: 0 });
    expect(await auspex.text()).toContain('http_response_status_code="101"');
  });

  it("counts a caller's end within a body nowhere, by the request or by the response", async () => {
    for (const end of ["request", "response"] as const) {
      const { request, closed } = made("/slow");
      request.on("response", (response) => {
        response.on("error", () => {});
        (end === "request" ? request : response).destroy();
      });
      await closed;
    }
    expect(incomplete(auspex)).toEqual({});
    expect(outcomes(auspex)).toEqual({ ok: 2, errors: {}, aborted: 0, inFlight: 0 });
  });

  it("records a request that failed before it was written", async () => {
    const request = http.request({ port: closedPort, host: "127.0.0.1", method: "POST" });
    request.on("error", () => {});
    await new Promise<void>((resolve) => request.on("close", () => resolve()));
    expect(outcomes(auspex)).toMatchObject({ errors: { ECONNREFUSED: 1 }, inFlight: 0 });
  });

  describe.each([200, 413])("answered with %d before its upload has ended", (status) => {
    async function early(afterAnswer: (request: http.ClientRequest) => void) {
      const target = http.createServer((request, response) => {
        request.resume();
        response.writeHead(status).write("first");
        request.on("end", () => response.end("last"));
      });
      target.listen(0, "127.0.0.1");
      await once(target, "listening");
      const { port } = target.address() as AddressInfo;
      const request = http.request({ host: "127.0.0.1", port, method: "PUT" });
      request.on("error", () => {}).write("part");
      const closed = once(request, "close");
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      response.on("error", () => {}).resume();
      const atHeaders = outcomes(auspex);
      afterAnswer(request);
      await closed;
      target.close();
      target.closeAllConnections();
      return atHeaders;
    }
    const once413 = { ok: 0, errors: { "413": 1 }, aborted: 0, inFlight: 0 };
    const expected = status === 413 ? once413 : { ok: 1, errors: {}, aborted: 0, inFlight: 0 };

    it("ends then, and is recorded once", async () => {
      expect(await early((request) => request.end())).toEqual(expected);
      expect(outcomes(auspex)).toEqual(expected);
    });

    it("is recorded also when the upload is given up", async () => {
      expect(await early((request) => request.destroy())).toEqual(expected);
      expect(outcomes(auspex)).toEqual(expected);
      expect(incomplete(auspex)).toEqual({});
    });
  });

  it("records no answer to a request made before the watching", async () => {
    stop();
    const earlier = server.requests.length;
    const before = made("/late");
    await until(() => server.requests.length > earlier, "a request that has arrived");
    stop = watchOutbound(auspex);
    late.emit("answer");
    await before.closed;
    expect(outbound(auspex)).toEqual([]);
  });

  it("adds no listeners to sockets that are kept alive", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const listeners: number[] = [];
    for (let at = 0; at < 20; at++) {
      await new Promise<void>((resolve) => {
        http.get(`${server.url}/ok`, { agent }, (response) => {
          const { socket } = response;
          response.on("end", () => resolve()).resume();
          listeners.push(socket.eventNames().reduce((n, e) => n + socket.listenerCount(e), 0));
        });
      });
    }
    agent.destroy();
    expect(listeners.at(-1)).toBeLessThanOrEqual(listeners[1] as number);
    expect(outcomes(auspex)).toMatchObject({ ok: 20, inFlight: 0 });
  });

  it("keeps to the host that is called, whatever the Host header says", async () => {
    const call = async (options: http.RequestOptions) =>
      new Promise<void>((resolve) => {
        const request = http.get({ host: "127.0.0.1", port: server.port, ...options });
        request.on("response", (response) => response.resume()).on("close", () => resolve());
      });
    await call({ headers: { host: "elsewhere.example" } });
    await call({ headers: ["Host", `127.0.0.1:${server.port}`] });
    await call({});
    expect(outbound(auspex).map(({ name, traffic }) => [name, traffic.count])).toEqual([
      ["GET 127.0.0.1", 1],
      [`GET 127.0.0.1:${server.port}`, 2],
    ]);
  });
});
