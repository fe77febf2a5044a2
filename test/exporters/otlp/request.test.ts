import { once } from "node:events";
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import manifest from "../../../package.json" with { type: "json" };
import { isUnobserved } from "../../../src/diag/suppress.js";
import { openRequest, ownAgent } from "../../../src/exporters/otlp/request.js";
import { SDK_VERSION as VERSION } from "../../../src/snapshot/sdk-version.js";
import { Receiver } from "./receiver.js";

/** Whether a socket keeps the process alive. */
const hasRef = (socket: Socket): boolean => (socket as any)._handle.hasRef();

describe("a request of the OTLP exporter", () => {
  it("keeps no process alive, on a new connection or on one that was kept", async () => {
    const receiver = await Receiver.start();
    const url = new URL(receiver.url);
    const agent = ownAgent({ url, tls: {} });
    const send = async (): Promise<{ request: ClientRequest; socket: Socket }> => {
      const request = openRequest(url, { "content-length": 0 }, agent);
      request.end();
      const [socket] = await once(request, "socket");
      expect(hasRef(socket)).toBe(false);
      const [response] = await once(request, "response");
      response.resume();
      await once(request, "close");
      return { request, socket };
    };
    const first = await send();
    const second = await send();
    expect(second.request.reusedSocket).toBe(true);
    expect(second.socket).toBe(first.socket);
    expect(hasRef(second.socket)).toBe(false);
    agent.destroy();
  });

  it("is no outbound call of the application", async () => {
    const receiver = await Receiver.start();
    const url = new URL(receiver.url);
    const agent = ownAgent({ url, tls: {} });
    const request = openRequest(url, {}, agent);
    expect(isUnobserved(request)).toBe(true);
    request.on("error", () => {}).destroy();
  });
});

it("the version that is sent is that of the package", () => {
  expect(VERSION).toBe(manifest.version);
});
