import type { Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { agent } from "../../../src/integrations/agents/index.js";
import { monitor } from "../../helpers/monitor.js";
import { events, modelServer } from "./model-server.js";
import { reading } from "./setup.js";

let server: Server;
let url: string;

beforeAll(async () => {
  ({ server, url } = await modelServer());
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

function setUp() {
  const auspex = monitor({ saturation: false });
  return { auspex, researcher: agent(auspex, "researcher"), ...reading(auspex) };
}

const ask = (body: object, signal?: AbortSignal) =>
  fetch(url, { method: "POST", body: JSON.stringify(body), ...(signal && { signal }) });

it("a model that streams over HTTP is timed by its chunks, its tokens read from the last", async () => {
  const { researcher, operation, histogram, count, inFlight } = setUp();
  await researcher.run(async () => {
    const stream = await researcher.model("m", async () => events(await ask({ stream: true })));
    let chunks = 0;
    for await (const _ of stream) chunks++;
    expect(chunks).toBe(11);
  });
  expect(operation("chat m").traffic.count).toBe(1);
  const first = histogram("gen_ai.client.operation.time_to_first_chunk");
  const each = histogram("gen_ai.client.operation.time_per_output_chunk");
  expect([first?.count, each?.count]).toEqual([1, 10]);
  // Seconds, and parts of the whole.
  const whole = operation("chat m").latency.max / 1000;
  expect(first?.max).toBeLessThanOrEqual(whole * 1.01);
  expect((each?.mean ?? 0) * 10).toBeLessThanOrEqual(whole * 1.01);
  expect(histogram("auspex.gen_ai.client.token_rate")?.count).toBe(1);
  expect(count("auspex.gen_ai.client.tokens", { "gen_ai.token.type": "output" })).toBe(10);
  expect(inFlight()).toBe(0);
});

it("a response's body that is handed out is followed as it is piped and read", async () => {
  const { researcher, operation, histogram, inFlight } = setUp();
  const body = await researcher.model("m", async () => {
    return (await ask({ stream: true })).body as ReadableStream<Uint8Array>;
  });
  const text: string[] = [];
  for await (const piece of body.pipeThrough(new TextDecoderStream() as never)) {
    text.push(piece as string);
  }
  expect(text.join("")).toContain("[DONE]");
  expect(operation("chat m").traffic.count).toBe(1);
  expect(histogram("gen_ai.client.operation.time_to_first_chunk")?.count).toBe(1);
  expect(inFlight()).toBe(0);
});

it("a refusal, a connection that breaks and a caller that leaves are told apart", async () => {
  const { researcher, operation, count, gauge, inFlight } = setUp();
  const limited = await researcher.model("m", () => ask({ limited: true }));
  expect(limited.status).toBe(429);
  await limited.text();
  const read = async (stream: AsyncIterable<unknown>, most = Number.POSITIVE_INFINITY) => {
    for await (const _ of stream) if (--most === 0) break;
  };
  const stream = (body: object, signal?: AbortSignal) =>
    researcher.model("m", async () => events(await ask({ stream: true, ...body }, signal)));
  await expect(read(await stream({ cut: true }))).rejects.toThrow();
  await read(await stream({ endless: true }), 3);
  const leaving = new AbortController();
  const cancelled = await stream({ endless: true }, leaving.signal);
  setTimeout(() => leaving.abort(), 5);
  await expect(read(cancelled)).rejects.toThrow("abort");
  const { traffic, errors, aborted } = operation("chat m");
  expect([traffic.count, errors.count, aborted.count]).toEqual([4, 2, 2]);
  expect(errors.byType["429"]).toBe(1);
  expect(count("auspex.gen_ai.client.rate_limited")).toBe(1);
  expect(gauge("auspex.gen_ai.provider.rate_limit")?.saturation).toBe(1);
  expect(inFlight()).toBe(0);
});

it("a whole answer is read by the host, and its tokens by the callback", async () => {
  const { researcher, count, faults } = setUp();
  type Answer = { usage: { prompt_tokens: number } };
  const answer = await researcher.model(
    "m",
    async () => (await ask({})).json() as Promise<Answer>,
    ({ usage }) => usage,
  );
  expect(answer.usage.prompt_tokens).toBe(50);
  expect(count("auspex.gen_ai.client.tokens")).toBe(60);
  expect(faults()).toEqual({});
});
