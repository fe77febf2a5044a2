// OTLP to a receiver that this program starts itself: what a collector would get, in JSON so that it can be
// read. Leave `protocol` out for protobuf, and `url` for a collector on this machine.
import { once } from "node:events";
import { createServer } from "node:http";
import { createAuspex } from "auspex";
import { otlp } from "auspex/exporters/otlp";

const receiver = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { resourceMetrics } = JSON.parse(Buffer.concat(chunks).toString());
  for (const metric of resourceMetrics[0].scopeMetrics[0].metrics) {
    const { name, histogram, exponentialHistogram, sum } = metric;
    if (!["auspex.operation.duration", "jobs"].includes(name)) continue; // it meters itself, too
    const [point] = (histogram ?? exponentialHistogram ?? sum).dataPoints;
    if (histogram) console.log(`${name}: ${point.count} in ${point.bucketCounts.length} buckets`);
    else if (exponentialHistogram) {
      const { length } = point.positive.bucketCounts;
      console.log(`${name}: ${point.count} in ${length} buckets at scale ${point.scale}`);
    } else console.log(`${name}: ${point.asDouble}`);
  }
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
});
receiver.listen(0, "127.0.0.1");
await once(receiver, "listening");

const url = `http://127.0.0.1:${receiver.address().port}`; // /v1/metrics is appended
const options = { url, protocol: "http/json", compression: "none" };
const auspex = createAuspex({
  service: "demo",
  saturation: false,
  exporters: [
    otlp(options),
    { exporter: otlp({ ...options, name: "fine", histogram: "exponential" }), intervalMs: 10_000 },
  ],
});
const work = auspex.operation("work");
for (let ms = 1; ms <= 200; ms++) work.record(ms);
auspex.counter("jobs", { unit: "{job}" }).add(200);

const { ok } = await auspex.shutdown();
console.log(ok ? "all sent" : "not all sent");
receiver.close();
