import { afterEach, describe, expect, it, vi } from "vitest";
import { statsd } from "../../../src/exporters/statsd/index.js";
import { resolveStatsdOptions } from "../../../src/exporters/statsd/resolve-options.js";
import { exporterConforms } from "../../conformance/exporter.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

const resolve = (options: object, environment = {}) => resolveStatsdOptions(options, environment);
const datadog = (environment: Record<string, string>, options = {}) =>
  resolve({ dialect: "dogstatsd", ...options }, environment);

exporterConforms("the StatsD exporter", () => statsd({ port: 9 }));
exporterConforms("the DogStatsD exporter, on a socket that is not there", () =>
  statsd({ dialect: "dogstatsd", path: "/nowhere/dsd.sock" }),
);

describe("the options of statsd()", () => {
  it("need none of them", () => {
    expect(resolve({})).toMatchObject({
      name: "statsd",
      dialect: "statsd",
      host: "127.0.0.1",
      port: 8125,
      path: undefined,
      maxDatagramBytes: 1432,
    });
    expect(resolve({ path: "/run/statsd.sock" })).toMatchObject({ maxDatagramBytes: 8192 });
    expect(statsd().temporality()).toBe("delta");
    expect(statsd({ dialect: "dogstatsd" }).name).toBe("dogstatsd");
  });

  it("are all named when they are wrong", () => {
    const wrong = {
      name: "a b",
      host: "",
      port: 0,
      prefix: "a|b",
      tags: { a: {} },
      attributes: "tags",
      samples: 1,
      percentiles: [0],
      mergeValues: 1,
      rollups: ["p101"],
      maxDatagramBytes: 70_000,
      dnsTtlMs: -1,
      lookup: "dns",
      clock: {},
      timestamps: true,
      tagz: 1,
    };
    let message = "";
    try {
      statsd(wrong as never);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      message = (error as Error).message;
    }
    expect(message).toMatch(/^statsd: 16 options to mend:/);
    for (const key of Object.keys(wrong)) expect(message).toMatch(new RegExp(`- ${key}[. ]`));
    expect(message).toContain("maxDatagramBytes is 70000; give a whole number from 128 to 65507");
    expect(message).toContain('timestamps is for the dialect "dogstatsd"');
    for (const odd of [null, 5, [], "udp"])
      expect(() => statsd(odd as never)).toThrow(/options is/);
    expect(() => statsd({ dialect: "graphite" } as never)).toThrow(/dialect is "graphite"/);
    expect(() => statsd({ path: "/a", host: "b" })).toThrow(/path and host or port are both given/);
    expect(() => statsd({ prefix: "p".repeat(101) })).toThrow(/at most 100 characters/);
    expect(() => statsd({ path: "" })).toThrow(/give the path of a socket/);
    expect(() => statsd({ path: 5 } as never)).toThrow(/path is 5/);
  });

  it("say why datagram Unix sockets cannot be", () => {
    expect(() => statsd({ path: "unixgram:///run/dsd.sock" })).toThrow(/need a native addon/);
    const environment = { DD_DOGSTATSD_URL: "unixgram:///run/dsd.sock" };
    expect(() => datadog(environment)).toThrow(/DD_DOGSTATSD_URL .*dogstatsd_stream_socket/);
  });
});

describe("the environment", () => {
  it("tells DogStatsD where the Agent is", () => {
    expect(datadog({ DD_AGENT_HOST: "10.0.0.1" })).toMatchObject({ host: "10.0.0.1", port: 8125 });
    expect(datadog({ DD_AGENT_HOST: "agent", DD_DOGSTATSD_PORT: "9125" })).toMatchObject({
      host: "agent",
      port: 9125,
    });
    expect(datadog({ DD_DOGSTATSD_URL: "udp://a.b:99", DD_AGENT_HOST: "c" })).toMatchObject({
      host: "a.b",
      port: 99,
    });
    expect(datadog({ DD_DOGSTATSD_URL: "udp://[::1]" })).toMatchObject({ host: "::1", port: 8125 });
    for (const scheme of ["unix", "unixstream"]) {
      expect(datadog({ DD_DOGSTATSD_URL: `${scheme}:///run/dsd.sock` })).toMatchObject({
        path: "/run/dsd.sock",
        maxDatagramBytes: 8192,
      });
    }
  });

  it("gives way to options, and says what is wrong with it", () => {
    const environment = { DD_DOGSTATSD_URL: "udp://a:99", DD_DOGSTATSD_PORT: "88" };
    expect(datadog(environment, { host: "b" })).toMatchObject({ host: "b", port: 88 });
    expect(datadog(environment, { path: "/run/x" })).toMatchObject({ path: "/run/x" });
    expect(() => datadog({ DD_DOGSTATSD_URL: "http://a" })).toThrow(/give udp:\/\/host:port/);
    expect(() => datadog({ DD_DOGSTATSD_URL: "::" })).toThrow(/1 option to mend/);
    expect(() => datadog({ DD_DOGSTATSD_PORT: "many" })).toThrow(/1 option to mend/);
  });

  it("tags what DogStatsD sends, and is nothing to plain StatsD", () => {
    const environment = { DD_ENV: "prod", DD_SERVICE: "shop", DD_VERSION: "2", DD_ENTITY_ID: "p" };
    const tags = { env: "prod", service: "shop", version: "3", "dd.internal.entity_id": "p" };
    expect(datadog(environment, { tags: { version: "3" } }).tags).toEqual(tags);
    const all = { ...environment, DD_DOGSTATSD_URL: "nonsense", DD_AGENT_HOST: "c" };
    expect(resolve({}, all)).toMatchObject({ tags: {}, host: "127.0.0.1" });
    vi.stubEnv("DD_DOGSTATSD_URL", "nonsense");
    expect(() => statsd({ dialect: "dogstatsd" })).toThrow(/DD_DOGSTATSD_URL/);
  });
});
