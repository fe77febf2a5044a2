import { describeError } from "../../diag/diag.js";
import type { ExportResult, MetricExporter } from "../../readers/exporter.js";
import type { MetricBatch } from "../../snapshot/batch.js";
import { DeltaCursor } from "../../snapshot/temporality.js";
import { AddressCache } from "./address.js";
import { SentAhead } from "./ahead.js";
import type { Outgoing } from "./delivery.js";
import { DogstatsdEncoder } from "./dogstatsd.js";
import { EventRoom, encodeEvent, type StatsdEvent } from "./event.js";
import type { Encoder, Point } from "./lines.js";
import type { ResolvedStatsdOptions } from "./options.js";
import { PlainEncoder } from "./plain.js";
import { Sender } from "./sender.js";
import { StreamTransport } from "./stream.js";
import type { Transport } from "./transport.js";
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
  readonly #sender: Sender;
  readonly #encoder: Encoder;
  readonly #datadog: DogstatsdEncoder | undefined;
  readonly #events = new EventRoom();
  readonly #ahead = new SentAhead();
  /** For a reader that was told to give cumulative values all the same. */
  readonly #cursor = new DeltaCursor();
  /** Lines of a point of which others have gone out: first in the next export. */
  #unfinished: readonly string[] = [];
  /** Points lost in exports that failed later on; told by the next that succeeds. */
  #lost = 0;

  constructor(options: ResolvedStatsdOptions, transport: Transport = transportOf(options)) {
    this.name = options.name;
    this.#options = options;
    this.#sender = new Sender(options.name, transport, options.maxDatagramBytes);
    this.#datadog = options.dialect === "dogstatsd" ? new DogstatsdEncoder(options) : undefined;
    this.#encoder = this.#datadog ?? new PlainEncoder(options);
  }

  temporality(): "delta" {
    return "delta";
  }

  export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    return this.#sender.inTurn(() => this.#export(batch, signal));
  }

  /**
   * Sends an event to Datadog: at once, or after what is under way. Never rejects.
   *
   * @param signal - ends the attempt; without one it ends after 5 s
   * @returns `failure` for one that cannot be sent: without a title, longer than a datagram or than the
   *   path takes, not in the dialect, or behind 1,000 others or 1 MiB of them
   */
  async event(event: StatsdEvent, signal?: AbortSignal): Promise<ExportResult> {
    try {
      return await this.#events.hold(
        () => this.#eventLine(event),
        (line) => {
          const within = signal ?? AbortSignal.timeout(EVENT_TIMEOUT_MS);
          return this.#sender.inTurn(() => this.#sendEvent(line, within));
        },
      );
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(describeError(thrown));
      return { status: "failure", error };
    }
  }

  forceFlush(): Promise<void> {
    return this.#sender.idle();
  }

  /** Closes the socket: what is under way fails. */
  shutdown(): Promise<void> {
    return this.#sender.shutdown();
  }

  async #export(given: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    const isCumulative = given.temporality === "cumulative";
    const batch = isCumulative ? this.#cursor.delta(given) : given;
    const unfinished: Outgoing = { lines: this.#unfinished, sent: 0, lost: false };
    const points: Outgoing[] = [];
    const error = await this.#sender.deliver(signal, async (delivery) => {
      await delivery.add(unfinished);
      this.#encoder.begin(batch);
      for (const metric of this.#ahead.rest(batch).metrics) {
        for (const point of metric.points as readonly Point[]) {
          const { lines, lost } = this.#encoder.encode(metric, point);
          const outgoing: Outgoing = { of: { metric, point }, lines, sent: 0, lost };
          points.push(outgoing);
          await delivery.add(outgoing);
        }
      }
    });
    this.#unfinished = unfinished.lines.slice(unfinished.sent);
    if (unfinished.lost) this.#lost++;
    if (error !== undefined) {
      this.#remember(batch, points);
      return { status: "retryable", error };
    }
    this.#ahead.clear();
    if (isCumulative) this.#cursor.acknowledge(given);
    const rejected = this.#lost + lostOf(points);
    this.#lost = 0;
    return rejected === 0 ? { status: "success" } : { status: "success", rejected };
  }

  /** What an export did before it failed: the next one gets all of the batch again. */
  #remember(batch: MetricBatch, points: readonly Outgoing[]): void {
    const begun = points.filter(({ sent }) => sent > 0);
    this.#lost += lostOf(begun);
    this.#ahead.add(batch, begun);
    const partial = begun.find(({ lines, sent }) => sent < lines.length);
    if (partial !== undefined) this.#unfinished = partial.lines.slice(partial.sent);
  }

  #eventLine(event: StatsdEvent): string {
    if (this.#datadog === undefined) throw new Error("events need the dialect dogstatsd");
    const line = encodeEvent(event, this.#datadog.eventFields(event?.tags));
    const bytes = Buffer.byteLength(line);
    const { maxDatagramBytes } = this.#options;
    if (bytes > maxDatagramBytes) {
      throw new RangeError(`the event takes ${bytes} bytes, a datagram ${maxDatagramBytes}`);
    }
    return line;
  }

  async #sendEvent(line: string, signal: AbortSignal): Promise<ExportResult> {
    const outgoing: Outgoing = { lines: [line], sent: 0, lost: false };
    const error = await this.#sender.deliver(signal, (delivery) => delivery.add(outgoing));
    if (outgoing.lost) throw new Error("the path takes no datagram of that length");
    // An abort that came after it has gone out changes nothing.
    if (error === undefined || outgoing.sent > 0) return { status: "success" };
    return { status: "retryable", error };
  }
}

function lostOf(points: readonly Outgoing[]): number {
  return points.filter(({ lost }) => lost).length;
}

function transportOf(options: ResolvedStatsdOptions): Transport {
  const { path, host, port, dnsTtlMs, clock, lookup, dialect } = options;
  if (path !== undefined) {
    return new StreamTransport(path, dialect === "dogstatsd" ? "length" : "newline");
  }
  return new UdpTransport(host, port, new AddressCache(host, dnsTtlMs, clock, lookup));
}
