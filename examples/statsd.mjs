// Plain StatsD and DogStatsD, to a server that this program opens itself and that shows what it gets.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createAuspex } from "auspex";
import { statsd } from "auspex/exporters/statsd";

const server = createSocket("udp4").on("message", (datagram) => console.log(`${datagram}\n`));
server.bind(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address();

const graphite = statsd({ port, prefix: "shop" });
const datadog = statsd({ port, dialect: "dogstatsd", tags: { env: "demo" } });
const auspex = createAuspex({
  service: "shop",
  saturation: false,
  // As often as the server flushes: 10 s is what both do by default.
  exporters: [graphite, datadog].map((exporter) => ({ exporter, intervalMs: 10_000 })),
});

const checkout = auspex.histogram("checkout.duration", { unit: "s" }).bind({ method: "card" });
for (let ms = 1; ms <= 5; ms++) checkout.record(ms / 1000);
for (let i = 0; i < 4; i++) checkout.record(0.25);
auspex.counter("orders", { unit: "{order}" }).add(9, { country: "fr" });
auspex.gauge("stock.change").set(-3);

await datadog.event({ title: "deployed", text: "version 2", alertType: "success" });
const { ok } = await auspex.shutdown();
console.log(ok ? "all sent" : "not all sent");
// What is still in its buffer is shown first.
setTimeout(() => server.close(), 100);
