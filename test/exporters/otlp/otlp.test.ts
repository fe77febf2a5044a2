import { Agent } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { OtlpError, type OtlpOptions, otlp } from "../../../src/exporters/otlp/index.js";
import type { ExportResult, MetricExporter } from "../../../src/index.js";
import { batchOf, exporterConforms } from "../../conformance/exporter.js";
import { monitor } from "../../helpers/monitor.js";
import { freePort } from "../../helpers/ports.js";
import { Receiver } from "./receiver.js";
import { encodeResponse, metricsIn } from "./schema.js";

const exporters: MetricExporter[] = [];
const raw: Server[] = [];

afterEach(async () => {
  for (const exporter of exporters.splice(0)) await exporter.shutdown?.();
  for (const server of raw.splice(0)) server.close();
});

function make(options: OtlpOptions): MetricExporter {
  const exporter = otlp(options);
  exporters.push(exporter);
  return exporter;
}

const send = (exporter: MetricExporter, signal = new AbortController().signal) => {
  return exporter.export(batchOf([0.001, 0.2, 3]), signal);
};

/** The error of a result that has one. */
function errorOf(result: ExportResult): OtlpError {
  if (result.status === "success") throw new Error("it was a success");
  expect(result.error).toBeInstanceOf(OtlpError);
  return result.error as OtlpError;
}

/** However busy the machine is. */
const PATIENTLY = { timeout: 60_000 };

/** Knows what came in over its connections. */
class WatchedAgent extends Agent {
  readonly #sockets: Socket[] = [];

  override createConnection(...options: Parameters<Agent["createConnection"]>) {
    const socket = super.createConnection(...options);
    this.#sockets.push(socket as Socket);
    return socket;
  }

  get bytesRead(): number {
    return this.#sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
  }
}

/** A server that speaks raw TCP: `talk` gets each connection. */
async function rawServer(talk: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    talk(socket);
  });
  raw.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

exporterConforms("otlp, with nobody there", () => make({ url: "http://127.0.0.1:1" }));

