import { Agent } from "node:http";
import { describe, expect, it } from "vitest";
import { resolveOtlpOptions } from "../../../src/exporters/otlp/options.js";

const PREFIX = "OTEL_EXPORTER_OTLP_";
const from = (variables: Record<string, string>, options = {}) => {
  const named = Object.entries(variables).map(([name, value]) => [PREFIX + name, value]);
  return resolveOtlpOptions(options, Object.fromEntries(named));
};

function faultsOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return (error as Error).message.split("\n  - ").slice(1);
  }
  throw new Error("there was no fault");
}

describe("the options of otlp", () => {
  it("have defaults of the specification", () => {
    const options = from({});
    expect(options.url.href).toBe("http://localhost:4318/v1/metrics");
    expect(options).toMatchObject({
      headers: {},
      protocol: "http/protobuf",
      compression: "none",
      temporality: "cumulative",
      histogram: "explicit",
      maxBuckets: 160,
      timeoutMs: 10_000,
      name: "otlp",
    });
  });

  it("take the URL as OpenTelemetry does", () => {
    const url = (variables: Record<string, string>, given?: string | URL) =>
      from(variables, given === undefined ? {} : { url: given }).url.href;
    expect(url({ ENDPOINT: "http://a:1" })).toBe("http://a:1/v1/metrics");
    expect(url({ ENDPOINT: "http://a:1/base/" })).toBe("http://a:1/base/v1/metrics");
    expect(url({ ENDPOINT: "http://a:1/base?k=v" })).toBe("http://a:1/base/v1/metrics?k=v");
    expect(url({ METRICS_ENDPOINT: "http://b:1", ENDPOINT: "http://a:1" })).toBe("http://b:1/");
    expect(url({ METRICS_ENDPOINT: " ", ENDPOINT: "http://a:1" })).toBe("http://a:1/v1/metrics");
    expect(url({ ENDPOINT: "http://a:1" }, "https://c/x")).toBe("https://c/x");
    expect(url({}, new URL("http://c:4318"))).toBe("http://c:4318/v1/metrics");
  });

  it("take headers of the environment, of all signals before those of metrics before ours", () => {
    const variables = {
      HEADERS: "a=1, b = two%20words ,,c=3;property=x,D=%2C%3D",
      METRICS_HEADERS: "b=metrics",
    };
    expect(from(variables, { headers: { A: "ours" } }).headers).toEqual({
      a: "ours",
      b: "metrics",
      c: "3",
      d: ",=",
    });
  });

  it("take the rest of the environment, of metrics before that of all signals", () => {
    const options = from({
      PROTOCOL: "grpc",
      METRICS_PROTOCOL: "http/json",
      COMPRESSION: "gzip",
      METRICS_COMPRESSION: "none",
      TIMEOUT: "1",
      METRICS_TIMEOUT: "2500",
      METRICS_TEMPORALITY_PREFERENCE: "LowMemory",
      METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
    });
    expect(options).toMatchObject({
      protocol: "http/json",
      compression: "none",
      timeoutMs: 2500,
      temporality: "delta",
      histogram: "exponential",
    });
  });

  it("stand before the environment, whose faults then do not matter", () => {
    const bad = {
      ENDPOINT: "nowhere",
      PROTOCOL: "grpc",
      COMPRESSION: "zstd",
      TIMEOUT: "soon",
      METRICS_TEMPORALITY_PREFERENCE: "sometimes",
      METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "summary",
      HEADERS: "a=%zz,=b,no-equals,x=a%0d%0ab",
      CERTIFICATE: "/no/such/file",
    };
    const { HEADERS: _, ...settled } = bad;
    const options = {
      url: "http://a",
      protocol: "http/json",
      compression: "none",
      timeoutMs: 5,
      temporality: "delta",
      histogram: "exponential",
      tls: {},
    } as const;
    expect(from(settled, options)).toMatchObject({
      protocol: "http/json",
      histogram: "exponential",
    });
    const faults = faultsOf(() => from(bad));
    expect(faults).toHaveLength(11);
    for (const name of Object.keys(bad)) {
      expect(faults.some((fault) => fault.includes(name))).toBe(true);
    }
    expect(faults.find((fault) => fault.includes("PROTOCOL"))).toContain("otelExporter()");
  });

  it("are refused all at once, each with its mend", () => {
    const options = {
      url: "ftp://user:hunter2@host/",
      headers: { "bad name": "x", ok: "a\r\nb: hunter2", "content-type": "x", number: 1 },
      protocol: "grpc",
      compression: "zstd",
      temporality: "both",
      histogram: "summary",
      timeoutMs: 0,
      name: "two words",
      bounds: { down: [2, 1], nan: [Number.NaN] },
      maxBuckets: 1,
      agent: {},
      tls: "pem",
      nothing: 1,
    };
    const faults = faultsOf(() => from({}, options));
    expect(faults).toHaveLength(17);
    expect(faults.join("\n")).not.toContain("hunter2");
    for (const name of Object.keys(options)) {
      expect(faults.some((fault) => fault.includes(name))).toBe(true);
    }
    expect(() => resolveOtlpOptions(7 as any, {})).toThrow("give an object");
    expect(faultsOf(() => from({}, { url: "http://%zz@host" }))[0]).not.toContain("zz");
  });

  it("take an agent and certificates as they are", () => {
    const agent = new Agent();
    const tls = { ca: "pem" };
    expect(from({}, { agent, tls })).toMatchObject({ agent, tls });
  });
});
