import type { Instrumented } from "../../instruments/internals.js";

/** What is the plugin's own; other options are those of `createAuspex`. */
export interface FastifyAuspexOwnOptions<Monitor extends Instrumented> {
  /** The monitor that records. Without it the plugin makes one, and shuts it down with the app. */
  readonly auspex?: Monitor;
  /** Path that answers Prometheus scrapes, `"/metrics"`. @default none */
  readonly metrics?: string;
}

/** Fastify's own options of `register`. */
const REGISTER_OPTIONS = ["prefix", "logLevel", "logSerializers"];

/**
 * Tells the plugin's options from those of the monitor to make.
 * @throws TypeError naming what does not fit
 */
export function splitOptions<Monitor extends Instrumented>(
  options: Readonly<Record<string, unknown>> & FastifyAuspexOwnOptions<Monitor>,
): { auspex: Monitor | undefined; metrics: string | undefined; rest: Record<string, unknown> } {
  const { auspex, metrics, ...others } = options;
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
  return { auspex, metrics, rest };
}
