import type { IncomingMessage, ServerResponse } from "node:http";
import { describeError } from "../../diag/diag.js";
import type { MetricStream, PullExporter, PullSource } from "../../readers/pull.js";
import { TextEncoder } from "./encode.js";
import { labels } from "./names.js";
import { Page } from "./page.js";

export interface PrometheusOptions {
  /** Tells two of them apart in one monitor. @default "prometheus" */
  readonly name?: string;
  /** Explicit bucket bounds by instrument name, in its unit; before the semantic conventions' own. */
  readonly bounds?: Readonly<Record<string, readonly number[]>>;
  /** Longest the scrape holds the event loop at a time, in ms. @default 8 */
  readonly sliceMs?: number;
}

const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Prometheus by scrape: mount `handler`, or write `text()` wherever it is wanted.
 *
 * Scrapes that arrive while one is being written share it. Writing yields to the event loop every
 * `sliceMs`, so values further down may be a little newer than those above.
 */
export class PrometheusExporter implements PullExporter {
  readonly name: string;
  readonly #encoder: TextEncoder;
  readonly #sliceMs: number;
  #source: PullSource | undefined;
  #running: Promise<readonly Buffer[]> | undefined;

  /** @throws RangeError naming every list of bounds that does not ascend */
  constructor(options: PrometheusOptions = {}) {
    const faulty = Object.entries(options.bounds ?? {}).filter(([, bounds]) => !ascends(bounds));
    if (faulty.length > 0) {
      const names = faulty.map(([name]) => `bounds["${name}"]`).join(", ");
      throw new RangeError(`prometheus: ${names}: give finite numbers in ascending order`);
    }
    this.name = options.name ?? "prometheus";
    this.#encoder = new TextEncoder(options.bounds);
    this.#sliceMs = options.sliceMs ?? 8;
    this.handler = this.handler.bind(this);
  }

  attach(source: PullSource): void {
    this.#source = source;
  }

  /** The whole page. @throws Error when no monitor was given this exporter */
  async text(): Promise<string> {
    return Buffer.concat(await this.#scrape()).toString();
  }

  /** Answers a scrape on any Node HTTP server or framework that hands out Node's own objects. */
  handler(request: unknown, response: unknown): void {
    const req = rawOf(request) as IncomingMessage;
    const res = rawOf(response) as ServerResponse;
    (response as { hijack?: () => void }).hijack?.();
    this.#answer(req, res).catch((error) => {
      this.#source?.diag.warn("scrape", `a scrape failed: ${describeError(error)}`);
      if (!res.headersSent) res.statusCode = 500;
      res.end();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    const chunks = await this.#scrape();
    response.setHeader("content-type", CONTENT_TYPE);
    response.setHeader("cache-control", "no-store");
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

  #scrape(): Promise<readonly Buffer[]> {
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #write(): Promise<readonly Buffer[]> {
    const source = this.#source;
    if (source === undefined) {
      throw new Error(
        "prometheus(): give this exporter to createAuspex({ exporters: [...] }) first",
      );
    }
    const { clock } = source;
    // All scrapes that this turn of the event loop brings share one page.
    await nextTurn();
    const page = new Page();
    const encoder = this.#encoder;
    const target = labels(source.resource.attributes);
    page.write(
      `# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{${target}} 1\n`,
    );
    let sliceEnds = clock.now() + this.#sliceMs;
    const taken = new Map<string, string>([["target_info", "the resource"]]);
    for (const { metric, points } of source.streams()) {
      const name = this.#claim(encoder.name(metric), metric, taken, source);
      let headed = false;
      const seen = new Set<string>();
      for (const point of points) {
        if (!headed) page.write(encoder.head(name, metric));
        headed = true;
        page.write(encoder.point(name, metric, point, seen));
        if (clock.now() >= sliceEnds) {
          await nextTurn();
          sliceEnds = clock.now() + this.#sliceMs;
        }
      }
    }
    return page.finish();
  }

  /** Two instruments may clean to one name: the later one gets a number, and both are named once. */
  #claim(
    name: string,
    { name: original, kind }: MetricStream["metric"],
    taken: Map<string, string>,
    source: PullSource,
  ): string {
    const namesOf = (base: string): string[] => {
      return kind === "histogram"
        ? ["", "_bucket", "_sum", "_count"].map((end) => base + end)
        : [base];
    };
    const other = namesOf(name).find((each) => taken.has(each));
    let free = name;
    for (let i = 2; namesOf(free).some((each) => taken.has(each)); i++) free = `${name}_${i}`;
    if (other !== undefined) {
      source.diag.warn(
        `collision:${original}`,
        `"${original}" and "${taken.get(other)}" are both "${other}" to Prometheus; the first is shown as "${free}"`,
      );
    }
    for (const each of namesOf(free)) taken.set(each, original);
    return free;
  }
}

function ascends(bounds: unknown): boolean {
  return (
    Array.isArray(bounds) &&
    bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]))
  );
}

/** Fastify's request and reply carry Node's as `raw`; Express's are Node's own. */
function rawOf(object: unknown): unknown {
  return (object as { raw?: unknown }).raw ?? object;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
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
