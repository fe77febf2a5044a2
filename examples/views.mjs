// Views: other names, fewer attributes, dropped instruments; for everybody or for one exporter.
import { createAuspex } from "auspex";
import { memory } from "auspex/exporters/memory";

const exporter = memory();
const auspex = createAuspex({
  service: "demo",
  saturation: false,
  selfMetrics: false,
  views: [{ instrument: "jobs", name: "shop.jobs", attributes: ["queue"] }],
  exporters: [
    { exporter, views: [{ instrument: "auspex.operation.*", attributes: ["operation.name"] }] },
  ],
});

for (let worker = 1; worker <= 50; worker++) {
  auspex.counter("jobs").add(2, { queue: "mail", worker });
  auspex.operation("send mail", { worker }).record(worker);
}
await auspex.forceFlush();

console.log(`in the process: ${auspex.snapshot("total").operations.length} operations`);
for (const { name, points } of exporter.batches[0].metrics) {
  for (const { attributes, value, histogram } of points) {
    console.log(name, JSON.stringify(attributes), value ?? `${histogram.count} values`);
  }
}
await auspex.shutdown();
