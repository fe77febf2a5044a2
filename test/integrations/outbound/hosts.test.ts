import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import undici from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Auspex } from "../../../src/index.js";
import { isHeaderOf } from "../../../src/integrations/outbound/address.js";
import { type OutboundOptions, watchOutbound } from "../../../src/integrations/outbound/index.js";
import { manualMonitor, monitor } from "../../helpers/monitor.js";
import { outbound, type Peer, peer, until } from "./servers.js";

const names = (auspex: Auspex) => outbound(auspex).map(({ name }) => name);
const calls = (auspex: Auspex) =>
  outbound(auspex).map(({ name, traffic }): [string, number] => [name, traffic.count]);

describe("a Host header", () => {
  it.each([
    ["localhost", "localhost", true],
    ["localhost:1", "localhost", true],
    ["localhost:65535", "localhost", true],
    ["localhost:65536", "localhost", false],
    ["localhost:99999999999999999999", "localhost", false],
    ["localhost:0", "localhost", false],
    ["localhost:080", "localhost", false],
    ["localhost:", "localhost", false],
    ["localhost:evil", "localhost", false],
    ["localhost:80evil", "localhost", false],
    ["localhost.evil", "localhost", false],
    ["LOCALHOST", "localhost", false],
    ["", "localhost", false],
    ["[::1]", "::1", true],
    ["[::1]:8080", "::1", true],
    ["[::1]:8080", "[::1]", true],
    ["[::1", "::1", false],
    ["[::1]x", "::1", false],
    ["::1:8080", "::1", true],
  ])("%j of the host %j: believed is %j", (header, host, believed) => {
    expect(isHeaderOf(header, host)).toBe(believed);
  });
});

