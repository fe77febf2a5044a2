import type { ModelCall, UsageReader } from "./model.js";
import { eventIn, type Foreign, usageIn } from "./response.js";
import type { StreamSink } from "./streams/sink.js";

const MS_PER_SECOND = 1000;

/** The stream of one model call: when its chunks come, and what they tell of tokens. */
export class ModelStream implements StreamSink {
  /** Monotonic ms; −1 before the first chunk. */
  private firstAt = -1;
  private lastAt = -1;
  private isComplete = false;
  private failure: string | undefined;

  constructor(
    private readonly call: ModelCall,
    private readonly reader: UsageReader | undefined,
  ) {}

  /** Hot path: a clock read and a histogram write, and a look at a few fields. */
  chunk(value: unknown): void {
    const { model } = this.call;
    const now = model.now();
    if (this.lastAt >= 0) model.timePerChunk.record(now - this.lastAt);
    else {
      this.firstAt = now;
      model.timeToFirstChunk.record(now - this.call.started);
    }
    this.lastAt = now;
    if (this.reader !== undefined) this.call.ask(this.reader, value, true);
    if (typeof value === "object" && value !== null) this.look(value);
  }

  end(): void {
    // Some streams tell their end after their failure as well.
    if (this.call.isEnded) return;
    if (this.failure !== undefined) {
      this.call.streamFailed(this.failure);
      return;
    }
    const tokens = this.call.outputTokens;
    const elapsedMs = this.call.model.now() - this.firstAt;
    if (tokens >= 0 && this.firstAt >= 0 && elapsedMs > 0) {
      this.call.model.tokenRate.record((tokens / elapsedMs) * MS_PER_SECOND);
    }
    this.call.end();
  }

  fail(error: unknown): void {
    this.call.fail(error);
  }

  heldBy(reader: object): void {
    this.call.heldBy(reader);
  }

  /** Who leaves after the last event has all that there is. */
  abort(): void {
    if (this.isComplete) this.end();
    else this.call.abort();
  }

  private look(chunk: Foreign): void {
    try {
      if (typeof chunk.type === "string") this.event(chunk);
      else this.use(usageIn(chunk));
    } catch {
      this.call.model.context.fault("usage_shape");
    }
  }

  private event(chunk: Foreign): void {
    const event = eventIn(chunk);
    if (event === undefined) return;
    this.use(event.usage);
    if (event.isLast === true) this.isComplete = true;
    this.failure ??= event.failure;
  }

  private use(usage: unknown): void {
    if (usage === undefined || usage === null || this.reader !== undefined) return;
    this.call.take(usage);
  }
}