describe("otlp", () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    for (const compression of ["none", "gzip"] as const) {
      it(`sends ${protocol} with compression ${compression}`, async () => {
        const receiver = await Receiver.start();
        const exporter = make({ url: receiver.url, protocol, compression });
        expect(await send(exporter)).toEqual({ status: "success" });
        const { headers, path, request } = receiver.last;
        expect(path).toBe("/v1/metrics");
        expect(headers["content-type"]).toBe(
          protocol === "http/json" ? "application/json" : "application/x-protobuf",
        );
        expect(headers["content-encoding"]).toBe(compression === "gzip" ? "gzip" : undefined);
        expect(headers["user-agent"]).toMatch(/^OTel-OTLP-Exporter-auspex\/\d/);
        expect(headers["transfer-encoding"]).toBeUndefined();
        const { histogram } = metricsIn(request)["http.server.request.duration"];
        expect(histogram.dataPoints[0].count).toBe("3");
      });
    }
  }

  it("asks for the temporality and the histograms it is told", async () => {
    const receiver = await Receiver.start();
    expect(make({}).temporality?.("histogram")).toBe("cumulative");
    expect(make({ temporality: "lowmemory" }).temporality?.("counter")).toBe("delta");
    await send(make({ url: receiver.url, histogram: "exponential", maxBuckets: 20 }));
    const { exponentialHistogram } = metricsIn(receiver.last.request)[
      "http.server.request.duration"
    ];
    const [{ positive, scale = 0 }] = exponentialHistogram.dataPoints;
    expect(positive.bucketCounts.length).toBeLessThanOrEqual(20);
    expect(scale).toBe(0);
  });

  it("keeps one connection between exports", async () => {
    const receiver = await Receiver.start();
    const exporter = make({ url: receiver.url });
    for (let i = 0; i < 5; i++) expect((await send(exporter)).status).toBe("success");
    expect(receiver.received).toHaveLength(5);
    expect(receiver.connections).toBe(1);
  });

  it("sends nothing where there is nothing to say", async () => {
    const exporter = make({ url: "http://127.0.0.1:1" });
    const batch = { ...batchOf([]), metrics: [] };
    expect(await exporter.export(batch, new AbortController().signal)).toEqual({
      status: "success",
    });
  });

  it("sends headers of the options, and of a function asked at each export", async () => {
    const receiver = await Receiver.start();
    await send(make({ url: receiver.url, headers: { "X-Key": "one" } }));
    expect(receiver.last.headers["x-key"]).toBe("one");
    let calls = 0;
    const exporter = make({ url: receiver.url, headers: async () => ({ "x-key": `${++calls}` }) });
    await send(exporter);
    await send(exporter);
    expect(receiver.received.slice(-2).map(({ headers }) => headers["x-key"])).toEqual(["1", "2"]);
  });

  it("survives a headers function that throws, hangs, answers nonsense or forges a line", async () => {
    const receiver = await Receiver.start();
    const answers: [() => unknown, ExportResult["status"], RegExp][] = [
      [
        () => {
          throw new TypeError("token s3cret");
        },
        "retryable",
        /headers function threw TypeError$/,
      ],
      [() => new Promise(() => {}), "retryable", /no answer within 50 ms/],
      [() => 7, "failure", /no object/],
      [() => ({ a: 1 }), "failure", /header "a" is no text/],
      [() => ({ "x-key": "s3cret\r\nx-forged: 1" }), "failure", /"x-key" has characters/],
      [() => ({ "Content-Length": "0" }), "failure", /the exporter's own/],
    ];
    for (const [headers, status, pattern] of answers) {
      const result = await send(
        make({ url: receiver.url, headers: headers as any, timeoutMs: 50 }),
      );
      expect(result.status).toBe(status);
      expect(errorOf(result).message).toMatch(pattern);
      expect(errorOf(result).message).not.toContain("s3cret");
    }
    expect(receiver.received).toHaveLength(0);
  });
});

