import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Usage } from "../../../src/integrations/agents/usage.js";
import { HOSTILE, unhandledIn } from "../../helpers/hostile.js";
import { setUp } from "./setup.js";

/** Usage objects as the clients give them → input, output, cache read, cache write, reasoning. */
const shapes: [string, object, number[]][] = [
  [
    "OpenAI chat completions",
    {
      prompt_tokens: 100,
      completion_tokens: 40,
      total_tokens: 140,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 30 },
    },
    [100, 40, 60, -1, 30],
  ],
  ["OpenAI embeddings", { prompt_tokens: 8, total_tokens: 8 }, [8, -1, -1, -1, -1]],
  [
    "OpenAI responses",
    {
      input_tokens: 100,
      output_tokens: 40,
      input_tokens_details: { cached_tokens: 60 },
      output_tokens_details: { reasoning_tokens: 30 },
    },
    [100, 40, 60, -1, 30],
  ],
  [
    "Anthropic messages",
    {
      input_tokens: 10,
      output_tokens: 40,
      cache_read_input_tokens: 60,
      cache_creation_input_tokens: 30,
    },
    [100, 40, 60, 30, -1],
  ],
  [
    "Anthropic messages without a cache",
    {
      input_tokens: 10,
      output_tokens: 40,
      cache_read_input_tokens: null,
      cache_creation_input_tokens: null,
    },
    [10, 40, -1, -1, -1],
  ],
  [
    "Bedrock converse",
    { inputTokens: 10, outputTokens: 4, cacheReadInputTokens: 5, cacheWriteInputTokens: 1 },
    [16, 4, 5, 1, -1],
  ],
  [
    "AI SDK",
    { inputTokens: 10, outputTokens: 4, cachedInputTokens: 5, reasoningTokens: 2 },
    [10, 4, 5, -1, 2],
  ],
  ["AI SDK 4", { promptTokens: 10, completionTokens: 4 }, [10, 4, -1, -1, -1]],
  [
    "Gemini",
    {
      promptTokenCount: 10,
      candidatesTokenCount: 4,
      cachedContentTokenCount: 5,
      thoughtsTokenCount: 2,
    },
    [10, 6, 5, -1, 2],
  ],
  ["Ollama", { prompt_eval_count: 10, eval_count: 4 }, [10, 4, -1, -1, -1]],
  [
    "one's own",
    { input: 10, output: 4, cacheRead: 5, cacheWrite: 1, reasoning: 2 },
    [10, 4, 5, 1, 2],
  ],
];

const read = (usage: Usage) => [
  usage.input,
  usage.output,
  usage.cacheRead,
  usage.cacheWrite,
  usage.reasoning,
];

describe("usage", () => {
  it.each(shapes)("of %s is read", (_, given, expected) => {
    const usage = new Usage();
    expect(usage.read(given)).toBeUndefined();
    expect(read(usage)).toEqual(expected);
  });

  it("that comes in parts is what was told last of each", () => {
    const usage = new Usage();
    usage.read({ input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 1 });
    usage.read({ output_tokens: 20 });
    usage.read({ input_tokens: 11, output_tokens: 40 });
    expect(read(usage)).toEqual([101, 40, 90, -1, -1]);
  });

  it("is any count from 0, and nothing else", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (input, output) => {
        const usage = new Usage();
        const odd = usage.read({ input_tokens: input, output_tokens: output });
        const isCount = (value: unknown) =>
          typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
        const isAbsent = (value: unknown) => value === undefined || value === null;
        expect(usage.input).toBe(isCount(input) ? input : -1);
        expect(usage.output).toBe(isCount(output) ? output : -1);
        const shapeless = input === undefined && output === undefined;
        const isOdd = [input, output].some((value) => !isCount(value) && !isAbsent(value));
        expect(odd).toBe(shapeless ? "usage_shape" : isOdd ? "usage_value" : undefined);
      }),
    );
  });
});

