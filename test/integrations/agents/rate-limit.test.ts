import { describe, expect, it } from "vitest";
import { pressureIn } from "../../../src/integrations/agents/rate-limit.js";
import { HOSTILE } from "../../helpers/hostile.js";
import { RateLimitError, setUp } from "./setup.js";

const NOW = Date.UTC(2026, 10, 1);

describe("what an error says of its provider", () => {
  const limited: [string, unknown, number][] = [
    ["a status and plain headers", { status: 429, headers: { "retry-after": "7" } }, 7000],
    ["headers in any case", { status: 429, headers: { "Retry-After": "7" } }, 7000],
    ["a Headers", { status: 429, headers: new Headers({ "retry-after": "7" }) }, 7000],
    ["a Map", { status: 429, headers: new Map([["retry-after", "7"]]) }, 7000],
    [
      "a date",
      { status: 429, headers: { "retry-after": new Date(NOW + 9000).toUTCString() } },
      9000,
    ],
    [
      "a date that has passed",
      { status: 429, headers: { "retry-after": new Date(NOW - 9000).toUTCString() } },
      0,
    ],
    [
      "milliseconds",
      { status: 429, headers: { "retry-after-ms": "250", "retry-after": "1" } },
      250,
    ],
    ["axios's response", { response: { status: 429, headers: { "retry-after": "7" } } }, 7000],
    ["the AI SDK's fields", { statusCode: 429, responseHeaders: { "retry-after": "7" } }, 7000],
    ["AWS's metadata", { $metadata: { httpStatusCode: 429 } }, 1000],
    ["a code", { code: 429 }, 1000],
    ["a code in text", { code: "429" }, 1000],
    ["nonsense for a time", { status: 429, headers: { "retry-after": "soon" } }, 1000],
    ["a negative time", { status: 429, headers: { "retry-after": "-5" } }, 1000],
    ["a thousand years", { status: 429, headers: { "retry-after": "31536000000" } }, 86_400_000],
  ];
  it.each(limited)("by %s is that it takes no calls for a while", (_, error, retryAfterMs) => {
    expect(pressureIn(error, "Error", NOW)).toMatchObject({ isLimited: true, retryAfterMs });
  });

  it("may be told by the type of the error alone, or be that it is overloaded", () => {
    expect(pressureIn({}, "ThrottlingException", NOW)?.isLimited).toBe(true);
    const overloaded = pressureIn({ status: 529 }, "OverloadedError", NOW);
    expect(overloaded).toMatchObject({ isLimited: false, retryAfterMs: 1000 });
    const closed = pressureIn({ status: 503, headers: { "retry-after": "2" } }, "Error", NOW);
    expect(closed).toMatchObject({ isLimited: false, retryAfterMs: 2000 });
    expect(pressureIn({ status: 503 }, "Error", NOW)).toBeUndefined();
    expect(
      pressureIn({ status: 500, headers: { "retry-after": "2" } }, "Error", NOW),
    ).toBeUndefined();
  });

  it("is the fullest of the limits in its headers", () => {
    const headers = {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "40",
      "anthropic-ratelimit-tokens-limit": "1000",
      "anthropic-ratelimit-tokens-remaining": "100",
    };
    const pressure = pressureIn({ status: 200, headers }, undefined, NOW);
    expect(pressure?.used).toBeCloseTo(0.9);
    expect(pressure?.isLimited).toBe(false);
    expect(pressure?.retryAfterMs).toBeNaN();
  });

  it.each(Object.keys(HOSTILE))(
    "is nothing worse than nothing where it, or its headers, are %s",
    (name) => {
      pressureIn(HOSTILE[name]?.(), "Error", NOW);
      pressureIn({ status: 429, headers: HOSTILE[name]?.() }, "Error", NOW);
      pressureIn({ status: HOSTILE[name]?.(), response: HOSTILE[name]?.() }, "Error", NOW);
    },
  );
});

describe("a provider", () => {
  const refused = async ({ researcher }: ReturnType<typeof setUp>, headers?: unknown) => {
    const error = new RateLimitError(headers);
    await expect(researcher.model("claude-x", () => Promise.reject(error))).rejects.toBe(error);
  };

  it("is full from a refusal until it takes calls again", async () => {
    const set = setUp();
    const limit = () => set.gauge("auspex.gen_ai.provider.rate_limit");
    expect(limit()).toBeUndefined();
    await refused(set, { "retry-after": "3" });
    expect(limit()).toMatchObject({
      value: 3,
      saturation: 1,
      attributes: { "gen_ai.provider.name": "anthropic" },
    });
    expect(set.count("auspex.gen_ai.client.rate_limited")).toBe(1);
    expect(set.operation("chat claude-x").errors.byType).toEqual({ RateLimitError: 1 });
    set.clock.advance(2000);
    expect(limit()).toMatchObject({ value: 1, saturation: 1 });
    set.clock.advance(2000);
    expect(limit()).toMatchObject({ value: 0, saturation: 0 });
  });

  it("is as full as its headers say, for as long as a limit is counted", () => {
    const set = setUp({ provider: "own" });
    const response = {
      status: 200,
      ok: true,
      headers: new Map([
        ["x-ratelimit-limit-tokens", "1000"],
        ["x-ratelimit-remaining-tokens", "200"],
      ]),
    };
    set.researcher.model("m", () => response);
    const limit = () => set.gauge("auspex.gen_ai.provider.rate_limit");
    expect(limit()?.saturation).toBeCloseTo(0.8);
    set.clock.advance(59_000);
    expect(limit()?.saturation).toBeCloseTo(0.8);
    set.clock.advance(2000);
    expect(limit()?.saturation).toBe(0);
  });

  it("that answers an HTTP error is a failure by its status", async () => {
    const set = setUp();
    const refusal = () => new Response("no", { status: 429, headers: { "retry-after": "1" } });
    await set.researcher.model("m", async () => refusal());
    await set.researcher.model("m", async () => new Response("broken", { status: 500 }));
    await set.researcher.model("m", async () => new Response("fine"));
    expect(set.operation("chat m").errors.byType).toEqual({ "429": 1, "500": 1 });
    expect(set.count("auspex.gen_ai.client.rate_limited")).toBe(1);
    expect(set.gauge("auspex.gen_ai.provider.rate_limit")?.saturation).toBe(1);
  });

  it("is told by the name of the model, and by `_OTHER` where that says nothing", () => {
    const set = setUp();
    const of = (model: string) => {
      set.researcher.model(model, () => 1);
      return set.operation(`chat ${model}`).attributes["gen_ai.provider.name"];
    };
    expect(of("gpt-4o-2024-08-06")).toBe("openai");
    expect(of("claude-sonnet-4-20250514")).toBe("anthropic");
    expect(of("Gemini-2.5-pro")).toBe("gcp.gemini");
    expect(of("anthropic.claude-3-haiku")).toBe("aws.bedrock");
    expect(of("llama3")).toBe("_OTHER");
    expect(of("__proto__")).toBe("_OTHER");
  });
});