describe("what a receiver answers", () => {
  it("is retryable or final as OTLP says", async () => {
    const receiver = await Receiver.start();
    const exporter = make({ url: receiver.url });
    const statuses: Record<number, ExportResult["status"]> = {};
    const codes = [
      200, 202, 204, 301, 307, 400, 401, 403, 404, 408, 413, 429, 500, 501, 502, 503, 504,
    ];
    for (const status of codes) {
      receiver.answer = (response) => {
        response.writeHead(status, { location: "/elsewhere" }).end();
      };
      const result = await send(exporter);
      statuses[status] = result.status;
      if (result.status !== "success") expect(errorOf(result)).toMatchObject({ status });
    }
    const of = (kind: ExportResult["status"]) =>
      Object.keys(statuses)
        .map(Number)
        .filter((status) => statuses[status] === kind);
    expect(of("success")).toEqual([200, 202, 204]);
    expect(of("retryable")).toEqual([429, 502, 503, 504]);
    // A redirect was not followed.
    expect(receiver.received.every(({ path }) => path === "/v1/metrics")).toBe(true);
    expect(receiver.received).toHaveLength(codes.length);
  });

  it("may ask for a wait, which is never negative, never absurd, never a guess", async () => {
    const receiver = await Receiver.start();
    const exporter = make({ url: receiver.url });
    const waitFor = async (header: string | undefined): Promise<number | undefined> => {
      receiver.answer = (response) => {
        response.writeHead(503, header === undefined ? {} : { "retry-after": header }).end();
      };
      const result = await send(exporter);
      expect(result.status).toBe("retryable");
      return result.status === "retryable" ? result.retryAfterMs : undefined;
    };
    expect(await waitFor("7")).toBe(7000);
    expect(await waitFor("0")).toBe(0);
    expect(await waitFor("-5")).toBe(0);
    expect(await waitFor("1e9")).toBeUndefined();
    expect(await waitFor("99999999999999999999")).toBe(300_000);
    expect(await waitFor("9".repeat(290))).toBe(300_000);
    expect(await waitFor("soon")).toBeUndefined();
    expect(await waitFor("7 apples")).toBeUndefined();
    expect(await waitFor("")).toBeUndefined();
    expect(await waitFor(undefined)).toBeUndefined();
    expect(await waitFor(new Date(Date.now() - 60_000).toUTCString())).toBe(0);
    expect(await waitFor("Fri, 31 Dec 9999 23:59:59 GMT")).toBe(300_000);
    const inHalfAMinute = await waitFor(new Date(Date.now() + 30_000).toUTCString());
    expect(inHalfAMinute).toBeGreaterThan(20_000);
    expect(inHalfAMinute).toBeLessThanOrEqual(30_000);
  });

  it("says what was rejected of a batch, and why, in either encoding", async () => {
    const receiver = await Receiver.start();
    const exporter = make({ url: receiver.url });
    const answer = (type: string, body: string | Uint8Array) => {
      receiver.answer = (response) => {
        response.writeHead(200, { "content-type": type }).end(body);
      };
      return send(exporter);
    };
    const partial = { status: "success", rejected: 2, message: "too old" };
    expect(await answer("application/x-protobuf", encodeResponse(2, "too old"))).toEqual(partial);
    const json = { partialSuccess: { rejectedDataPoints: "2", errorMessage: "too old" } };
    expect(await answer("application/json", JSON.stringify(json))).toEqual(partial);
    // A warning alone.
    expect(await answer("application/x-protobuf", encodeResponse(0, "old schema"))).toEqual({
      status: "success",
      message: "old schema",
    });
    // No more than was sent, no less than nothing.
    expect(await answer("application/x-protobuf", encodeResponse(2 ** 50, ""))).toEqual({
      status: "success",
      rejected: 3,
    });
    expect(await answer("application/x-protobuf", encodeResponse(-5, ""))).toEqual({
      status: "success",
    });
  });

  it("may be anything at all", async () => {
    const receiver = await Receiver.start();
    const exporter = make({ url: receiver.url });
    const bodies = [
      "<html>",
      "null",
      "[]",
      '{"partialSuccess":7}',
      '{"partialSuccess":{"rejectedDataPoints":{}}}',
      "[".repeat(100_000),
      Buffer.from([0x0a]),
      Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x0a, 0x03, 0x08, 0xff, 0xff]),
      Buffer.from([0x0b, 0x0c, 0x00, 0x08]),
      Buffer.alloc(100_000, 0x80),
    ];
    for (const type of ["application/json", "application/x-protobuf", "text/html"]) {
      for (const body of bodies) {
        receiver.answer = (response) => {
          response.writeHead(200, { "content-type": type }).end(body);
        };
        expect((await send(exporter)).status).toBe("success");
        receiver.answer = (response) => {
          response.writeHead(400, { "content-type": type }).end(body);
        };
        expect((await send(exporter)).status).toBe("failure");
      }
    }
  });

  it("shows in the error in one line, without what must stay secret", async () => {
    const receiver = await Receiver.start();
    receiver.answer = (response) => {
      const message = `no access for key-12345, tok-98765\r\nDrop: table \u2028 pass-word ${"x".repeat(1000)}`;
      response
        .writeHead(403, { "content-type": "application/json" })
        .end(JSON.stringify({ message }));
    };
    const url = receiver.url.replace("http://", "http://user:pass-word@");
    const { message } = errorOf(
      await send(
        make({ url, headers: { "api-key": "key-12345", authorization: "Bearer tok-98765" } }),
      ),
    );
    expect(message).toMatch(
      /^OTLP to 127\.0\.0\.1:\d+: HTTP 403: no access for …, … Drop: table {3}… xxx/,
    );
    expect(message.length).toBeLessThan(260);
  });
});

