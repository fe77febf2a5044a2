import type { Agent } from "node:http";
import type { SecureContextOptions } from "node:tls";
import type { Temporality } from "../../snapshot/batch.js";
import { DEFAULT_MAX_BUCKETS } from "../../snapshot/exponential.js";
import type { DistributionOptions } from "./distribution.js";
import { distributionOptionsOf } from "./distribution-options.js";
import { type Environment, OtlpEnvironment, withPath } from "./environment.js";
import { isWhole, nameOf, show } from "./faults.js";
import { headerFaults } from "./headers.js";

export type OtlpHeaders = Readonly<Record<string, string>>;

/** Whatever is left out comes from `OTEL_EXPORTER_OTLP_METRICS_*`, then from `OTEL_EXPORTER_OTLP_*`. */
export interface OtlpOptions extends DistributionOptions {
  /** The receiver; `/v1/metrics` is appended where there is no path. @default "http://localhost:4318/v1/metrics" */
  readonly url?: string | URL;
  /**
   * Sent with every request, before those of the environment. A function is asked at each export, for
   * tokens that expire; it may answer a promise, and what it throws fails that export.
   */
  readonly headers?: OtlpHeaders | (() => OtlpHeaders | Promise<OtlpHeaders>);
  /** @default "http/protobuf" */
  readonly protocol?: "http/protobuf" | "http/json";
  /** Of the requests. @default "none" */
  readonly compression?: "gzip" | "none";
  /** What counters and histograms are sent as; `"lowmemory"` is `"delta"` here. @default "cumulative" */
  readonly temporality?: Temporality | "lowmemory";
  /** Longest that one request may take, in ms. @default 10_000 */
  readonly timeoutMs?: number;
  /** Tells two of them apart in one monitor. @default "otlp" */
  readonly name?: string;
  /** Certificates for https: what `tls.connect` takes by these names. */
  readonly tls?: Pick<SecureContextOptions, "ca" | "cert" | "key" | "passphrase">;
  /** Makes the connections instead of the exporter's own: for a proxy, say. Never destroyed by it. */
  readonly agent?: Agent;
}

export interface ResolvedOtlpOptions extends Required<DistributionOptions> {
  readonly url: URL;
  readonly headers: OtlpHeaders;
  readonly moreHeaders: (() => unknown) | undefined;
  readonly protocol: "http/protobuf" | "http/json";
  readonly compression: "gzip" | "none";
  readonly temporality: Temporality;
  readonly timeoutMs: number;
  readonly name: string;
  readonly tls: NonNullable<OtlpOptions["tls"]>;
  readonly agent: Agent | undefined;
}

const KNOWN = [
  "url",
  "headers",
  "protocol",
  "compression",
  "temporality",
  "histogram",
  "bounds",
  "maxBuckets",
  "timeoutMs",
  "name",
  "tls",
  "agent",
] as const;

