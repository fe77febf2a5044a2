// The plain instruments: bind once, then record numbers.
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "uploads", saturation: false });

const uploads = auspex.counter("uploads", { unit: "{file}" });
const images = uploads.bind({ type: "image" });
const videos = uploads.bind({ type: "video" });
const queue = auspex.gauge("queue.length", { unit: "{file}" }).bind();
const sizes = auspex.histogram("upload.size", { unit: "By" }).bind({ type: "image" });

for (let i = 1; i <= 100; i++) {
  images.add();
  sizes.record(i * 10_000);
  queue.set(100 - i);
}
videos.add(3);

const { counters, gauges, histograms } = auspex.snapshot("1m");
for (const { name, attributes, count } of counters) console.log(name, attributes.type, count);
for (const { name, value } of gauges) console.log(name, value);
for (const { name, p50, p99, max } of histograms) console.log(name, { p50, p99, max });
