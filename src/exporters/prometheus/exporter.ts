import type { IncomingMessage, ServerResponse } from "node:http";
import { describeError } from "../../diag/diag.js";
import type { PullExporter, PullSource } from "../../readers/pull.js";
import { nextTurn, Slices } from "../../time/slices.js";
import { describeCollision, NameClaims } from "./claims.js";
import { Encoder } from "./encode.js";
import { CONTENT_TYPES, type Format, negotiate } from "./format.js";
import { Inclusion, type MetricsPage } from "./include.js";
import { type PrometheusOptions, type ResolvedPrometheusOptions, resolve } from "./options.js";
import { Page, textOf } from "./page.js";
import { writeMetrics } from "./write.js";

/**
 * Prometheus by scrape: mount `handler`, or write `text()` wherever it is wanted.
 *
 * A client that asks for OpenMetrics gets it, exemplars included; others get the text format 0.0.4.
 * Scrapes that arrive while one is being written share it. Writing yields to the event loop every
 * `sliceMs`, so values further down may be a little newer than those above.
 */
export class PrometheusExporter implements PullExporter {
  readonly name: string;
  readonly #options: ResolvedPrometheusOptions;
  readonly #encoders: Readonly<Record<Format, Encoder>>;
  readonly #claims = new NameClaims((collision) => {
    this.#source?.diag.warn(`collision:${collision.later}`, describeCollision(collision));
  });
  readonly #included = new Set<Inclusion>();
  readonly #running = new Map<Format, Promise<readonly Buffer[]>>();
  #source: PullSource | undefined;

  /** @throws RangeError naming every option that does not fit */
  constructor(options?: PrometheusOptions) {
    this.#options = resolve(options);
    const { name, bounds, include } = this.#options;
    this.name = name;
    this.#encoders = {
      text: new Encoder("text", bounds),
      openmetrics: new Encoder("openmetrics", bounds),
    };
    for (const page of include) this.include(page);
    this.handler = this.handler.bind(this);
  }

  /** Names are claimed, and collisions told, as instruments are registered. */
  attach(source: PullSource): void {
    this.#source = source;
    source.onInstrument?.((metric) => this.#claims.claim(metric));
  }

  /**
   * Shows somebody else's metrics on this page too, after the monitor's own.
   * @returns stop
   */
  include(page: MetricsPage): () => void {
    const inclusion = new Inclusion(page, () => this.#source?.diag);
    this.#included.add(inclusion);
    return () => this.#included.delete(inclusion);
  }

  /** The whole page. @throws Error when no monitor was given this exporter */
  async text(format: Format = "text"): Promise<string> {
    return textOf(await this.#scrape(format));
  }

  /** Answers a scrape on any Node HTTP server or framework that hands out Node's own objects. */
  handler(request: unknown, response: unknown): void {
    this.#handle(request, response).catch((error) => {
      this.#source?.diag.warn("scrape", `a scrape failed: ${describeError(error)}`);
    });
  }

  async #handle(request: unknown, response: unknown): Promise<void> {
    const req = rawOf(request) as IncomingMessage;
    const res = rawOf(response) as ServerResponse;
    (response as { hijack?: () => void }).hijack?.();
    try {
      await this.#answer(req, res);
    } catch (error) {
      if (!res.headersSent) res.statusCode = 500;
      res.end();
      throw error;
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.statusCode = 405;
      response.setHeader("allow", "GET, HEAD");
      response.end();
      return;
    }
    const format = this.#options.openMetrics ? negotiate(request.headers.accept) : "text";
    const chunks = await this.#scrape(format);
    response.setHeader("content-type", CONTENT_TYPES[format]);
    response.setHeader("cache-control", "no-store");
    response.setHeader("vary", "accept");
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    for (const chunk of chunks) {
      if (response.destroyed) return;
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  }

  #scrape(format: Format): Promise<readonly Buffer[]> {
    let running = this.#running.get(format);
    if (running === undefined) {
      running = this.#write(format).finally(() => this.#running.delete(format));
      this.#running.set(format, running);
    }
    return running;
  }

  async #write(format: Format): Promise<readonly Buffer[]> {
    const source = this.#source;
    if (source === undefined) {
      throw new Error(
        "prometheus(): give this exporter to createAuspex({ exporters: [...] }) first",
      );
    }
    const { clock } = source;
    // All scrapes that this turn of the event loop brings share one page.
    await nextTurn();
    const foreign = [...this.#included].map((inclusion) => {
      return { inclusion, text: inclusion.read(clock) };
    });
    const page = new Page();
    const encoder = this.#encoders[format];
    const claims = this.#claims;
    const slices = new Slices(clock, this.#options.sliceMs);
    encoder.target(page, source.resource.attributes);
    await writeMetrics(page, source.streams(), { encoder, claims, slices });
    slices.end();
    source.onWorked?.(slices.workedMs);
    const taken = new Map<string, string>();
    for (const { inclusion, text } of foreign) {
      const read = await text;
      if (read !== undefined) {
        await inclusion.write(read, { page, format, claims, slices, taken });
      }
    }
    encoder.end(page);
    return page.finish();
  }
}

/** Fastify's request and reply carry Node's as `raw`; Express's are Node's own. */
function rawOf(object: unknown): unknown {
  return (object as { raw?: unknown }).raw ?? object;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