describe("a network that misbehaves", () => {
  it("is retryable where it may pass, by its code", async () => {
    const refused = await send(make({ url: `http://127.0.0.1:${await freePort()}` }));
    expect(refused.status).toBe("retryable");
    expect(errorOf(refused)).toMatchObject({ code: "ECONNREFUSED" });
    const reset = await rawServer((socket) => {
      socket.once("data", () => socket.destroy());
    });
    expect((await send(make({ url: reset }))).status).toBe("retryable");
    // A label longer than 63 bytes: no resolver is asked, be there one or none.
    const unknown = await send(make({ url: `http://${"x".repeat(64)}.invalid` }));
    expect(errorOf(unknown).code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
    expect(unknown.status).toBe("retryable");
  });

  it("is final where nobody there speaks HTTP, or TLS", async () => {
    const gibberish = await rawServer((socket) => socket.end("hello\r\n\r\n"));
    expect((await send(make({ url: gibberish }))).status).toBe("failure");
    const receiver = await Receiver.start();
    const result = await send(make({ url: receiver.url.replace("http:", "https:") }));
    expect(result.status).toBe("failure");
  });

  it("hangs: the exporter's own timeout ends it, and the connection with it", async () => {
    let isClosed = false;
    const url = await rawServer((socket) => {
      socket.resume();
      socket.on("close", () => {
        isClosed = true;
      });
    });
    const result = await send(make({ url, timeoutMs: 60 }));
    expect(result.status).toBe("retryable");
    expect(errorOf(result)).toMatchObject({ code: "timeout" });
    await expect.poll(() => isClosed, PATIENTLY).toBe(true);
  });

  it("dribbles headers, or a body, for ever: the signal ends it at any point", async () => {
    const starts = [
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n",
    ];
    for (const start of starts) {
      let timer: NodeJS.Timeout | undefined;
      const url = await rawServer((socket) => {
        socket.once("data", () => {
          socket.write(start);
          const more = start.endsWith("a\r\n") ? "1\r\na\r\n" : "x-a: 1\r\n";
          timer = setInterval(() => socket.write(more), 5);
        });
        socket.on("close", () => clearInterval(timer));
      });
      const abort = new AbortController();
      const running = send(make({ url }), abort.signal);
      await wait(60);
      abort.abort();
      const result = await running;
      expect(result.status).toBe("retryable");
      expect(errorOf(result)).toMatchObject({ code: "aborted" });
    }
  });

  it("answers without end: 4 MiB are read, and no more", async () => {
    const MIB = Buffer.alloc(1 << 20, 97);
    let isClosed = false;
    const url = await rawServer((socket) => {
      socket.on("close", () => {
        isClosed = true;
      });
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${100 * MIB.length}\r\n\r\n`);
        const pour = (): void => {
          if (!socket.destroyed) socket.write(MIB, pour);
        };
        pour();
      });
    });
    const agent = new WatchedAgent();
    const result = await send(make({ url, agent, timeoutMs: 60_000 }));
    expect(result.status).toBe("failure");
    expect(errorOf(result)).toMatchObject({ code: "reply-too-large", status: 200 });
    await expect.poll(() => isClosed, PATIENTLY).toBe(true);
    // A read of the system's may bring a little more.
    expect(agent.bytesRead).toBeGreaterThan(4 * MIB.length);
    expect(agent.bytesRead).toBeLessThan(4.5 * MIB.length);
  });

  it("closes the kept connection between exports: the next one gets a new one", async () => {
    for (const leave of ["end", "resetAndDestroy"] as const) {
      let connections = 0;
      let gone = 0;
      const url = await rawServer((socket) => {
        connections++;
        socket.on("close", () => gone++);
        socket.once("data", () => {
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", () => {
            setImmediate(() => socket[leave]());
          });
        });
      });
      const auspex = monitor({ saturation: false, exporters: [otlp({ url })] });
      const jobs = auspex.counter("jobs").bind({});
      for (let i = 1; i <= 3; i++) {
        jobs.add(1);
        expect(await auspex.forceFlush({ timeoutMs: 15_000 })).toMatchObject({ ok: true });
        await expect.poll(() => gone, PATIENTLY).toBe(connections);
      }
      expect(connections).toBeGreaterThanOrEqual(3);
    }
  });

  it("breaks off behind a 200: the batch was taken", async () => {
    const url = await rawServer((socket) => {
      socket.once("data", () => {
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
      });
    });
    expect(await send(make({ url }))).toEqual({ status: "success" });
  });

  it("does not leave listeners on the signal of its caller", async () => {
    const receiver = await Receiver.start();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: any[]) => {
      listeners++;
      (add as any)(...args);
    };
    signal.removeEventListener = (...args: any[]) => {
      listeners--;
      (remove as any)(...args);
    };
    const exporter = make({ url: receiver.url });
    for (let i = 0; i < 3; i++) await send(exporter, signal);
    await send(make({ url: "http://127.0.0.1:1" }), signal);
    expect(listeners).toBe(0);
  });
});

describe("a shutdown", () => {
  it("closes the connection, ends what is under way, and refuses what comes later", async () => {
    const receiver = await Receiver.start();
    const exporter = make({ url: receiver.url });
    await send(exporter);
    let isClosed = false;
    receiver.answer = (response) => {
      response.socket?.on("close", () => {
        isClosed = true;
      });
    };
    const hanging = send(exporter);
    await expect.poll(() => receiver.received.length, PATIENTLY).toBe(2);
    await Promise.all([exporter.shutdown?.(), exporter.shutdown?.()]);
    const result = await hanging;
    expect(result.status).toBe("failure");
    expect(errorOf(result)).toMatchObject({ code: "shutdown" });
    await expect.poll(() => isClosed, PATIENTLY).toBe(true);
    expect((await send(exporter)).status).toBe("failure");
    await exporter.shutdown?.();
    expect(receiver.received).toHaveLength(2);
  });
});

describe("a monitor that exports by OTLP", () => {
  for (const temporality of ["delta", "cumulative"] as const) {
    it(`has exact totals when the receiver is back (${temporality})`, async () => {
      const port = await freePort();
      const exporter = otlp({ url: `http://127.0.0.1:${port}`, temporality });
      const auspex = monitor({ saturation: false, exporters: [exporter] });
      const work = auspex.operation("work");
      const jobs = auspex.counter("jobs").bind({});
      const round = async (count: number, timeoutMs: number): Promise<boolean> => {
        for (let i = 0; i < count; i++) work.record(5);
        jobs.add(count);
        return (await auspex.forceFlush({ timeoutMs })).ok;
      };
      expect(await round(10, 900)).toBe(false);
      const receiver = await Receiver.start(port);
      receiver.answer = (response) => response.writeHead(503, { "retry-after": "120" }).end();
      expect(await round(20, 900)).toBe(false);
      receiver.answer = (response) => response.writeHead(200).end();
      receiver.received.length = 0;
      expect(await round(30, 60_000)).toBe(true);
      expect(await round(40, 60_000)).toBe(true);
      const seen = receiver.received.map(({ request }) => {
        const metrics = metricsIn(request);
        const { histogram } = metrics["auspex.operation.duration"];
        return [Number(histogram.dataPoints[0].count), metrics.jobs.sum.dataPoints[0].asDouble];
      });
      const all =
        temporality === "delta"
          ? [
              [60, 60],
              [40, 40],
            ]
          : [
              [60, 60],
              [100, 100],
            ];
      expect(seen).toEqual(all);
      if (temporality === "cumulative") return;
      const [first, second] = receiver.received.map(({ request }) => {
        return metricsIn(request).jobs.sum.dataPoints[0];
      });
      expect(second.startTimeUnixNano).toBe(first.timeUnixNano);
    });
  }
});