describe("the tokens of a model", () => {
  it("are found in answers of the common clients without a callback", async () => {
    const { researcher, count } = setUp();
    for (const [, usage] of shapes.slice(0, 4)) {
      await researcher.model("m", async () => ({ id: "answer", usage }));
    }
    class GenerateContentResponse {
      usageMetadata = shapes[8]?.[1];
      get text() {
        throw new Error("read");
      }
    }
    researcher.model("m", () => new GenerateContentResponse());
    researcher.model("m", () => ({ model: "llama", prompt_eval_count: 10, eval_count: 4 }));
    const tokens = (type: string) =>
      count("auspex.gen_ai.client.tokens", { "gen_ai.token.type": type });
    expect(tokens("input")).toBe(100 + 8 + 100 + 100 + 10 + 10);
    expect(tokens("output")).toBe(40 + 40 + 40 + 6 + 4);
    expect(tokens("cache_read")).toBe(60 + 60 + 60 + 5);
    expect(tokens("cache_creation")).toBe(30);
    expect(tokens("reasoning")).toBe(30 + 30 + 2);
  });

  it("are distributions by call, under the names of the conventions", () => {
    const { auspex, researcher } = setUp();
    for (const input of [100, 200])
      researcher.model(
        "m",
        () => 1,
        () => ({ input, output: 5 }),
      );
    const found = auspex
      .snapshot("total")
      .histograms.filter(({ name }) => name === "gen_ai.client.token.usage");
    const by = Object.fromEntries(
      found.map((each) => [each.attributes["gen_ai.token.type"], [each.count, each.max]]),
    );
    expect(by).toEqual({ input: [2, 200], output: [2, 5] });
  });

  it("are not read from a getter of a class, which may do work", () => {
    const { researcher, count, faults } = setUp();
    let reads = 0;
    class StreamTextResult {
      get usage() {
        reads++;
        return { inputTokens: 1, outputTokens: 1 };
      }
    }
    researcher.model("m", () => new StreamTextResult());
    expect(reads).toBe(0);
    expect(count("auspex.gen_ai.client.tokens")).toBe(0);
    expect(faults()).toEqual({});
  });

  it("may be promised by the callback", async () => {
    const { auspex, researcher, count, faults } = setUp();
    const result = { totalUsage: Promise.resolve({ inputTokens: 3, outputTokens: 4 }) };
    researcher.model(
      "m",
      () => result,
      (answer) => answer.totalUsage,
    );
    await Promise.resolve();
    await Promise.resolve();
    expect(count("auspex.gen_ai.client.tokens")).toBe(7);
    const broken = () =>
      researcher.model(
        "m",
        () => 1,
        () => Promise.reject(new Error("no")),
      );
    expect(await unhandledIn(broken)).toEqual([]);
    expect(faults()).toEqual({ usage_threw: 1 });
    expect(auspex.snapshot("total").self.callbackErrors).toBe(1);
  });

  it("that are odd are counted by reason, and disturb nothing", () => {
    const { auspex, researcher, operation, faults, count } = setUp();
    const callbacks: [(answer: number) => unknown, string][] = [
      [
        () => {
          throw new Error("no");
        },
        "usage_threw",
      ],
      [() => undefined, "usage_missing"],
      [() => null, "usage_missing"],
      [() => 42, "usage_shape"],
      [() => ({ tokens: 1 }), "usage_shape"],
      [() => ({ input_tokens: -1, output_tokens: 5 }), "usage_value"],
      [() => ({ input_tokens: "12", output_tokens: Number.NaN }), "usage_value"],
      [
        () => ({
          get input_tokens() {
            throw new Error("no");
          },
        }),
        "usage_shape",
      ],
    ];
    const expected: Record<string, number> = {};
    for (const [callback, reason] of callbacks) {
      expect(researcher.model("m", () => 7, callback)).toBe(7);
      expected[reason] = (expected[reason] ?? 0) + 1;
    }
    expect(faults()).toEqual(expected);
    expect(count("auspex.gen_ai.client.tokens")).toBe(5);
    expect(operation("chat m").traffic.count).toBe(callbacks.length);
    expect(operation("chat m").errors.count).toBe(0);
    expect(auspex.snapshot("total").self.callbackErrors).toBe(1);
  });

  it("that stand behind a getter that throws are counted, and the answer is a success", () => {
    const { researcher, operation, faults } = setUp();
    const answer = {
      get usage() {
        throw new Error("no");
      },
    };
    expect(researcher.model("m", () => answer)).toBe(answer);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(researcher.model("m", () => proxy)).toBe(proxy);
    expect(faults()).toEqual({ usage_shape: 2 });
    expect(operation("chat m").traffic.count).toBe(2);
    expect(operation("chat m").errors.count).toBe(0);
  });

  it.each(Object.keys(HOSTILE))("survive a usage that is %s", async (name) => {
    const { researcher, operation } = setUp();
    const found = await unhandledIn(() => {
      researcher.model(
        "m",
        () => 1,
        () => HOSTILE[name]?.(),
      );
      researcher.model("m", () => ({ usage: HOSTILE[name]?.() }));
      researcher.model("m", () => 1, HOSTILE[name]?.() as never);
    });
    expect(found).toEqual([]);
    expect(operation("chat m").traffic.count).toBe(3);
  });
});

