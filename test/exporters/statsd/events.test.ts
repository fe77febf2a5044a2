import { describe, expect, it } from "vitest";
import { StatsdExporter } from "../../../src/exporters/statsd/exporter.js";
import { resolveStatsdOptions } from "../../../src/exporters/statsd/resolve-options.js";
import { never } from "./batches.js";
import { FakeServer } from "./fake-server.js";

function datadog(options = {}) {
  const server = new FakeServer();
  const resolved = resolveStatsdOptions({ dialect: "dogstatsd", ...options }, {});
  return { server, exporter: new StatsdExporter(resolved, server) };
}

/** A server that takes nothing until it is told to. */
function held(server: FakeServer): () => void {
  const send = server.send.bind(server);
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  server.send = async (payload) => {
    await gate;
    return send(payload);
  };
  return () => open();
}

describe("an event", () => {
  it("has failed when the path does not take it, and is worth another try when nobody listens", async () => {
    const { server, exporter } = datadog();
    server.script = ["EMSGSIZE", "refused", "ENOBUFS", "taken"];
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push((await exporter.event({ title: "t" })).status);
    expect(answers).toEqual(["failure", "retryable", "retryable", "success"]);
    expect(server.payloads).toHaveLength(1);
  });

  it("is sent when it has gone out, though it was aborted just then", async () => {
    const { server, exporter } = datadog();
    server.script = ["taken, aborted", "refused, aborted"];
    expect(await exporter.event({ title: "t" }, server.signal())).toEqual({ status: "success" });
    expect(await exporter.event({ title: "t" }, server.signal())).toMatchObject({
      status: "retryable",
    });
  });

  it("is refused behind 1,000 others, and let in when they are gone", async () => {
    const { server, exporter } = datadog();
    const open = held(server);
    const events = Array.from({ length: 1001 }, (_, i) => exporter.event({ title: `${i}` }));
    expect(await events[1000]).toMatchObject({
      status: "failure",
      error: { message: expect.stringMatching(/^1000 events of \d+ bytes wait/) },
    });
    open();
    const answers = await Promise.all(events.slice(0, 1000));
    expect(answers.every(({ status }) => status === "success")).toBe(true);
    expect(server.payloads).toHaveLength(1000);
    expect(await exporter.event({ title: "later" })).toEqual({ status: "success" });
  });

  it("is refused where it would make more than 1 MiB wait", async () => {
    const { server, exporter } = datadog({ maxDatagramBytes: 65_507 });
    const open = held(server);
    const title = "x".repeat(30_000);
    const events = Array.from({ length: 50 }, () => exporter.event({ title }));
    open();
    const answers = await Promise.all(events);
    const sent = answers.filter(({ status }) => status === "success").length;
    expect(sent).toBe(server.payloads.length);
    expect(answers.filter(({ status }) => status === "failure")).toHaveLength(50 - sent);
    const bytes = server.payloads.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeLessThanOrEqual(1 << 20);
    expect(bytes + 60_100).toBeGreaterThan(1 << 20);
  });

  it("tells dates that there are, without an exponent, and no others", async () => {
    const { server, exporter } = datadog();
    const times = [0, 1.6, 1_767_225_600_000, 8.64e15, 1e300, -1, Number.NaN, "now", Infinity];
    for (const timeMs of times) {
      expect(await exporter.event({ title: "t", timeMs: timeMs as never })).toMatchObject({
        status: "success",
      });
    }
    const told = server.payloads.map((payload) => /\|d:(.*)$/.exec(payload.toString())?.[1]);
    expect(told.slice(0, 4)).toEqual(["0", "0", "1767225600", "8640000000000"]);
    expect(told.slice(4)).toEqual(Array(5).fill(undefined));
  });

  it("is answered, whatever is thrown while it is read", async () => {
    const { exporter } = datadog();
    const odd = {
      toString() {
        throw "no error at all";
      },
    };
    const answer = await exporter.event({ title: "t", tags: { odd } as never }, never());
    expect(answer).toMatchObject({ status: "failure", error: expect.any(Error) });
  });
});
