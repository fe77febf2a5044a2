import type { Lookup } from "./address.js";
import type { StatsdEvent } from "./event.js";
import { StatsdExporter } from "./exporter.js";
import type { StatsdOptions } from "./options.js";
import { resolveStatsdOptions } from "./resolve-options.js";
import type { Rollup } from "./rollups.js";

/**
 * An exporter that speaks StatsD: to the original server, or to Datadog's Agent.
 *
 * Opens its socket with the first export and never keeps the process alive.
 * @throws RangeError listing every fault of the options and how to mend it
 */
export function statsd(options?: StatsdOptions): StatsdExporter {
  return new StatsdExporter(resolveStatsdOptions(options));
}

export type { Lookup, Rollup, StatsdEvent, StatsdExporter, StatsdOptions };
