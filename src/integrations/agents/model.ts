import { isThenable } from "../../diag/guarded-call.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { Outcome } from "../../instruments/golden-signals.js";
import { Bound } from "./bound.js";
import { Call } from "./call.js";
import type { AgentContext } from "./context.js";
import type { Distribution } from "./distribution.js";
import { ModelStream } from "./model-stream.js";
import { type Provider, providerOf } from "./provider.js";
import { pressureIn } from "./rate-limit.js";
import { type Foreign, failureIn, fieldsOf, usageIn } from "./response.js";
import type { Run } from "./run.js";
import { isStream } from "./streams/follow.js";
import type { StreamSink } from "./streams/sink.js";
import { TokenMeter } from "./tokens.js";
import { Usage } from "./usage.js";

/** Finds the usage in an answer or, of a stream, in each chunk; undefined: there is none in it. */
export type UsageReader = (answer: unknown) => unknown;

/** One model, as one agent calls it. Keep it: `call` looks nothing up. */
export class ModelBound extends Bound<AgentContext> {
  readonly timeToFirstChunk: Distribution;
  readonly timePerChunk: Distribution;
  readonly tokenRate: Distribution;
  readonly #tokens: TokenMeter;
  readonly #provider: Provider;
  readonly #isPriceMissing: boolean;
  #rateLimited: CounterSeries | undefined;

  /**
   * @param operation - `gen_ai.operation.name`
   * @param given - the provider, where it is not that of the agent or what the name says
   */
  constructor(context: AgentContext, name: string, operation = "chat", given?: string) {
    const { options, shared } = context;
    const provider = given ?? options.provider ?? providerOf(name);
    super(context, {
      key: "inference",
      title: `${operation} ${name}`,
      attributes: {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": name,
      },
      concurrency: context.concurrencyOf("models"),
    });
    const { metrics } = shared;
    this.timeToFirstChunk = metrics.distribution("timeToFirstChunk", this.attributes);
    this.timePerChunk = metrics.distribution("timePerChunk", this.attributes);
    this.tokenRate = metrics.distribution("tokenRate", this.attributes);
    const price = options.priceOf(name);
    this.#isPriceMissing = options.hasPrices && price === undefined;
    this.#tokens = new TokenMeter(metrics, this.attributes, {
      price,
      currency: options.currency,
      contextLimit: options.contextLimitOf(name),
    });
    this.#provider = shared.providers.get(provider);
  }

  call<T>(work: () => T, reader?: UsageReader): T {
    const run = this.context.shared.storage.getStore()?.run;
    this.enter();
    if (run !== undefined) {
      run.inferenceCalls++;
      run.begins(this);
    }
    return new ModelCall(this, run, reader, this.now()).run(work);
  }

  used(usage: Usage): void {
    this.#tokens.record(usage);
    if (this.#isPriceMissing) this.context.fault("price_missing");
  }

  /** Takes in what an answer or an error says of the provider's load. */
  told(answer: unknown, type: string | undefined): void {
    const { metrics } = this.context;
    const pressure = pressureIn(answer, type, metrics.clock.wall());
    if (pressure === undefined) return;
    this.#provider.told(pressure);
    if (!pressure.isLimited) return;
    this.#rateLimited ??= metrics.counter("rateLimited", this.attributes);
    this.#rateLimited.add(1);
  }
}

/** One model call. */
export class ModelCall extends Call {
  private usage: Usage | undefined;
  private awaitsUsage = false;

  constructor(
    readonly model: ModelBound,
    private readonly owner: Run | undefined,
    private reader: UsageReader | undefined,
    started: number,
  ) {
    super(model, started);
  }

  /** Tokens made so far; −1 when nobody told. */
  get outputTokens(): number {
    return this.usage?.output ?? -1;
  }

  protected override sink(): StreamSink {
    const { reader } = this;
    // It may hold on to the stream, and this must not: it waits for the stream to be out of reach.
    this.reader = undefined;
    return new ModelStream(this, reader);
  }

  protected override inspect(value: unknown): object | string | undefined {
    try {
      return this.#inspect(value);
    } catch (error) {
      this.model.context.fault("usage_shape");
      throw error;
    }
  }

  #inspect(value: unknown): object | string | undefined {
    if (typeof value !== "object" || value === null) {
      if (this.reader !== undefined) this.ask(this.reader, value, false);
      return undefined;
    }
    if (isStream(value)) return value;
    let answer = fieldsOf(value);
    let http = typeof answer.status === "number" ? answer : undefined;
    const { response, data } = answer;
    if (isObject(response) && isObject(data)) {
      // What `withResponse()` of the OpenAI and Anthropic clients answers.
      http = fieldsOf(response);
      if (isStream(data)) {
        this.model.told(http, undefined);
        return data;
      }
      answer = fieldsOf(data);
    }
    if (this.reader !== undefined) this.ask(this.reader, value, false);
    else {
      const usage = usageIn(answer);
      if (usage !== undefined) this.take(usage);
    }
    if (http === undefined) return failureIn(answer);
    return this.judge(http);
  }

  private judge(http: Foreign): string | undefined {
    const failure = failureIn(http);
    this.model.told(http, failure);
    return failure;
  }

  protected override failed(error: unknown, type: string): void {
    this.model.told(error, type);
  }

  protected override ended(outcome: Outcome): void {
    if (this.usage !== undefined) this.model.used(this.usage);
    this.owner?.ends(this.model, outcome);
  }

  /** @param isChunk - one without usage is nothing odd */
  ask(reader: UsageReader, answer: unknown, isChunk: boolean): void {
    let usage: unknown;
    try {
      usage = reader(answer);
    } catch {
      this.#threw();
      return;
    }
    if (isThenable(usage)) this.#await(usage);
    else if (usage !== undefined && usage !== null) this.take(usage);
    else if (!isChunk) this.model.context.fault("usage_missing");
  }

  /** Takes in a usage object, whatever it is. Never throws. */
  take(given: unknown): void {
    this.usage ??= new Usage();
    this.#read(given, this.usage);
  }

  #read(given: unknown, usage: Usage): void {
    try {
      const odd = usage.read(given);
      if (odd !== undefined) this.model.context.fault(odd);
    } catch {
      this.model.context.fault("usage_shape");
    }
  }

  /** A usage that is promised comes when it comes; the call does not wait for it. One a call. */
  #await(promised: PromiseLike<unknown>): void {
    const isFirst = !this.awaitsUsage;
    this.awaitsUsage = true;
    Promise.resolve(promised).then(
      (given) => {
        if (!isFirst) return;
        const usage = new Usage();
        this.#read(given, usage);
        this.model.used(usage);
      },
      () => this.#threw(),
    );
  }

  #threw(): void {
    this.model.context.fault("usage_threw");
    this.model.context.metrics.internals.callbacks.callbackErrors++;
  }

  /** Ends a stream that said of itself that it failed. */
  streamFailed(type: string): void {
    this.failAs(type, false);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
