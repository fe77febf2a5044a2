import type { Instrumented } from "../../instruments/internals.js";
import { type HttpOptions, type ResolvedHttpOptions, resolveHttpOptions } from "../http/options.js";

/** What is the plugin's own; other options are those of `createAuspex`. */
export interface FastifyAuspexOwnOptions<Monitor extends Instrumented> {
  /** The monitor that records. Without it the plugin makes one, and shuts it down with the app. */
  readonly auspex?: Monitor;
  /** Path that answers Prometheus scrapes, `"/metrics"`. @default none */
  readonly metrics?: string;
  /** Which requests are recorded, and with what. */
  readonly http?: HttpOptions;
}

/** The plugin's options, told from those of the monitor to make. */
export interface SplitOptions<Monitor extends Instrumented> {
  readonly auspex: Monitor | undefined;
  readonly metrics: string | undefined;
  readonly http: ResolvedHttpOptions;
  readonly rest: Record<string, unknown>;
}

/** Fastify's own options of `register`. */
const REGISTER_OPTIONS = ["prefix", "logLevel", "logSerializers"];

/**
 * Tells the plugin's options from those of the monitor to make.
 * @throws TypeError naming what does not fit
 */
export function splitOptions<Monitor extends Instrumented>(
  options: Readonly<Record<string, unknown>> & FastifyAuspexOwnOptions<Monitor>,
): SplitOptions<Monitor> {
  const { auspex, metrics, http: given, ...others } = options;
  const rest: Record<string, unknown> = { ...others };
  for (const name of REGISTER_OPTIONS) delete rest[name];
  if (metrics !== undefined && (typeof metrics !== "string" || !metrics.startsWith("/"))) {
    throw new TypeError('fastifyAuspex: metrics is not a path; give "/metrics", or nothing');
  }
  const names = Object.keys(rest);
  if (auspex !== undefined && names.length > 0) {
    throw new TypeError(
      `fastifyAuspex: ${names.join(", ")} cannot be set on a monitor that exists; give them to createAuspex, or leave out auspex`,
    );
  }
  return { auspex, metrics, http: resolveHttpOptions(given, "fastifyAuspex: http"), rest };
}
