// Recording one value into a histogram that is bound to its attributes.
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { race, sink } from "./lib/timing.mjs";
import { durations, MASK, wholeMicroseconds } from "./lib/values.mjs";

await scenario({
  async auspex() {
    const { createAuspex } = await library();
    const auspex = createAuspex({ service: "bench", saturation: false });
    const values = durations();
    const bound = auspex.histogram("latency", { unit: "ms" }).bind({ route: "/" });
    const record = await race((times) => {
      for (let i = 0; i < times; i++) bound.record(values[i & MASK]);
    });
    return { record };
  },

  async perf_hooks() {
    const { createHistogram } = await import("node:perf_hooks");
    const values = wholeMicroseconds();
    const histogram = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 2 });
    const record = await race((times) => {
      for (let i = 0; i < times; i++) histogram.record(values[i & MASK]);
    });
    sink.number += histogram.count;
    return { record };
  },

  async "hdr-histogram-js"() {
    const { build } = await import("hdr-histogram-js");
    const values = wholeMicroseconds();
    const histogram = build({
      lowestDiscernibleValue: 1,
      highestTrackableValue: 3_600_000_000,
      numberOfSignificantValueDigits: 2,
    });
    const record = await race((times) => {
      for (let i = 0; i < times; i++) histogram.recordValue(values[i & MASK]);
    });
    sink.number += histogram.totalCount;
    return { record };
  },

  async "prom-client"() {
    const { promHistogram } = await import("./lib/rivals.mjs");
    const values = durations();
    const bound = promHistogram(["route"]).labels("/");
    const record = await race((times) => {
      for (let i = 0; i < times; i++) bound.observe(values[i & MASK] / 1000);
    });
    return { record };
  },

  async OpenTelemetry() {
    const { otelHistogram } = await import("./lib/rivals.mjs");
    const histogram = await otelHistogram();
    const values = durations();
    const attributes = { route: "/" };
    const record = await race((times) => {
      for (let i = 0; i < times; i++) histogram.record(values[i & MASK] / 1000, attributes);
    });
    return { record };
  },
});
