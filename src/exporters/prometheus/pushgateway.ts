import type { Diag } from "../../diag/diag.js";
import type { ExporterOwner, ExportResult, MetricExporter } from "../../readers/exporter.js";
import type { MetricBatch } from "../../snapshot/batch.js";
import { SystemClock } from "../../time/clock.js";
import { Slices } from "../../time/slices.js";
import { describeCollision, NameClaims } from "./claims.js";
import { Encoder } from "./encode.js";
import { CONTENT_TYPES } from "./format.js";
import { groupPath } from "./group-path.js";
import { Page } from "./page.js";
import {
  type PushgatewayOptions,
  type ResolvedPushgatewayOptions,
  resolvePush,
} from "./push-options.js";
import { push } from "./push-request.js";
import { writeMetrics } from "./write.js";

/**
 * Pushes the page to a Prometheus Pushgateway: for batch jobs, which end before anybody scrapes them.
 *
 * Every push holds all absolute values of the process, so one more or less changes nothing. The last one
 * is made by `auspex.shutdown()`. A group stays at the gateway until it is deleted: see `delete()`.
 */
export class PushgatewayExporter implements MetricExporter {
  readonly name: string;
  readonly #options: ResolvedPushgatewayOptions;
  readonly #url: URL;
  readonly #encoder: Encoder;
  readonly #claims = new NameClaims((collision) => {
    this.#diag?.warn(`collision:${collision.later}`, describeCollision(collision));
  });
  readonly #clock = new SystemClock();
  #diag: Diag | undefined;

  /** @throws RangeError naming every option that does not fit */
  constructor(options: PushgatewayOptions) {
    const resolved = resolvePush(options);
    const { url, job, grouping } = resolved;
    this.#options = resolved;
    this.name = resolved.name;
    this.#encoder = new Encoder("text", resolved.bounds);
    this.#url = new URL(url);
    this.#url.pathname = url.pathname.replace(/\/+$/, "") + groupPath(job, grouping);
  }

  /** Names that clash are told to this logger, with both originals, when they are first pushed. */
  belongTo(_owner: ExporterOwner, diag: Diag): void {
    this.#diag = diag;
  }

  temporality(): "cumulative" {
    return "cumulative";
  }

  async export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    const page = new Page();
    const slices = new Slices(this.#clock);
    this.#encoder.target(page, batch.resource.attributes);
    const streams = batch.metrics.map((metric) => ({ metric, points: metric.points }));
    await writeMetrics(page, streams, { encoder: this.#encoder, claims: this.#claims, slices });
    return this.#send(this.#options.replace ? "PUT" : "POST", page.finish(), signal);
  }

  /**
   * Takes the group away from the gateway, with all that was pushed to it. Never rejects.
   *
   * Call it after `shutdown()`: what is pushed later makes the group anew.
   */
  delete(signal: AbortSignal = new AbortController().signal): Promise<ExportResult> {
    return this.#send("DELETE", [], signal);
  }

  #send(
    method: "PUT" | "POST" | "DELETE",
    body: readonly Buffer[],
    signal: AbortSignal,
  ): Promise<ExportResult> {
    const { timeoutMs } = this.#options;
    const headers = { ...this.#options.headers, "content-type": CONTENT_TYPES.text };
    return push({ url: this.#url, method, headers, body, timeoutMs, signal });
  }
}