describe("cost", () => {
  const prices = {
    "some-model": {
      inputPerMillion: 2,
      outputPerMillion: 10,
      cachedInputPerMillion: 0.5,
      cacheWritePerMillion: 2.5,
    },
    "some-*": { inputPerMillion: 1, outputPerMillion: 1 },
  };

  it("is counted by the price table, cached input by prices of its own", () => {
    const { researcher, count } = setUp({ prices, currency: "EUR" });
    const usage = { input: 1000, output: 100, cacheRead: 600, cacheWrite: 100 };
    researcher.model(
      "some-model",
      () => 1,
      () => usage,
    );
    const cost = count("auspex.gen_ai.client.cost", { "auspex.currency": "EUR" });
    expect(cost).toBeCloseTo((300 * 2 + 600 * 0.5 + 100 * 2.5 + 100 * 10) / 1e6, 12);
    researcher.model(
      "some-other",
      () => 1,
      () => ({ input: 1, output: 1 }),
    );
    expect(count("auspex.gen_ai.client.cost", { "gen_ai.request.model": "some-other" })).toBe(2e-6);
  });

  it("without a price is counted as missing, and without a table not at all", () => {
    const priced = setUp({ prices });
    priced.researcher.model(
      "unknown",
      () => 1,
      () => ({ input: 1, output: 1 }),
    );
    expect(priced.faults()).toEqual({ price_missing: 1 });
    const bare = setUp();
    bare.researcher.model(
      "unknown",
      () => 1,
      () => ({ input: 1, output: 1 }),
    );
    expect(bare.faults()).toEqual({});
    expect(bare.count("auspex.gen_ai.client.cost")).toBe(0);
  });
});

describe("context length", () => {
  it("is a saturation of the model, and a distribution over its calls", () => {
    const { researcher, gauge, histogram } = setUp({
      contextLimit: { "small-*": 1000, "big-1": 100_000 },
    });
    for (const input of [250, 900]) {
      researcher.model(
        "small-1",
        () => 1,
        () => ({ input, output: 1 }),
      );
    }
    researcher.model(
      "other",
      () => 1,
      () => ({ input: 5, output: 1 }),
    );
    expect(gauge("auspex.gen_ai.client.context.size")).toMatchObject({
      value: 900,
      saturation: 0.9,
      attributes: { "gen_ai.request.model": "small-1" },
    });
    const utilization = histogram("auspex.gen_ai.client.context.utilization");
    expect(utilization?.count).toBe(2);
    expect(utilization?.max).toBeCloseTo(0.9, 2);
  });
});
