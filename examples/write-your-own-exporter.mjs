// An exporter has a name and a method. This one writes a line of JSON a series, with the histogram
// in HdrHistogram's own interchange form, so that other HDR tools can read and merge it.
import { createAuspex } from "auspex";
import { encodeV2Base64 } from "auspex/histogram";

const jsonLines = {
  name: "json-lines",
  temporality: () => "delta", // what came since the last export that went well
  async export({ resource, from, to, metrics }, _signal) {
    for (const { name, kind, unit, points } of metrics) {
      if (kind !== "histogram") continue;
      for (const { attributes, histogram } of points) {
        const { count, p50, p99 } = histogram.summary();
        const hdr = encodeV2Base64(histogram);
        const line = { from, to, name, unit, attributes, count, p50, p99, hdr };
        console.log(JSON.stringify({ service: resource.attributes["service.name"], ...line }));
      }
    }
    return { status: "success" }; // or "retryable", or "failure" with an error
  },
};

const auspex = createAuspex({
  service: "demo",
  saturation: false,
  selfMetrics: false,
  exporters: [jsonLines],
});
const work = auspex.operation("work");
for (let ms = 1; ms <= 100; ms++) work.record(ms);
await auspex.forceFlush();
work.record(5);
await auspex.shutdown(); // exports what came since
