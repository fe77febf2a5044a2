import { readFileSync } from "node:fs";
import { show } from "./faults.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `OTEL_EXPORTER_OTLP_*`: the variable for metrics stands before the one for all signals; an empty one
 * is not set.
 * @see OpenTelemetry, OTLP exporter configuration
 */
export class OtlpEnvironment {
  constructor(
    private readonly variables: Environment,
    private readonly faults: string[],
  ) {}

  /** The receiver's URL: the metrics' own as it is, the common one with `/v1/metrics` behind it. */
  url(): { readonly name: string; readonly value: string } | undefined {
    const own = this.#read("METRICS_ENDPOINT");
    if (own !== undefined) return own;
    const base = this.#read("ENDPOINT");
    if (base === undefined) return undefined;
    return { name: base.name, value: withPath(base.value) };
  }

  /** Of the metrics before those of all signals, name by name. */
  headers(): Map<string, string> {
    const headers = new Map<string, string>();
    for (const suffix of ["HEADERS", "METRICS_HEADERS"]) {
      const found = this.#read(suffix);
      if (found !== undefined) this.#parseHeaders(found.name, found.value, headers);
    }
    return headers;
  }

  /** One of `known`; anything else is a fault. */
  choice<T extends string>(
    suffixes: readonly string[],
    known: readonly T[],
    hint = "",
  ): T | undefined {
    const found = this.#read(...suffixes);
    if (found === undefined) return undefined;
    const value = found.value.toLowerCase() as T;
    if (known.includes(value)) return value;
    this.faults.push(`${found.name} is ${show(found.value)}; set ${known.join(" or ")}${hint}`);
    return undefined;
  }

  timeoutMs(longest: number): number | undefined {
    const found = this.#read("METRICS_TIMEOUT", "TIMEOUT");
    if (found === undefined) return undefined;
    const value = Number(found.value);
    if (Number.isInteger(value) && value >= 1 && value <= longest) return value;
    this.faults.push(
      `${found.name} is ${show(found.value)}; set whole milliseconds from 1 to ${longest}`,
    );
    return undefined;
  }

  /** A PEM file: `CERTIFICATE`, `CLIENT_CERTIFICATE` or `CLIENT_KEY`. */
  file(suffix: string): Buffer | undefined {
    const found = this.#read(`METRICS_${suffix}`, suffix);
    if (found === undefined) return undefined;
    try {
      return readFileSync(found.value);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.faults.push(
        `${found.name} names ${show(found.value)}, which gives ${code}; name a file`,
      );
      return undefined;
    }
  }

  /** W3C Baggage without its properties; names and values percent-encoded. */
  #parseHeaders(variable: string, text: string, into: Map<string, string>): void {
    for (const pair of text.split(",")) {
      if (pair.trim() === "") continue;
      const at = pair.indexOf("=");
      const [value] = pair.slice(at + 1).split(";");
      try {
        const name = decodeURIComponent(pair.slice(0, at).trim()).toLowerCase();
        if (at < 1 || name === "") throw new URIError("no name");
        into.set(name, decodeURIComponent(value.trim()));
      } catch {
        // Its text may be a secret: only the variable is named.
        this.faults.push(
          `${variable} has a part that is not name=value in percent-encoding; mend it`,
        );
      }
    }
  }

  /** The first of them that is set. */
  #read(...suffixes: readonly string[]): { name: string; value: string } | undefined {
    for (const suffix of suffixes) {
      const name = `OTEL_EXPORTER_OTLP_${suffix}`;
      const value = this.variables[name]?.trim();
      if (value !== undefined && value !== "") return { name, value };
    }
    return undefined;
  }
}

/** A base URL with the path of this signal behind its own; a query stays at the end. */
export function withPath(base: string): string {
  try {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/metrics`;
    return url.href;
  } catch {
    return base;
  }
}
