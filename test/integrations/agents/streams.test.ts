import { Readable } from "node:stream";
import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { collected, setUp } from "./setup.js";

const openAiChunk = (content: string, usage: object | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  choices: usage === null ? [{ index: 0, delta: { content } }] : [],
  usage,
});

type SetUp = ReturnType<typeof setUp>;

/** A stream of `chunks`, 10 ms apart, of which the first comes after 100 ms. */
async function* timed({ clock }: SetUp, chunks: readonly unknown[]) {
  for (const [at, chunk] of chunks.entries()) {
    clock.advance(at === 0 ? 100 : 10);
    yield chunk;
  }
  clock.advance(10);
}

const USAGE = { prompt_tokens: 100, completion_tokens: 40, total_tokens: 140 };
const CHUNKS = [openAiChunk("a"), openAiChunk("b"), openAiChunk("c"), openAiChunk("", USAGE)];

/**
 * What every stream read to its end leaves, whatever kind of stream it was.
 * @param readsAhead - of one that does, the clock has gone on before a chunk is handed over
 */
function expectWholeStream(set: SetUp, readsAhead = false): void {
  const { operation, histogram, count, inFlight } = set;
  const call = operation("chat m");
  expect(call.traffic.count).toBe(1);
  expect([call.errors.count, call.aborted.count]).toEqual([0, 0]);
  expect(call.latency.max).toBeCloseTo(140, 0);
  const first = histogram("gen_ai.client.operation.time_to_first_chunk");
  expect(first?.count).toBe(1);
  if (!readsAhead) expect(first?.max).toBeCloseTo(0.1, 2);
  const each = histogram("gen_ai.client.operation.time_per_output_chunk");
  expect(each?.count).toBe(3);
  if (!readsAhead) {
    expect(each?.max).toBeCloseTo(0.01, 3);
    // 40 tokens in the 40 ms from the first chunk to the end.
    expect(histogram("auspex.gen_ai.client.token_rate")?.max).toBeCloseTo(1000, -1);
  }
  expect(count("auspex.gen_ai.client.tokens", { "gen_ai.token.type": "input" })).toBe(100);
  expect(count("auspex.gen_ai.client.tokens", { "gen_ai.token.type": "output" })).toBe(40);
  expect(inFlight()).toBe(0);
}

/** As the streams of the OpenAI and Anthropic clients: an iterable that makes its iterator in a field. */
class ClientStream {
  readonly controller = new AbortController();
  constructor(private readonly iterator: () => AsyncIterator<unknown>) {}
  [Symbol.asyncIterator]() {
    return this.iterator();
  }
  tee(): ClientStream[] {
    const iterator = this.iterator();
    const left: unknown[] = [];
    const right: unknown[] = [];
    const branch = (queue: unknown[]) => () => ({
      next: () => {
        if (queue.length === 0) {
          const next = iterator.next();
          left.push(next);
          right.push(next);
        }
        return queue.shift() as Promise<IteratorResult<unknown>>;
      },
    });
    return [new ClientStream(branch(left)), new ClientStream(branch(right))];
  }
}

