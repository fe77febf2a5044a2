import type { ServerResponse } from "node:http";
import type { Auspex } from "auspex";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../helpers/manual-clock.js";
import { durations, lifetimes, monitor, total, until } from "./harness.js";
import { type Handle, rawFrameworks, type Served } from "./raw.js";

/** A server whose clock stands still until the test moves it. */
interface Stage extends Served {
  readonly auspex: Auspex;
  readonly clock: ManualClock;
  /** The responses that have come to the handler. */
  readonly responses: ServerResponse[];
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Long enough for whatever is looked at a turn later. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

const SSE = { "content-type": "text/event-stream" };

describe.each(rawFrameworks)("$name", ({ name, serve }) => {
  const isHttp2 = name === "HTTP/2";

  async function stage(handle: Handle = () => {}): Promise<Stage> {
    const clock = new ManualClock();
    const auspex = monitor({ clock });
    const responses: ServerResponse[] = [];
    const served = await serve(auspex, (response, request) => {
      responses.push(response);
      return handle(response, request);
    });
    return { ...served, auspex, clock, responses };
  }

  const done = (auspex: Auspex) => until(() => total(auspex).inFlight === 0);

  it("tells the time to the first byte of a stream from its lifetime", async () => {
    const { auspex, clock, ask, responses } = await stage();
    const { answer } = ask("/go/1");
    await until(() => responses.length === 1);
    const [response] = responses as [ServerResponse];
    clock.block(100);
    response.write("a");
    await until(() => answer.text === "a");
    clock.block(5000);
    response.write("b");
    expect(total(auspex)).toEqual({ count: 0, aborted: 0, inFlight: 1 });
    clock.block(4900);
    response.end("c");
    await until(() => answer.ended);
    await done(auspex);
    expect(answer.text).toBe("abc");
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /go/:id 200"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 10: GET /go/:id"]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 0, inFlight: 0 });
  });

  it("takes flushed headers for the first byte: a long poll", async () => {
    const { auspex, clock, ask, responses } = await stage();
    const { answer } = ask("/go/1");
    await until(() => responses.length === 1);
    const [response] = responses as [ServerResponse];
    clock.block(100);
    response.flushHeaders();
    await until(() => answer.status === 200);
    clock.block(29_900);
    response.end("news");
    await done(auspex);
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /go/:id 200"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 30: GET /go/:id"]);
  });

  it.each<[string, Handle]>([
    ["ends at once", (response) => response.end("all")],
    ["ends without a body", (response) => response.writeHead(204).end()],
    [
      "writes and ends in one tick",
      (response) => {
        response.write("a");
        response.end("ll");
      },
    ],
    [
      "writes and ends in one turn",
      async (response) => {
        response.flushHeaders();
        await Promise.resolve();
        response.end("all");
      },
    ],
  ])("makes no stream of a response that %s", async (_what, handle) => {
    const { auspex, clock, ask } = await stage((response, request) => {
      clock.block(100);
      return handle(response, request);
    });
    const { answer } = ask("/go/1");
    await until(() => answer.ended || answer.failed);
    await done(auspex);
    const status = answer.status;
    expect(await durations(auspex)).toEqual([`1 × 0.1: GET /go/:id ${status}`]);
    expect(await lifetimes(auspex)).toEqual([]);
  });

  // Over HTTP/2 its headers go out all the same.
  if (!isHttp2)
    it("makes no stream of a response that was handed what is no byte", async () => {
      const { auspex, ask } = await stage(async (response) => {
        expect(() => response.write({} as never)).toThrow();
        await turns();
        response.end("all");
      });
      const { answer } = ask("/go/1");
      await until(() => answer.ended);
      await done(auspex);
      expect(await durations(auspex)).toEqual(["1 × 0: GET /go/:id 200"]);
      expect(await lifetimes(auspex)).toEqual([]);
    });

  it.each<[string, Handle]>([
    [
      "setHeader",
      (response) => {
        response.setHeader("Content-Type", "text/event-stream; charset=utf-8");
        response.write("data: 1\n\n");
      },
    ],
    [
      "writeHead",
      (response) => {
        response.writeHead(200, SSE);
        response.write("data: 1\n\n");
      },
    ],
    [
      "writeHead and flushHeaders",
      (response) => {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.flushHeaders();
      },
    ],
  ])("shows an event stream at its first byte and not as aborted: by %s", async (_by, handle) => {
    const { auspex, clock, ask } = await stage((response, request) => {
      clock.block(100);
      return handle(response, request);
    });
    const { answer, leave } = ask("/go/1");
    await until(() => answer.status === 200);
    await until(() => total(auspex).count === 1);
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /go/:id 200"]);
    expect(await lifetimes(auspex)).toEqual([]);
    expect(total(auspex).inFlight).toBe(1);
    clock.block(3_599_900);
    leave();
    await done(auspex);
    expect(await durations(auspex)).toEqual(["1 × 0.1: GET /go/:id 200"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 3600: GET /go/:id"]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 0, inFlight: 0 });
  });

  it("ends an event stream once when the server ends it", async () => {
    const { auspex, clock, ask, responses } = await stage((response) => {
      response.writeHead(200, SSE);
      response.write("data: 1\n\n");
    });
    const { answer } = ask("/go/1");
    await until(() => total(auspex).count === 1 && answer.status === 200);
    clock.block(2000);
    (responses[0] as ServerResponse).end();
    await until(() => answer.ended);
    await done(auspex);
    expect(await durations(auspex)).toEqual(["1 × 0: GET /go/:id 200"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 2: GET /go/:id"]);
  });

  it("keeps a lifetime of a day", async () => {
    const { auspex, clock, ask, responses } = await stage((response) => response.write("a"));
    const { answer } = ask("/go/1");
    await until(() => answer.text === "a");
    await turns();
    clock.block(86_400_000);
    (responses[0] as ServerResponse).end();
    await done(auspex);
    expect(await lifetimes(auspex)).toEqual(["1 × 86000: GET /go/:id"]);
  });

  it("counts a stream whose client leaves as aborted, with its whole time", async () => {
    const { auspex, clock, ask, responses } = await stage();
    const { answer, leave } = ask("/go/1");
    await until(() => responses.length === 1);
    clock.block(100);
    (responses[0] as ServerResponse).write("half");
    await until(() => answer.text === "half");
    await turns();
    clock.block(900);
    leave();
    await done(auspex);
    expect(await durations(auspex)).toEqual(["1 × 1: GET /go/:id 499 auspex_outcome=aborted"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 1: GET /go/:id auspex_outcome=aborted"]);
    expect(total(auspex)).toEqual({ count: 1, aborted: 1, inFlight: 0 });
  });

  it("counts a stream that the server breaks off as aborted", async () => {
    const { auspex, ask, responses } = await stage((response) => response.write("half"));
    const { answer } = ask("/go/1");
    await until(() => answer.text === "half");
    (responses[0] as ServerResponse).destroy();
    await done(auspex);
    expect(await durations(auspex)).toEqual(["1 × 0: GET /go/:id 499 auspex_outcome=aborted"]);
    expect(await lifetimes(auspex)).toEqual(["1 × 0: GET /go/:id auspex_outcome=aborted"]);
  });

  it("has no lifetime for a client that leaves before the first byte", async () => {
    const { auspex, ask, responses } = await stage();
    const { leave } = ask("/go/1");
    await until(() => responses.length === 1);
    leave();
    await done(auspex);
    expect(await durations(auspex)).toEqual(["1 × 0: GET /go/:id 499 auspex_outcome=aborted"]);
    expect(await lifetimes(auspex)).toEqual([]);
  });

  it("takes no informational answer for the first byte", async () => {
    const { auspex, clock, ask, responses } = await stage((response) => {
      response.writeContinue();
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    });
    const { answer } = ask("/go/1");
    await until(() => responses.length === 1);
    await turns();
    clock.block(500);
    (responses[0] as ServerResponse).end("all");
    await until(() => answer.ended);
    await done(auspex);
    expect(answer.status).toBe(200);
    expect(await durations(auspex)).toEqual(["1 × 0.5: GET /go/:id 200"]);
    expect(await lifetimes(auspex)).toEqual([]);
  });

  it("counts HEAD and 304 once, whatever is written", async () => {
    const { auspex, ask } = await stage((response, { url }) => {
      if (url === "/go/304") response.statusCode = 304;
      try {
        response.write("nobody reads this");
      } catch {
        // Some refuse.
      }
      setImmediate(() => setImmediate(() => response.end()));
    });
    const head = ask("/go/200", { method: "HEAD" });
    const unchanged = ask("/go/304");
    await until(() => head.answer.ended && unchanged.answer.ended);
    await until(() => total(auspex).count === 2);
    expect(total(auspex)).toEqual({ count: 2, aborted: 0, inFlight: 0 });
    const statuses = (await durations(auspex)).map((each) => each.split(": ")[1]);
    expect(statuses).toEqual(["GET /go/:id 304", "HEAD /go/:id 200"]);
  });

  it("passes on what write, end and flushHeaders are given and answer", async () => {
    const seen: unknown[] = [];
    const { auspex, ask } = await stage((response) => {
      response.write("é", "latin1", () => seen.push("written"));
      response.flushHeaders();
      setImmediate(() => {
        response.end("é", "latin1", () => seen.push("ended"));
      });
    });
    const { answer } = ask("/go/1");
    await until(() => answer.ended && seen.length === 2);
    expect(Buffer.from(answer.text).includes(Buffer.from([0xef, 0xbf, 0xbd]))).toBe(true);
    expect(seen).toEqual(["written", "ended"]);
    await done(auspex);
  });

  if (!isHttp2)
    it("keeps what another tool has put in place of write", async () => {
      const seen: string[] = [];
      const { auspex, ask, server } = await stage((response) => {
        response.write("a");
        setImmediate(() => response.end("b"));
      });
      const outer = server as NonNullable<typeof server>;
      const { emit } = outer;
      outer.emit = function (this: unknown, ...args: unknown[]) {
        const response = args[2] as ServerResponse;
        if (args[0] === "request") {
          const { write } = response;
          response.write = ((...chunk: [string]) => {
            seen.push(chunk[0]);
            return Reflect.apply(write, response, chunk);
          }) as never;
        }
        return Reflect.apply(emit, this, args);
      } as never;
      const { answer } = ask("/go/1");
      await until(() => answer.ended);
      await done(auspex);
      expect(answer.text).toBe("ab");
      expect(seen).toEqual(["a"]);
    });
});
