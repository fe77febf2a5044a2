import type { AttributesData } from "../../snapshot/batch.js";
import type { Clock } from "../../time/clock.js";
import type { Lookup } from "./address.js";
import type { Rollup } from "./rollups.js";

export interface StatsdOptions {
  /** Tells two of them apart in one monitor. @default "statsd", or "dogstatsd" */
  readonly name?: string;
  /** The original server's dialect, or Datadog's. @default "statsd" */
  readonly dialect?: "statsd" | "dogstatsd";
  /** @default "127.0.0.1"; for DogStatsD before that `DD_DOGSTATSD_URL`, then `DD_AGENT_HOST` */
  readonly host?: string;
  /** @default 8125; for DogStatsD before that `DD_DOGSTATSD_URL`, then `DD_DOGSTATSD_PORT` */
  readonly port?: number;
  /** A stream Unix socket, instead of host and port: its path, or `unix://` and its path. */
  readonly path?: string;
  /** In front of every name, with a dot between; 100 characters at most. */
  readonly prefix?: string;
  /** On every series, as its own attributes are; those win. For DogStatsD beside `DD_ENV`, `DD_SERVICE`, `DD_VERSION`, `DD_ENTITY_ID`. */
  readonly tags?: AttributesData;
  /** Plain StatsD: attributes as nodes of the path (`name.key_value`) or as Graphite's tags (`name;key=value`). @default "path" */
  readonly attributes?: "path" | "graphite";
  /** Plain StatsD: most timings a series sends at a time; beyond it they stand for groups of one size, 10 … 10,000. @default 100 */
  readonly samples?: number;
  /** Plain StatsD: the percentiles the server is asked for, to be right when timings are sampled. @default [50, 75, 90, 95, 99] */
  readonly percentiles?: readonly number[];
  /** Plain StatsD: several timings in one line (`name:1|ms:2|ms`), as the original server reads them. @default true */
  readonly mergeValues?: boolean;
  /** Figures of histograms to send as gauges besides: `"max"`, `"mean"`, `"p99.9"`. @default [] */
  readonly rollups?: readonly Rollup[];
  /** DogStatsD: the end of the interval on counts and gauges (`|T`); Agent 7.40 and later. Of two series that clean to one name the first is sent. @default false */
  readonly timestamps?: boolean;
  /** Longest payload, 128 … 65,507 bytes. @default 1432 for UDP, 8192 for a Unix socket */
  readonly maxDatagramBytes?: number;
  /**
   * How old an address may be before the host is looked up anew, in ms; meanwhile it serves on. A host
   * that was never found is looked up again after 5 s. @default 60_000
   */
  readonly dnsTtlMs?: number;
  /** Resolver of host names. Of several addresses the next is used when one refuses. @default that of the system */
  readonly lookup?: Lookup;
  /** Source of time; for tests. */
  readonly clock?: Pick<Clock, "now">;
}

type Optional = "path" | "lookup";

/** Complete; `prefix` with its dot, or empty. */
export type ResolvedStatsdOptions = Required<Omit<StatsdOptions, Optional>> &
  Pick<StatsdOptions, Optional>;