const kinds: Record<string, (set: SetUp) => AsyncIterable<unknown>> = {
  "an async generator": (set) => timed(set, CHUNKS),
  "an async iterable": (set) => ({ [Symbol.asyncIterator]: () => timed(set, CHUNKS) }),
  "a client's stream": (set) => new ClientStream(() => timed(set, CHUNKS)),
  "a web stream": (set) => {
    const source = timed(set, CHUNKS);
    return new ReadableStream(
      {
        async pull(controller) {
          const { done, value } = await source.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
  },
  "a Node stream": (set) => Readable.from(timed(set, CHUNKS), { highWaterMark: 1 }),
};

describe("a streamed model call", () => {
  it.each(Object.keys(kinds))("%s stays the same object and is timed to its end", async (kind) => {
    const set = setUp();
    const stream = kinds[kind]?.(set) as AsyncIterable<unknown>;
    const returned = await set.researcher.model("m", async () => stream);
    expect(returned).toBe(stream);
    expect(set.operation("chat m").inFlight).toBe(1);
    expect(set.operation("chat m").traffic.count).toBe(0);
    const seen: unknown[] = [];
    for await (const chunk of returned) seen.push(chunk);
    expect(seen).toEqual(CHUNKS);
    expectWholeStream(set, kind === "a Node stream");
  });

  it.each(Object.keys(kinds))("%s left half-way is aborted, with the tokens told", async (kind) => {
    const set = setUp();
    const stream = await set.researcher.model(
      "m",
      () => kinds[kind]?.(set) as AsyncIterable<unknown>,
    );
    for await (const _ of stream) break;
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    const call = set.operation("chat m");
    expect([call.aborted.count, call.errors.count, call.traffic.count]).toEqual([1, 0, 1]);
    expect(set.inFlight()).toBe(0);
    expect(set.histogram("gen_ai.client.operation.time_to_first_chunk")?.count).toBe(1);
  });

  it.each(Object.keys(kinds))("%s that breaks is a failure by its error", async (kind) => {
    const set = setUp();
    const error = new RangeError("mid-stream");
    // biome-ignore lint/correctness/useYield: it comes to none
    const broken = async function* () {
      throw error;
    };
    const chunks = { entries: () => [[0, CHUNKS[0]]] } as never;
    const source = async function* () {
      yield* timed(set, chunks);
      yield* broken();
    };
    const streams: Record<string, () => AsyncIterable<unknown>> = {
      "an async generator": source,
      "an async iterable": () => ({ [Symbol.asyncIterator]: source }),
      "a client's stream": () => new ClientStream(source),
      "a web stream": () => ReadableStream.from(source()),
      "a Node stream": () => Readable.from(source()),
    };
    const stream = set.researcher.model("m", () => streams[kind]?.() as AsyncIterable<unknown>);
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toBe(error);
    expect(set.operation("chat m").errors.byType).toEqual({ RangeError: 1 });
    expect(set.inFlight()).toBe(0);
  });

  it("is aborted when its signal is, whether or not the stream says so", async () => {
    const set = setUp();
    const quiet = new ClientStream(() => timed(set, CHUNKS.slice(0, 2)));
    for await (const _ of set.researcher.model("m", () => quiet)) quiet.controller.abort();
    const loud = set.researcher.model("m", async function* () {
      yield 1;
      throw new DOMException("aborted", "AbortError");
    });
    await expect(
      (async () => {
        for await (const _ of loud);
      })(),
    ).rejects.toThrow("aborted");
    expect(set.operation("chat m").aborted.count).toBe(2);
    expect(set.operation("chat m").errors.count).toBe(0);
    expect(set.inFlight()).toBe(0);
  });

  it("is counted and no longer in flight once nobody can read it any more", async () => {
    const set = setUp();
    (() => {
      // One never begun, one left half-way by hand, one of which only a promise was kept for a while.
      void set.researcher.model("m", () => timed(set, CHUNKS));
      void set.researcher.model("m", () => timed(set, CHUNKS)).next();
      void set.researcher.model("m", () => new ReadableStream());
      void set.researcher.tool("t", () => timed(set, CHUNKS));
      // What its usage callback holds on to is not held by us.
      const held: unknown = set.researcher.model(
        "m",
        () => timed(set, CHUNKS),
        (chunk) => void [held, chunk],
      );
    })();
    expect(set.inFlight()).toBe(5);
    await collected(() => set.inFlight() === 0);
    expect(set.inFlight()).toBe(0);
    expect(set.operation("chat m").aborted.count).toBe(4);
    expect(set.faults()).toEqual({ stream_abandoned: 5 });
  });

  it("is told apart from a stream that is kept and read later", async () => {
    const set = setUp();
    const kept = set.researcher.model(
      "m",
      () => timed(set, CHUNKS),
      (chunk) => void [kept, chunk],
    );
    await collected(() => set.inFlight() === 0, 20);
    expect(set.inFlight()).toBe(1);
    for await (const _ of kept);
    expect(set.inFlight()).toBe(0);
    expect(set.operation("chat m").aborted.count).toBe(0);
  });

  it("is not given up while it is read by its iterator alone, or by one that splits it", async () => {
    const set = setUp();
    const slowly = () => {
      return new ClientStream(async function* () {
        for (const chunk of CHUNKS) {
          await collected(() => false, 3);
          yield chunk;
        }
      });
    };
    const iterator = (() => {
      const iterable = () => ({
        [Symbol.asyncIterator]() {
          const source = slowly()[Symbol.asyncIterator]();
          return { next: () => source.next() };
        },
      });
      return set.researcher.model("m", iterable)[Symbol.asyncIterator]();
    })();
    for await (const _ of { [Symbol.asyncIterator]: () => iterator });
    const [one] = set.researcher.model("m", slowly).tee();
    for await (const _ of one as ClientStream);
    const web = () => ReadableStream.from(slowly()).pipeThrough(new TransformStream());
    const [left] = set.researcher.model("m", web).tee();
    for await (const _ of left);
    expect(set.faults()).toEqual({});
    expect(set.operation("chat m").aborted.count).toBe(0);
    expect(set.operation("chat m").traffic.count).toBe(3);
  });

  it("may be split: what comes in both branches counts once", async () => {
    for (const kind of ["a client's stream", "a web stream"]) {
      const set = setUp();
      const stream = set.researcher.model("m", () => kinds[kind]?.(set) as ReadableStream);
      const read = async (branch: AsyncIterable<unknown>) => {
        const seen: unknown[] = [];
        for await (const chunk of branch) seen.push(chunk);
        return seen;
      };
      const both = await Promise.all((stream.tee() as AsyncIterable<unknown>[]).map(read));
      expect(both).toEqual([CHUNKS, CHUNKS]);
      expectWholeStream(set, true);
    }
  });

  it("may be read, piped and piped through, as a web stream is", async () => {
    const ways: Record<string, (stream: ReadableStream) => Promise<unknown>> = {
      async reader(stream) {
        const reader = stream.getReader();
        for (;;) if ((await reader.read()).done) return;
      },
      through: async (stream) => {
        for await (const _ of stream.pipeThrough(new TransformStream()));
      },
    };
    for (const read of Object.values(ways)) {
      const set = setUp();
      await read(set.researcher.model("m", () => kinds["a web stream"]?.(set) as ReadableStream));
      expectWholeStream(set, true);
    }
    const set = setUp();
    const stream = () => kinds["a web stream"]?.(set) as ReadableStream;
    await set.researcher.model("m", stream).pipeTo(new WritableStream());
    await set.researcher.model("m", stream).cancel();
    await set.researcher.model("m", stream).getReader().cancel();
    const [one, other] = set.researcher.model("m", stream).tee();
    const cancelled = [one?.cancel(), one?.cancel()];
    await new Promise((resolve) => setImmediate(resolve));
    expect(set.inFlight()).toBe(1);
    await Promise.all([...cancelled, other?.cancel()]);
    expect(set.operation("chat m").traffic.count).toBe(4);
    expect(set.operation("chat m").aborted.count).toBe(3);
    expect(set.inFlight()).toBe(0);
  });

  it("is followed through a Node stream's events without changing how it flows", async () => {
    const set = setUp();
    const stream = set.researcher.model("m", () =>
      Readable.from(timed(set, CHUNKS), { highWaterMark: 1 }),
    );
    expect(stream.readableFlowing).toBeNull();
    expect([stream.listenerCount("data"), stream.listenerCount("error")]).toEqual([0, 0]);
    const seen: unknown[] = [];
    await new Promise((resolve) =>
      stream.on("data", (chunk) => seen.push(chunk)).on("end", resolve),
    );
    expect(seen).toEqual(CHUNKS);
    expectWholeStream(set, true);
  });

  it("is followed through the helper streams of clients, which read on their own", async () => {
    class HelperStream {
      readonly listeners: Record<string, ((...given: unknown[]) => void)[]> = {};
      on(event: string, listener: (...given: unknown[]) => void) {
        (this.listeners[event] ??= []).push(listener);
        return this;
      }
      abort() {
        this._emit("abort", new Error("Request was aborted."));
        this._emit("end");
      }
      _emit(event: string, ...given: unknown[]) {
        for (const listener of this.listeners[event] ?? []) listener(...given);
      }
      async *[Symbol.asyncIterator]() {
        yield 1;
      }
    }
    const set = setUp();
    const stream = new HelperStream();
    expect(set.researcher.model("m", () => stream)).toBe(stream);
    const texts = vi.fn();
    stream.on("chunk", texts);
    for (const [at, chunk] of CHUNKS.entries()) {
      set.clock.advance(at === 0 ? 100 : 10);
      stream._emit("chunk", chunk, {});
    }
    set.clock.advance(10);
    stream._emit("end");
    expect(texts).toHaveBeenCalledTimes(4);
    expectWholeStream(set);

    const failing = set.researcher.model("m", () => new HelperStream());
    failing._emit("chunk", openAiChunk("", USAGE));
    set.clock.advance(10);
    failing._emit("error", new TypeError("no"));
    failing._emit("end");
    set.researcher.model("m", () => new HelperStream()).abort();
    const { errors, aborted, traffic } = set.operation("chat m");
    expect([errors.byType, aborted.count, traffic.count]).toEqual([{ TypeError: 1 }, 1, 3]);
    expect(set.histogram("auspex.gen_ai.client.token_rate")?.count).toBe(1);
    expect(set.inFlight()).toBe(0);
  });

  it("merges what Anthropic's events tell, and is whole once the last one has come", async () => {
    const set = setUp();
    const usage = { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 1 };
    const events = [
      { type: "message_start", message: { usage } },
      { type: "content_block_delta", delta: { type: "text_delta", text: "hi" } },
      { type: "message_delta", usage: { output_tokens: 40 } },
      { type: "message_stop" },
    ];
    const stream = new ClientStream(() => timed(set, events));
    for await (const event of set.researcher.model("m", () => stream)) {
      if ((event as { type: string }).type === "message_stop") break;
    }
    const tokens = (type: string) =>
      set.count("auspex.gen_ai.client.tokens", { "gen_ai.token.type": type });
    expect([tokens("input"), tokens("cache_read"), tokens("output")]).toEqual([100, 90, 40]);
    expect(set.operation("chat m").aborted.count).toBe(0);
  });

  it("takes an OpenAI response at its word: completed, or failed with a code", async () => {
    const set = setUp();
    const answer = (event: object) =>
      async function* () {
        yield { type: "response.created", response: { usage: null } };
        yield event;
      };
    const failed = { error: { code: "server_error", message: "id 42" }, usage: null };
    const details = { output_tokens_details: { reasoning_tokens: 3 } };
    const usage = { input_tokens: 7, output_tokens: 5, ...details };
    for (const event of [
      { type: "response.failed", response: failed },
      { type: "response.failed", response: { error: {} } },
      { type: "response.completed", response: { usage } },
    ]) {
      for await (const _ of set.researcher.model("m", answer(event)));
    }
    expect(set.operation("chat m").errors.byType).toEqual({ server_error: 1, response_failed: 1 });
    expect(set.count("auspex.gen_ai.client.tokens", { "gen_ai.token.type": "reasoning" })).toBe(3);
    expect(set.faults()).toEqual({});
  });

  it("takes the AI SDK's total over its steps, of a stream and of an answer", async () => {
    const set = setUp();
    const step = { inputTokens: 10, outputTokens: 2 };
    const totalUsage = { inputTokens: 30, outputTokens: 6 };
    const events = [
      { type: "text-delta", text: "hi" },
      { type: "finish-step", usage: step },
      { type: "finish", totalUsage },
    ];
    for await (const _ of set.researcher.model("m", () => timed(set, events)));
    expect(set.count("auspex.gen_ai.client.tokens")).toBe(36);
    class Result {
      readonly totalUsage = totalUsage;
      get usage() {
        return step;
      }
    }
    await set.researcher.model("m", async () => new Result());
    expect(set.count("auspex.gen_ai.client.tokens")).toBe(72);
    class Streaming {
      readonly totalUsage = Promise.resolve(totalUsage);
    }
    set.researcher.model("m", () => new Streaming());
    expect(set.count("auspex.gen_ai.client.tokens")).toBe(72);
    expect(set.faults()).toEqual({});
  });

  it("asks a usage callback for each chunk, and hears what it says last", async () => {
    const set = setUp();
    const stream = set.researcher.model(
      "m",
      () => timed(set, ["a", "b", { tokens: 5 }, { tokens: 9 }]),
      (chunk) =>
        typeof chunk === "object" ? { output: (chunk as { tokens: number }).tokens } : undefined,
    );
    for await (const _ of stream);
    expect(set.count("auspex.gen_ai.client.tokens")).toBe(9);
    expect(set.faults()).toEqual({});
  });

  it("belongs to a run that hands it out, and not to a tool that opens one", async () => {
    const set = setUp();
    const stream = set.researcher.run(() => set.researcher.model("m", () => Readable.from(["a"])));
    set.researcher.tool("open", () => Readable.from(["a"]));
    expect(set.operation("execute_tool open").inFlight).toBe(0);
    expect(set.operation("invoke_agent researcher").inFlight).toBe(1);
    for await (const _ of stream);
    expect(set.operation("invoke_agent researcher").traffic.count).toBe(1);
    expect(set.inFlight()).toBe(0);
  });

  it("that cannot be followed is an answer, and stays as it is", async () => {
    const set = setUp();
    const frozen = Object.freeze({ [Symbol.asyncIterator]: () => timed(set, CHUNKS) });
    expect(set.researcher.model("m", () => frozen)).toBe(frozen);
    const iterable = {
      [Symbol.asyncIterator]: () => Object.freeze({ next: async () => ({ done: true }) }),
    };
    for await (const _ of set.researcher.model("m", () => iterable as AsyncIterable<unknown>));
    expect(set.operation("chat m").traffic.count).toBe(2);
    expect(set.inFlight()).toBe(0);
  });

  it("that hands out the same iterator again counts each of its values once", async () => {
    const set = setUp();
    const one = timed(set, CHUNKS);
    const stream = set.researcher.model("m", () => ({ [Symbol.asyncIterator]: () => one }));
    await stream[Symbol.asyncIterator]().next();
    await stream[Symbol.asyncIterator]().next();
    for await (const _ of stream);
    expectWholeStream(set);
  });

  it.each(["of another realm", "of a class with `then` alone"])(
    "whose steps are promises %s is timed to its end, and steps stay awaitable",
    async (kind) => {
      const set = setUp();
      const elsewhere = runInNewContext("Promise") as PromiseConstructor;
      const source = timed(set, CHUNKS);
      const stream = set.researcher.model("m", () => ({
        next(): PromiseLike<IteratorResult<unknown>> {
          const step = source.next();
          if (kind === "of another realm") return elsewhere.resolve(step);
          // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
          return { then: (...settle) => step.then(...settle) };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      }));
      for await (const _ of stream as unknown as AsyncIterable<unknown>);
      expectWholeStream(set);
    },
  );

  it("that was over before it was answered ends at once, as it ended", async () => {
    const set = setUp();
    const read = Readable.from(["a"]);
    for await (const _ of read);
    const left = Readable.from(["a"]).destroy();
    const broken = Readable.from(["a"]);
    broken.on("error", () => {}).destroy(new TypeError("broken"));
    const closed = new ReadableStream({ start: (controller) => controller.close() });
    const errored = new ReadableStream({ start: (to) => to.error(new RangeError("no")) });
    const streams = [read, left, broken, closed, errored];
    for (const stream of streams) expect(set.researcher.model("m", () => stream)).toBe(stream);
    const { traffic, aborted, errors, inFlight } = set.operation("chat m");
    expect([traffic.count, aborted.count, inFlight]).toEqual([streams.length, 1, 0]);
    expect(errors.byType).toEqual({ TypeError: 1, _OTHER: 1 });
  });

  it("with chunks whose getters throw goes on, and each of them is counted", async () => {
    const set = setUp();
    const odd = {
      get usage() {
        throw new Error("no");
      },
    };
    const stream = set.researcher.model("m", () => timed(set, [odd, ...CHUNKS.slice(1), odd]));
    for await (const _ of stream);
    expect(set.faults()).toEqual({ usage_shape: 2 });
    expect(set.operation("chat m").errors.count).toBe(0);
    expect(set.count("auspex.gen_ai.client.tokens")).toBe(140);
  });

  it("handed out again and again gathers no followers without end", async () => {
    const set = setUp();
    const again = Readable.from(["a"]);
    for (let i = 0; i < 10_000; i++) set.researcher.model("m", () => again);
    for await (const _ of again);
    expect(set.operation("chat m").traffic.count).toBe(10_000);
    expect(set.inFlight()).toBe(0);
  });

  it("beside `withResponse()` is found, and its response's limits are heard", async () => {
    const set = setUp({ provider: "own" });
    const headers = new Headers({
      "x-ratelimit-limit-requests": "100",
      "x-ratelimit-remaining-requests": "25",
    });
    const { data } = await set.researcher.model("m", async () => ({
      data: timed(set, CHUNKS),
      response: { status: 200, ok: true, headers },
    }));
    for await (const _ of data);
    expectWholeStream(set);
    expect(set.gauge("auspex.gen_ai.provider.rate_limit")?.saturation).toBeCloseTo(0.75);
  });
});
