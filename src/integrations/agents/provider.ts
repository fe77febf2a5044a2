import type { GaugeSeries } from "../../instruments/gauge.js";
import type { Metrics } from "./metrics.js";
import type { Pressure } from "./rate-limit.js";

/** How models begin that are of one provider; the longer before the shorter where both fit. */
const BY_MODEL: readonly (readonly [prefix: string, provider: string])[] = [
  ["gpt-", "openai"],
  ["chatgpt-", "openai"],
  ["o1", "openai"],
  ["o3", "openai"],
  ["o4", "openai"],
  ["text-embedding-", "openai"],
  ["anthropic.", "aws.bedrock"],
  ["amazon.", "aws.bedrock"],
  ["claude", "anthropic"],
  ["gemini", "gcp.gemini"],
  ["mistral", "mistral_ai"],
  ["codestral", "mistral_ai"],
  ["command", "cohere"],
  ["deepseek", "deepseek"],
  ["grok", "x_ai"],
  ["sonar", "perplexity"],
];

/**
 * `gen_ai.provider.name` of a model by its name, `_OTHER` where that says nothing: many serve it.
 * @see OpenTelemetry semantic conventions, gen_ai.provider.name
 */
export function providerOf(model: string): string {
  const name = model.toLowerCase();
  return BY_MODEL.find(([prefix]) => name.startsWith(prefix))?.[1] ?? "_OTHER";
}

/** Limits are counted by the minute: what was told longer ago says nothing of now. */
const TOLD_MS = 60_000;
const MS_PER_SECOND = 1000;

/** How full a provider is, by what it answers: 1 while it takes no calls, else the share of its limit. */
export class Provider {
  #gauge: GaugeSeries | undefined;
  #closedUntil = Number.NEGATIVE_INFINITY;
  #used = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly name: string,
    private readonly metrics: Metrics,
  ) {}

  /** Takes in what an answer said of it. */
  told({ retryAfterMs, used }: Pressure): void {
    const now = this.metrics.clock.now();
    if (retryAfterMs >= 0) this.#closedUntil = Math.max(this.#closedUntil, now + retryAfterMs);
    if (used >= 0) {
      this.#used = used;
      this.#toldAt = now;
    }
    if (this.#gauge === undefined) {
      this.#gauge = this.metrics.gauge("rateLimit", { "gen_ai.provider.name": this.name });
      // Until shutdown: a provider that was full once shows when it is not any more.
      this.metrics.internals.sample(() => this.#show());
    }
    this.#show();
  }

  #show(): void {
    const gauge = this.#gauge as GaugeSeries;
    const now = this.metrics.clock.now();
    const closedMs = Math.max(0, this.#closedUntil - now);
    gauge.set(closedMs / MS_PER_SECOND);
    if (closedMs > 0) gauge.saturation = 1;
    else gauge.saturation = now - this.#toldAt < TOLD_MS ? this.#used : 0;
  }
}
