import { describeError } from "../../diag/diag.js";
import type { ExportResult, MetricExporter } from "../../readers/exporter.js";
import type { MetricBatch } from "../../snapshot/batch.js";
import { DeltaCursor } from "../../snapshot/temporality.js";
import { AddressCache } from "./address.js";
import { SentAhead } from "./ahead.js";
import { Delivery, type Outgoing } from "./delivery.js";
import { DogstatsdEncoder } from "./dogstatsd.js";
import { encodeEvent, type StatsdEvent } from "./event.js";
import type { Encoder, Point } from "./lines.js";
import type { ResolvedStatsdOptions } from "./options.js";
import { PlainEncoder } from "./plain.js";
import { StreamTransport } from "./stream.js";
import { codeOf, type Transport } from "./transport.js";
import { UdpTransport } from "./udp.js";

const EVENT_TIMEOUT_MS = 5000;

/**
 * StatsD over UDP or a stream Unix socket, in the original dialect or Datadog's.
 *
 * An export succeeds when the system has taken every payload. When one fails half-way, it answers
 * `retryable`, and the next one sends what is left: nothing twice, and nothing is kept for it but the
 * lines of the one series that was under way.
 */
export class StatsdExporter implements MetricExporter {
  readonly name: string;
  readonly #options: ResolvedStatsdOptions;
  readonly #transport: Transport;
  readonly #encoder: Encoder;
  readonly #datadog: DogstatsdEncoder | undefined;
  readonly #ahead = new SentAhead();
  /** For a reader that was told to give cumulative values all the same. */
  readonly #cursor = new DeltaCursor();
  /** Lines of a point of which others have gone out: first in the next export. */
  #unfinished: readonly string[] = [];
  /** Points lost in exports that failed later on; told by the next that succeeds. */
  #lost = 0;
  #queue: Promise<unknown> = Promise.resolve();
  /** Ends what is under way. */
  readonly #stop = new AbortController();

  constructor(options: ResolvedStatsdOptions, transport: Transport = transportOf(options)) {
    this.name = options.name;
    this.#options = options;
    this.#transport = transport;
    const { maxDatagramBytes: maxLineBytes } = options;
    if (options.dialect === "dogstatsd") {
      this.#datadog = new DogstatsdEncoder({ ...options, maxLineBytes });
      this.#encoder = this.#datadog;
    } else {
      this.#encoder = new PlainEncoder({ ...options, maxLineBytes });
    }
  }

  temporality(): "delta" {
    return "delta";
  }

  export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    return this.#inTurn(() => this.#export(batch, signal));
  }

  /**
   * Sends an event to Datadog, at once. Never rejects.
   *
   * @returns `failure` for one that cannot be sent: without a title, longer than a datagram, or not in
   *   the dialect
   */
  event(
    event: StatsdEvent,
    signal: AbortSignal = AbortSignal.timeout(EVENT_TIMEOUT_MS),
  ): Promise<ExportResult> {
    return this.#inTurn(async () => {
      let line: string;
      try {
        if (this.#datadog === undefined) throw new Error("events need the dialect dogstatsd");
        line = encodeEvent(event, this.#datadog.eventFields(event.tags));
        const bytes = Buffer.byteLength(line);
        const { maxDatagramBytes } = this.#options;
        if (bytes > maxDatagramBytes) {
          throw new RangeError(`the event takes ${bytes} bytes, a datagram ${maxDatagramBytes}`);
        }
      } catch (error) {
        return { status: "failure", error: error as Error };
      }
      return this.#deliver(signal, async (delivery) => delivery.add({ lines: [line], sent: 0 }));
    });
  }

  async forceFlush(): Promise<void> {
    await this.#queue;
  }

  /** Closes the socket: what is under way fails. */
  async shutdown(): Promise<void> {
    this.#stop.abort();
    await this.#queue;
    this.#transport.close();
  }

  #inTurn(work: () => Promise<ExportResult>): Promise<ExportResult> {
    const turn = this.#queue.then(async (): Promise<ExportResult> => {
      try {
        if (this.#stop.signal.aborted) throw new Error(`${this.name} is shut down`);
        return await work();
      } catch (error) {
        return { status: "failure", error: rebuilt(this.#transport.target, error) };
      }
    });
    this.#queue = turn;
    return turn;
  }

  async #export(given: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    const isCumulative = given.temporality === "cumulative";
    const batch = isCumulative ? this.#cursor.delta(given) : given;
    let rejected = 0;
    const unfinished: Outgoing = { lines: this.#unfinished, sent: 0 };
    const result = await this.#deliver(
      signal,
      async (delivery) => {
        await delivery.add(unfinished);
        this.#encoder.begin(batch);
        for (const metric of this.#ahead.rest(batch).metrics) {
          for (const point of metric.points as readonly Point[]) {
            const lines = this.#encoder.lines(metric, point);
            if (lines === undefined) rejected++;
            else await delivery.add({ of: { metric, point }, lines, sent: 0 });
          }
        }
      },
      (delivery, succeeded) => {
        this.#lost += delivery.tooLong.size;
        this.#unfinished = unfinished.lines.slice(unfinished.sent);
        if (succeeded) {
          this.#ahead.clear();
          if (isCumulative) this.#cursor.acknowledge(given);
          return;
        }
        const begun = delivery.begun.filter((outgoing) => outgoing !== unfinished);
        this.#ahead.add(batch, begun);
        const partial = begun.find(({ lines, sent }) => sent < lines.length);
        if (partial !== undefined) this.#unfinished = partial.lines.slice(partial.sent);
      },
    );
    if (result.status !== "success") return result;
    rejected += this.#lost;
    this.#lost = 0;
    return rejected === 0 ? result : { ...result, rejected };
  }

  async #deliver(
    signal: AbortSignal,
    fill: (delivery: Delivery) => Promise<void>,
    settled?: (delivery: Delivery, succeeded: boolean) => void,
  ): Promise<ExportResult> {
    const transport = this.#transport;
    const either = new AbortController();
    const abort = (): void => either.abort();
    const sources = [signal, this.#stop.signal];
    for (const source of sources) {
      if (source.aborted) abort();
      source.addEventListener("abort", abort);
    }
    const delivery = new Delivery(transport, this.#options.maxDatagramBytes, either.signal);
    try {
      await transport.open(either.signal);
      await fill(delivery);
      await delivery.finish();
      settled?.(delivery, true);
      return { status: "success" };
    } catch (error) {
      settled?.(delivery, false);
      // A socket that failed, or a frame that was cut off, is of no further use.
      transport.close();
      return { status: "retryable", error: rebuilt(transport.target, error) };
    } finally {
      for (const source of sources) source.removeEventListener("abort", abort);
    }
  }
}

function transportOf(options: ResolvedStatsdOptions): Transport {
  const { path, host, port, dnsTtlMs, clock, lookup, dialect } = options;
  if (path !== undefined) {
    return new StreamTransport(path, dialect === "dogstatsd" ? "length" : "newline");
  }
  return new UdpTransport(host, port, new AddressCache(host, dnsTtlMs, clock, lookup));
}

function rebuilt(target: string, error: unknown): Error {
  const code = codeOf(error);
  const message = `${target}: ${describeError(error)}`;
  return code === undefined ? new Error(message) : Object.assign(new Error(message), { code });
}
