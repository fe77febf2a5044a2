import type { Attributes } from "../../attributes/attributes.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import type { Distribution } from "./distribution.js";
import type { Metrics } from "./metrics.js";
import type { Price } from "./options.js";
import type { Usage } from "./usage.js";

const PER_MILLION = 1e-6;

type TokenType = "input" | "output" | "cache_read" | "cache_creation" | "reasoning";

/** Records the tokens of one model, what they cost, and how much of its context they fill. */
export class TokenMeter {
  readonly #inputs: Distribution;
  readonly #outputs: Distribution;
  readonly #cost: Cost | undefined;
  readonly #context: Context | undefined;
  /** Each takes its place among the series with its first value. */
  #input: CounterSeries | undefined;
  #output: CounterSeries | undefined;
  #cacheRead: CounterSeries | undefined;
  #cacheWrite: CounterSeries | undefined;
  #reasoning: CounterSeries | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly attributes: Attributes,
    { price, currency, contextLimit }: TokenRules,
  ) {
    this.#inputs = metrics.distribution("inputTokens", attributes);
    this.#outputs = metrics.distribution("outputTokens", attributes);
    if (price !== undefined) this.#cost = new Cost(metrics, attributes, price, currency);
    if (contextLimit !== undefined) this.#context = new Context(metrics, attributes, contextLimit);
  }

  /** Hot path: two histogram writes and as many additions as there are kinds of tokens. */
  record(usage: Usage): void {
    const { input, output, cacheRead, cacheWrite, reasoning } = usage;
    if (input >= 0) {
      this.#inputs.record(input);
      (this.#input ??= this.#total("input")).add(input);
      if (this.#context !== undefined) this.#context.record(input);
    }
    if (output >= 0) {
      this.#outputs.record(output);
      (this.#output ??= this.#total("output")).add(output);
    }
    if (cacheRead >= 0) (this.#cacheRead ??= this.#total("cache_read")).add(cacheRead);
    if (cacheWrite >= 0) (this.#cacheWrite ??= this.#total("cache_creation")).add(cacheWrite);
    if (reasoning >= 0) (this.#reasoning ??= this.#total("reasoning")).add(reasoning);
    if (this.#cost !== undefined) this.#cost.record(usage);
  }

  #total(type: TokenType): CounterSeries {
    return this.metrics.counter("tokens", { ...this.attributes, "gen_ai.token.type": type });
  }
}

/** What the host says of one model. */
export interface TokenRules {
  readonly price: Price | undefined;
  readonly currency: string;
  readonly contextLimit: number | undefined;
}

/** What tokens cost. Prices are per million tokens. */
class Cost {
  #series: CounterSeries | undefined;
  readonly #input: number;
  readonly #output: number;
  readonly #cacheRead: number;
  readonly #cacheWrite: number;

  constructor(
    private readonly metrics: Metrics,
    private readonly attributes: Attributes,
    price: Price,
    private readonly currency: string,
  ) {
    const { inputPerMillion: input, outputPerMillion: output } = price;
    const { cachedInputPerMillion = input, cacheWritePerMillion = input } = price;
    this.#input = input * PER_MILLION;
    this.#output = output * PER_MILLION;
    this.#cacheRead = cachedInputPerMillion * PER_MILLION;
    this.#cacheWrite = cacheWritePerMillion * PER_MILLION;
  }

  record(usage: Usage): void {
    const cacheRead = Math.max(0, usage.cacheRead);
    const cacheWrite = Math.max(0, usage.cacheWrite);
    const fresh = Math.max(0, usage.input - cacheRead - cacheWrite);
    const cost =
      fresh * this.#input +
      cacheRead * this.#cacheRead +
      cacheWrite * this.#cacheWrite +
      Math.max(0, usage.output) * this.#output;
    if (this.#series === undefined) {
      const attributes = { ...this.attributes, "auspex.currency": this.currency };
      this.#series = this.metrics.counter("cost", attributes);
    }
    this.#series.add(cost);
  }
}

/** How much of a model's context length calls fill. */
class Context {
  readonly #utilization: Distribution;
  #size: GaugeSeries | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly attributes: Attributes,
    private readonly limit: number,
  ) {
    this.#utilization = metrics.distribution("contextUtilization", attributes);
  }

  record(input: number): void {
    const share = input / this.limit;
    this.#utilization.record(share);
    this.#size ??= this.metrics.gauge("context", this.attributes);
    this.#size.set(input);
    this.#size.saturation = Math.min(1, share);
  }
}
