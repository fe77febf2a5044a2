import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { dial, monitor, recorded, total, until } from "./harness.js";
import { rawFrameworks } from "./raw.js";

const REQUESTS = 20_000;
/** Each of these closes its connection. */
const UNREADABLE = 200;
const METHODS = ["GET", "PUT", "PURGE", "PROPFIND", "MKCOL", "DELETE", "SEARCH", "UNLOCK"];

const isOver = (socket: Socket) => new Promise((resolve) => socket.on("close", resolve));

describe.each(rawFrameworks.filter(({ name }) => name !== "HTTP/2"))("$name", ({ serve }) => {
  it("adds a handful of series for 20,000 invented paths, hosts and methods", async () => {
    const auspex = monitor();
    const { port, server } = await serve(auspex, (response) => response.end("ok"), {
      bodySizes: true,
    });
    // Express listens to the socket for each of the pipelined requests it answers itself.
    server?.on("connection", (socket) => socket.setMaxListeners(0));
    const invented = (i: number): string => {
      const method = METHODS[i % METHODS.length];
      const path = i % 5 === 0 ? `/go/${i}?q=${i}` : `/x${i}/${i * 7}/%zz/${"../".repeat(i % 4)}`;
      return `${method} ${path} HTTP/1.1\r\nhost: h${i}.example\r\nx-forwarded-proto: p${i}\r\n\r\n`;
    };
    for (let from = 0; from < REQUESTS; from += 1000) {
      const socket = await dial(port);
      socket.resume();
      socket.write(Array.from({ length: 1000 }, (_, i) => invented(from + i)).join(""));
      await until(() => total(auspex).count >= from + 1000);
      socket.destroy();
    }
    for (let i = 0; i < UNREADABLE; i++) {
      const socket = await dial(port);
      socket.resume();
      const over = isOver(socket);
      socket.write(`X${i} / HTTP/1.1\r\nhost: h\r\n\r\n`);
      await over;
    }
    await until(() => total(auspex).inFlight === 0);
    const all = await recorded(auspex);
    expect(all.length).toBeLessThan(25);
    expect(all.filter((each) => /x\d|\/\d/.test(each))).toEqual([]);
    expect(total(auspex).count).toBeGreaterThanOrEqual(REQUESTS);
    const names = (await auspex.text()).match(/^http_server\w+_count\{/gm);
    expect(names?.length).toBeLessThan(75);
  });
});

describe("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", () => {
  const methodsWith = async (list: string): Promise<(method: string) => string> => {
    vi.stubEnv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", list);
    vi.resetModules();
    const { METHODS: named, methodIndex } = await import(
      "../../../src/integrations/http/methods.js"
    );
    vi.unstubAllEnvs();
    return (method) => named[methodIndex(method)] as string;
  };

  it("stands instead of the methods that are told apart", async () => {
    const named = await methodsWith(" PROPFIND,GET ,, GET");
    expect(["GET", "PROPFIND", "POST", "get", "__proto__"].map(named)).toEqual([
      "GET",
      "PROPFIND",
      "_OTHER",
      "_OTHER",
      "_OTHER",
    ]);
  });

  it("is nothing when it is empty, and bounded when it is long", async () => {
    expect((await methodsWith(" , "))("POST")).toBe("POST");
    const long = await methodsWith(Array.from({ length: 100 }, (_, i) => `M${i}`).join(","));
    expect([long("M63"), long("M64")]).toEqual(["M63", "_OTHER"]);
  });
});
