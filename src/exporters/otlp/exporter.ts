import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { describeError } from "../../diag/diag.js";
import type { ExportResult, MetricExporter } from "../../readers/exporter.js";
import type { MetricBatch, Temporality } from "../../snapshot/batch.js";
import { SDK_VERSION } from "../../snapshot/sdk-version.js";
import { inSlices, Slices } from "../../time/slices.js";
import { JsonEncoder } from "./encode-json.js";
import { ProtobufEncoder } from "./encode-protobuf.js";
import { headerFaults } from "./headers.js";
import { Limit } from "./limit.js";
import { pointsIn } from "./model.js";
import { lowerCased, type OtlpHeaders, type ResolvedOtlpOptions } from "./options.js";
import { OtlpError, secretsOf } from "./otlp-error.js";
import { resultOf } from "./reply.js";
import { Transport } from "./transport.js";

const compress = promisify(gzip);
/** Repetitive bytes: the fastest level takes a tenth of the time of the best for a third more bytes. */
const GZIP = { level: constants.Z_BEST_SPEED } as const;

const CONTENT_TYPES = {
  "http/protobuf": "application/x-protobuf",
  "http/json": "application/json",
} as const;

/**
 * OTLP over HTTP. Encodes in slices of a few ms, sends over one connection that is kept, and reads the
 * answer. It never schedules and never retries; neither its sockets nor its timer keep the process alive.
 * @see OpenTelemetry, OTLP specification
 */
export class OtlpExporter implements MetricExporter {
  readonly name: string;
  readonly #options: ResolvedOtlpOptions;
  readonly #encoder: ProtobufEncoder | JsonEncoder;
  readonly #transport: Transport;
  /** A batch that is sent again is the same bytes again. */
  readonly #bodies = new WeakMap<MetricBatch, Uint8Array>();
  readonly #running = new Set<Limit>();
  #isShutdown = false;

  constructor(options: ResolvedOtlpOptions) {
    this.name = options.name;
    this.#options = options;
    const Encoder = options.protocol === "http/json" ? JsonEncoder : ProtobufEncoder;
    this.#encoder = new Encoder(options);
    this.#transport = new Transport(options);
  }

  temporality(): Temporality {
    return this.#options.temporality;
  }

  async export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    const { timeoutMs, url } = this.#options;
    const limit = new Limit(signal, timeoutMs, url.host);
    this.#running.add(limit);
    if (this.#isShutdown) limit.reach("shutdown");
    try {
      const result = await Promise.race([limit.reached, this.#send(batch, limit.signal)]);
      if (result.status !== "retryable") this.#bodies.delete(batch);
      return result;
    } catch (error) {
      return this.#failed(error);
    } finally {
      limit.end();
      this.#running.delete(limit);
    }
  }

  /** Nothing waits in here. */
  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.#isShutdown = true;
    for (const limit of this.#running) limit.reach("shutdown");
    this.#transport.destroy();
  }

  async #send(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    const points = pointsIn(batch);
    signal.throwIfAborted();
    if (points === 0) return { status: "success" };
    const body = this.#bodies.get(batch) ?? (await this.#encode(batch, signal));
    const foreign = await this.#headers();
    const { protocol, compression, url } = this.#options;
    const reply = await this.#transport.send(
      body,
      {
        "user-agent": `OTel-OTLP-Exporter-auspex/${SDK_VERSION}`,
        ...foreign,
        "content-type": CONTENT_TYPES[protocol],
        ...(compression === "gzip" ? { "content-encoding": "gzip" } : {}),
      },
      signal,
    );
    const secrets = secretsOf(foreign, url);
    return resultOf(reply, { host: url.host, points, secrets, nowMs: Date.now() });
  }

  async #encode(batch: MetricBatch, signal: AbortSignal): Promise<Uint8Array> {
    const plain = await inSlices(this.#encoder.encode(batch), new Slices(), signal);
    const body = this.#options.compression === "gzip" ? await compress(plain, GZIP) : plain;
    this.#bodies.set(batch, body);
    return body;
  }

  /** A function of headers is foreign code: it may throw, hang (the limit ends that) or answer nonsense. */
  async #headers(): Promise<OtlpHeaders> {
    const { headers, moreHeaders, url } = this.#options;
    if (moreHeaders === undefined) return headers;
    const { host } = url;
    let more: unknown;
    try {
      more = await moreHeaders();
    } catch (error) {
      // Of its message nothing is known; it may name a secret.
      const what = error instanceof Error ? error.constructor.name : typeof error;
      const message = `the headers function threw ${what}`;
      throw new OtlpError(message, { host, code: "headers", isPassing: true });
    }
    const faults = headerFaults(more);
    if (faults.length > 0) throw new OtlpError(faults.join("; "), { host, code: "headers" });
    return { ...headers, ...lowerCased(more as OtlpHeaders) };
  }

  #failed(error: unknown): ExportResult {
    const { host } = this.#options.url;
    const known =
      error instanceof OtlpError
        ? error
        : new OtlpError(describeError(error), { host, code: "encoding" });
    return { status: known.isPassing ? "retryable" : "failure", error: known };
  }
}