describe("a proxy that passes on what its clients write", () => {
  let upstream: Peer;
  let other: Peer;
  let proxy: http.Server;
  let port: number;

  beforeAll(async () => {
    [upstream, other] = await Promise.all([peer(), peer()]);
    proxy = http.createServer(({ url: path, method, headers }, response) => {
      const target = { host: "127.0.0.1", port: upstream.port, path, method, headers };
      http
        .request(target, (answer) => answer.pipe(response))
        .on("error", () => response.end())
        .end();
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    ({ port } = proxy.address() as AddressInfo);
  });

  afterAll(() => {
    proxy.close();
    proxy.closeAllConnections();
  });

  async function send(target: string, host: string): Promise<void> {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("error", () => {}).resume();
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    await once(socket, "close");
  }

  async function attacked(attack: (at: number) => Promise<void>): Promise<Auspex> {
    const auspex = monitor({ saturation: false });
    const stop = watchOutbound(auspex);
    for (let at = 0; at < 120; at++) await attack(at);
    await (await fetch(`${other.url}/ok`)).text();
    stop();
    return auspex;
  }

  it.each([
    ["Host headers that are no host", (at: number) => send("/", `127.0.0.1:evil${at}`)],
    ["other names", (at: number) => send("/", `evil${at}.example:80`)],
    ["ports that are none", (at: number) => send("/", `127.0.0.1:${70_000 + at}`)],
    ["whole URLs", (at: number) => send(`http://evil${at}.example/`, "127.0.0.1")],
  ])("keeps its hosts: %s name none", async (_, attack) => {
    expect(calls(await attacked(attack))).toEqual([
      ["GET 127.0.0.1", 120],
      [`GET 127.0.0.1:${other.port}`, 1],
    ]);
  });

  it("has places left when they write ports of its own host: twenty are told apart", async () => {
    const auspex = await attacked((at) => send("/", `127.0.0.1:${1 + at}`));
    const found = new Map(calls(auspex));
    expect(found.size).toBe(22);
    expect(found.get("GET _OTHER")).toBe(100);
    expect(found.get(`GET 127.0.0.1:${other.port}`)).toBe(1);
    expect(auspex.snapshot("total").self.overflowed).toBe(100);
  });
});

describe("a call through a forward proxy", () => {
  /** Answers what it is asked, whole URLs among it. */
  const asked: string[] = [];
  let proxy: http.Server;
  let url: string;

  beforeAll(async () => {
    proxy = http.createServer((request, response) => {
      asked.push(request.url as string);
      response.end("proxied");
    });
    proxy.on("connect", (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      proxy.emit("connection", socket);
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    proxy.close();
    proxy.closeAllConnections();
  });

  async function byUndici(proxyTunnel: boolean): Promise<string[]> {
    const auspex = monitor({ saturation: false });
    const stop = watchOutbound(auspex, { template: ({ path }) => path });
    const dispatcher = new undici.ProxyAgent({ uri: url, proxyTunnel });
    const { body } = await undici.request("http://api.example/items?page=2", { dispatcher });
    await body.text();
    await dispatcher.destroy();
    stop();
    return names(auspex);
  }

  it("of undici has the host that it is for, through a tunnel", async () => {
    expect(await byUndici(true)).toEqual(["GET api.example/items"]);
    expect(asked.slice(-2)).toEqual(["CONNECT api.example:80", "/items?page=2"]);
  });

  it("of undici has the host of the proxy without a tunnel, and the path that it is for", async () => {
    expect(await byUndici(false)).toEqual([`GET ${new URL(url).host}/items`]);
    expect(asked.at(-1)).toBe("http://api.example/items?page=2");
  });

  it("of a node:http agent that writes whole URLs has the host that it is for, and its path", async () => {
    class ProxyAgent extends http.Agent {
      addRequest(request: http.ClientRequest, options: http.RequestOptions): void {
        request.path = `http://${request.host}${request.path}`;
        const { port: proxyPort } = new URL(url);
        Object.assign(options, { host: "127.0.0.1", port: proxyPort });
        (http.Agent.prototype as unknown as ProxyAgent).addRequest.call(this, request, options);
      }
    }
    const auspex = monitor({ saturation: false });
    const stop = watchOutbound(auspex, { template: ({ path }) => path });
    const agent = new ProxyAgent();
    await new Promise<void>((resolve) => {
      http.get("http://api.example/items", { agent }, (answer) => {
        answer.on("end", resolve).resume();
      });
    });
    agent.destroy();
    stop();
    expect(asked.at(-1)).toBe("http://api.example/items");
    expect(names(auspex)).toEqual(["GET api.example/items"]);
  });

  it("written by hand has the host of the proxy: nothing tells it from what a client wrote", () => {
    const auspex = monitor({ saturation: false });
    const stop = watchOutbound(auspex, { template: ({ path }) => path });
    publish("http://proxy.internal:3128", "http://api.example.com/items?page=2");
    publish("http://proxy.internal:3128", "https://api.example.com");
    stop();
    expect(names(auspex)).toEqual(["GET proxy.internal:3128/items", "GET proxy.internal:3128/"]);
  });
});

/** A request that undici would publish, without a socket. @returns its end */
function publish(origin: string, path = "/", isOpen = false): () => void {
  const request = { origin, method: "GET", path };
  const end = () =>
    channel("undici:request:headers").publish({ request, response: { statusCode: 200 } });
  channel("undici:request:create").publish({ request });
  if (!isOpen) end();
  return end;
}

describe("the places of hosts and templates", () => {
  const IDLE_MS = 3_900_000;

  function watched(options?: OutboundOptions) {
    const { auspex, clock } = manualMonitor({ idleSeriesMs: IDLE_MS });
    const stop = watchOutbound(auspex, options);
    /** Long enough for everything to idle, told in two steps: expiry looks back. */
    const idle = () => {
      for (let step = 0; step < 3; step++) {
        clock.block(IDLE_MS);
        clock.advance(2000);
      }
    };
    return { auspex, clock, stop, idle };
  }

  it("are given to others once their operations have idled: addresses may roll for weeks", () => {
    const { auspex, stop, idle } = watched();
    for (let week = 0; week < 5; week++) {
      for (let at = 0; at < 100; at++) publish(`http://10.${week}.0.${at}`);
      idle();
    }
    publish("http://10.9.0.1");
    expect(names(auspex)).toEqual(["GET 10.9.0.1"]);
    expect(auspex.snapshot("total").self.overflowed).toBe(0);
    stop();
  });

  it("stay with hosts that are called, or being called, and no operation is shown twice", () => {
    const { auspex, clock, stop, idle } = watched();
    for (let at = 0; at < 98; at++) publish(`http://idle-${at}.example`);
    const end = publish("http://slow.example", "/", true);
    publish("http://busy.example");
    for (let hour = 0; hour < 4; hour++) {
      clock.block(IDLE_MS / 3);
      publish("http://busy.example");
      clock.advance(2000);
    }
    publish("http://new.example");
    publish("http://busy.example");
    publish("http://slow.example");
    end();
    for (let at = 0; at < 97; at++) publish(`http://idle-${at}.example`);
    publish("http://late.example");
    const found = names(auspex);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toHaveLength(101);
    const counts = new Map(calls(auspex));
    expect(counts.get("GET slow.example")).toBe(2);
    expect(counts.get("GET busy.example")).toBe(6);
    expect(counts.get("GET _OTHER")).toBe(1);
    expect(outbound(auspex).every(({ inFlight }) => inFlight === 0)).toBe(true);
    idle();
    publish("http://late.example");
    expect(names(auspex)).toEqual(["GET late.example"]);
    stop();
  });

  it("of templates are given back too", () => {
    const { auspex, stop, idle } = watched({ template: ({ path }) => path });
    for (let at = 0; at < 200; at++) publish("http://a.example", `/old/${at}`);
    idle();
    publish("http://a.example", "/kept");
    for (let at = 0; at < 199; at++) publish("http://a.example", `/new/${at}`);
    publish("http://a.example", "/late");
    publish("http://a.example", "/kept");
    const found = names(auspex);
    expect(found).toHaveLength(201);
    expect(new Set(found).size).toBe(201);
    expect(found).toContain("GET a.example/kept");
    expect(found).toContain("GET a.example");
    expect(auspex.snapshot("total").self.overflowed).toBe(1);
    stop();
  });

  it("are not held by hosts that a filter leaves out", () => {
    const { auspex, stop } = watched({ filter: ({ host }) => !host.startsWith("pod") });
    for (let at = 0; at < 100; at++) publish(`http://pod-${at}.example`);
    publish("http://api.example");
    expect(names(auspex)).toEqual(["GET api.example"]);
    stop();
  });

  it("may change hands while a callback runs, and still no operation is shown twice", () => {
    let nested = () => {};
    const { auspex, stop } = watched({
      filter: ({ host }) => {
        const now = nested;
        nested = () => {};
        now();
        return !host.startsWith("pod");
      },
    });
    for (let at = 0; at < 99; at++) publish(`http://pod-${at}.example`);
    nested = () => publish("http://inner.example");
    publish("http://outer.example");
    publish("http://outer.example");
    expect(calls(auspex)).toEqual([
      ["GET inner.example", 1],
      ["GET outer.example", 2],
    ]);
    stop();
  });

  it("are the monitor's: calls under way end with the watching, of all hosts", async () => {
    const { auspex, stop } = watched();
    for (let at = 0; at < 150; at++) publish(`http://host-${at}.example`, "/", true);
    stop();
    await until(() => outbound(auspex).every(({ inFlight }) => inFlight === 0));
  });
});
