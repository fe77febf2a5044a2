// Collecting 1,000 histogram points and writing them as OTLP protobuf, as a share of what OpenTelemetry JS
// takes for the same points with its own serializer. Each series has a hundred values from before and one
// new one since the last collection; both sides are cumulative. Both in one process, in blocks in the order
// ours, theirs, theirs, ours.
//
// What a value costs until it is in a sum is in neither figure: theirs pays that in `record`, ours where an
// interval closes (row 8), which a made clock brings about before each collection. What the library tells
// of itself, some 20 points more, is in ours.
import { setImmediate as nextTurn } from "node:timers/promises";
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { figure, median } from "./lib/statistics.mjs";
import { sink } from "./lib/timing.mjs";
import { durations, MASK } from "./lib/values.mjs";

const SERIES = 1000;
const VALUES = 100;
/** Turns until both sides are compiled; on a busy machine that takes a while. */
const WARM_UP = 200;
const QUADS = 40;
const INTERVAL_MS = 1000;

const attributesOf = (i) => ({
  "http.request.method": "GET",
  "http.response.status_code": 200,
  "http.route": `/resources/:${i}`,
});

const values = durations();
const seconds = (i) => values[i & MASK] / 1000;

/** Ours: the batch a reader would hand to an exporter, and its bytes. */
async function auspexOf(histogram) {
  const { createAuspex } = await library();
  const { otelExporter, otlpEncoder } = await library("exporters/otlp");
  const { ManualClock } = await library("testing");
  const { ProtobufMetricsSerializer } = await import("@opentelemetry/otlp-transformer");
  const encode = otlpEncoder({ histogram });
  let batch;
  const exporter = {
    name: "bench",
    async export(given) {
      batch = given;
      sink.object = encode(given);
      return { status: "success" };
    },
  };
  // Our batch through the official serializer: what writing by hand is measured beside.
  const done = async () => {};
  const serializer = {
    export(metrics, answer) {
      sink.object = ProtobufMetricsSerializer.serializeRequest(metrics);
      answer({ code: 0 });
    },
    forceFlush: done,
    shutdown: done,
  };
  const official = otelExporter(serializer, { histogram });
  const { signal } = new AbortController();
  // Its CPU time is that of the process, which a collection asks for.
  const clock = Object.assign(new ManualClock(), { cpu: undefined });
  const auspex = createAuspex({
    service: "bench",
    clock,
    saturation: false,
    detectors: false,
    // It exports when it is told to.
    exporters: [{ exporter, intervalMs: 86_400_000 }],
  });
  const instrument = auspex.histogram("http.server.request.duration", { unit: "s" });
  const bound = Array.from({ length: SERIES }, (_, i) => instrument.bind(attributesOf(i)));
  return {
    record: (i, value) => bound[i].record(value),
    takeIn: () => clock.advance(INTERVAL_MS),
    both: () => auspex.forceFlush(),
    serialise: () => {
      sink.object = encode(batch);
    },
    official: () => official.export(batch, signal),
  };
}

/** Theirs: a reader's collection, and the serializer of their own exporter. */
async function openTelemetryOf(histogram) {
  const { AggregationType, MeterProvider, MetricReader } = await import(
    "@opentelemetry/sdk-metrics"
  );
  const { ProtobufMetricsSerializer } = await import("@opentelemetry/otlp-transformer");
  class Reader extends MetricReader {
    async onShutdown() {}
    async onForceFlush() {}
  }
  const type = AggregationType.EXPONENTIAL_HISTOGRAM;
  const reader = new Reader(
    histogram === "exponential" ? { aggregationSelector: () => ({ type }) } : {},
  );
  const provider = new MeterProvider({ readers: [reader] });
  // Without advice its bounds are those for milliseconds.
  const explicitBucketBoundaries = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ];
  const instrument = provider.getMeter("bench").createHistogram("http.server.request.duration", {
    unit: "s",
    advice: { explicitBucketBoundaries },
  });
  const attributes = Array.from({ length: SERIES }, (_, i) => attributesOf(i));
  let metrics;
  return {
    record: (i, value) => instrument.record(value, attributes[i]),
    takeIn: () => {},
    both: async () => {
      ({ resourceMetrics: metrics } = await reader.collect());
      sink.object = ProtobufMetricsSerializer.serializeRequest(metrics);
    },
    serialise: () => {
      sink.object = ProtobufMetricsSerializer.serializeRequest(metrics);
    },
  };
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** While another process has the core, it is not this work that lasts; other threads are not this work. */
async function timed(work) {
  const cpu = cpuMs();
  const began = performance.now();
  await work();
  return Math.min(performance.now() - began, cpuMs() - cpu);
}

/** One block: a new value in every series, not timed, then the work. */
async function block(side, work, turn) {
  for (let i = 0; i < SERIES; i++) side.record(i, seconds(i + turn));
  side.takeIn();
  await nextTurn();
  return timed(side[work]);
}

async function race(ours, theirs, work, theirWork = work) {
  const ratios = [];
  const took = [[], []];
  for (let turn = 0; turn < WARM_UP; turn++) {
    await block(ours, work, turn);
    await block(theirs, theirWork, turn);
  }
  for (let quad = 0; quad < QUADS; quad++) {
    const sums = [0, 0];
    for (const which of quad % 2 === 0 ? [0, 1, 1, 0] : [1, 0, 0, 1]) {
      const took = which === 0 ? block(ours, work, quad) : block(theirs, theirWork, quad);
      sums[which] += (await took) / 2;
    }
    ratios.push(sums[0] / sums[1]);
    took[0].push(sums[0]);
    took[1].push(sums[1]);
  }
  return { ...figure(ratios), oursMs: median(took[0]), theirsMs: median(took[1]) };
}

async function compare(histogram) {
  const ours = await auspexOf(histogram);
  const theirs = await openTelemetryOf(histogram);
  for (let i = 0; i < SERIES * VALUES; i++) {
    ours.record(i % SERIES, seconds(i));
    theirs.record(i % SERIES, seconds(i));
  }
  await ours.both();
  await theirs.both();
  return {
    [`collect and serialise, ${histogram}`]: await race(ours, theirs, "both"),
    [`serialise, ${histogram}`]: await race(ours, theirs, "serialise"),
    [`by hand ÷ official, ${histogram}`]: await race(ours, ours, "serialise", "official"),
  };
}

await scenario({
  auspex: async () => ({ ...(await compare("explicit")), ...(await compare("exponential")) }),
});