/** Longest delay a Node timer keeps. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Options before environment, checked. @throws RangeError listing every fault of both */
export function resolveOtlpOptions(
  given: OtlpOptions = {},
  variables: Environment = process.env,
): ResolvedOtlpOptions {
  const faults: string[] = [];
  if (typeof given !== "object" || given === null) {
    throw new RangeError(`otlp: options is ${show(given)}; give an object, or nothing`);
  }
  for (const key of Object.keys(given)) {
    if ((KNOWN as readonly string[]).includes(key)) continue;
    faults.push(`${show(key)} is not an option; known are ${KNOWN.join(", ")}`);
  }
  const environment = new OtlpEnvironment(variables, faults);
  const choice = <T extends string>(
    name: keyof OtlpOptions,
    known: readonly T[],
  ): T | undefined => {
    const value = given[name];
    if (value === undefined || known.includes(value as T)) return value as T | undefined;
    faults.push(`${name} is ${show(value)}; give ${known.map(show).join(" or ")}`);
    return known[0];
  };
  const { timeoutMs, tls, agent } = given;
  if (timeoutMs !== undefined && !isWhole(timeoutMs, 1, LONGEST_TIMEOUT_MS)) {
    faults.push(
      `timeoutMs is ${show(timeoutMs)}; give a whole number from 1 to ${LONGEST_TIMEOUT_MS}`,
    );
  }
  const temporality =
    choice("temporality", ["cumulative", "delta", "lowmemory"]) ??
    environment.choice(["METRICS_TEMPORALITY_PREFERENCE"], ["cumulative", "delta", "lowmemory"]);
  const resolved: ResolvedOtlpOptions = {
    url: urlOf(given.url, environment, faults),
    ...headersOf(given.headers, environment, faults),
    protocol:
      choice("protocol", ["http/protobuf", "http/json"]) ??
      environment.choice(
        ["METRICS_PROTOCOL", "PROTOCOL"],
        ["http/protobuf", "http/json"],
        "; for grpc, hand OpenTelemetry's gRPC exporter to otelExporter()",
      ) ??
      "http/protobuf",
    compression:
      choice("compression", ["gzip", "none"]) ??
      environment.choice(["METRICS_COMPRESSION", "COMPRESSION"], ["gzip", "none"]) ??
      "none",
    temporality: temporality === undefined || temporality === "cumulative" ? "cumulative" : "delta",
    histogram: given.histogram === undefined ? histogramOf(environment) : "explicit",
    bounds: {},
    maxBuckets: DEFAULT_MAX_BUCKETS,
    ...distributionOptionsOf(given, faults),
    timeoutMs: timeoutMs ?? environment.timeoutMs(LONGEST_TIMEOUT_MS) ?? 10_000,
    name: nameOf(given.name, faults),
    tls: tls ?? tlsOf(environment),
    agent,
  };
  if (tls !== undefined && (typeof tls !== "object" || tls === null)) {
    faults.push(`tls is ${show(tls)}; give { ca, cert, key, passphrase }`);
  }
  if (
    agent !== undefined &&
    typeof (agent as { addRequest?: unknown })?.addRequest !== "function"
  ) {
    faults.push(`agent is ${show(agent)}; give an Agent of node:http or node:https`);
  }
  if (faults.length > 0) {
    const list = faults.map((fault) => `\n  - ${fault}`).join("");
    throw new RangeError(
      `otlp: ${faults.length} option${faults.length === 1 ? "" : "s"} to mend:${list}`,
    );
  }
  return Object.freeze(resolved);
}

function urlOf(given: unknown, environment: OtlpEnvironment, faults: string[]): URL {
  const fallback = new URL("http://localhost:4318/v1/metrics");
  const found =
    given === undefined
      ? environment.url()
      : { name: "url", value: given instanceof URL ? given.href : given };
  if (found === undefined) return fallback;
  const { name, value } = found;
  try {
    if (typeof value !== "string") throw new TypeError();
    const url = new URL(value);
    if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError();
    // Node decodes them when it sends, and would throw then.
    decodeURIComponent(url.username + url.password);
    return name === "url" && url.pathname === "/" ? new URL(withPath(url.href)) : url;
  } catch {
    faults.push(`${name} is ${show(value)}; give an http: or https: URL`);
    return fallback;
  }
}

function headersOf(
  given: OtlpOptions["headers"],
  environment: OtlpEnvironment,
  faults: string[],
): Pick<ResolvedOtlpOptions, "headers" | "moreHeaders"> {
  const headers = Object.fromEntries(environment.headers());
  faults.push(
    ...headerFaults(headers).map((fault) => `OTEL_EXPORTER_OTLP_*HEADERS: ${fault}; mend it`),
  );
  if (typeof given === "function") return { headers, moreHeaders: given };
  if (given !== undefined) {
    const own = headerFaults(given);
    faults.push(...own.map((fault) => `headers: ${fault}; mend it`));
    if (own.length === 0) Object.assign(headers, lowerCased(given));
  }
  return { headers, moreHeaders: undefined };
}

/** Names of headers in one spelling, so that the later of two replaces the earlier. */
export function lowerCased(headers: OtlpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function histogramOf(environment: OtlpEnvironment): "explicit" | "exponential" {
  const asked = environment.choice(
    ["METRICS_DEFAULT_HISTOGRAM_AGGREGATION"],
    ["explicit_bucket_histogram", "base2_exponential_bucket_histogram"],
  );
  return asked === "base2_exponential_bucket_histogram" ? "exponential" : "explicit";
}

function tlsOf(environment: OtlpEnvironment): ResolvedOtlpOptions["tls"] {
  const ca = environment.file("CERTIFICATE");
  const cert = environment.file("CLIENT_CERTIFICATE");
  const key = environment.file("CLIENT_KEY");
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
