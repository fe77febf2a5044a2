// Fastify 5: one line before the routes. Without `auspex` the plugin makes a monitor and shuts it down.
import { fastifyAuspex } from "auspex/fastify";
import fastify from "fastify";

const app = fastify();
await app.register(fastifyAuspex, { service: "shop", metrics: "/metrics" });

app.get("/orders/:id", async (request) => request.params);
app.get("/broken", async () => {
  throw new Error("out of order");
});

for (let i = 0; i < 20; i++) await app.inject(`/orders/${i}`);
await app.inject("/broken");
for (const { name, latency, traffic, errors } of app.auspex.snapshot("1m").operations) {
  console.log(`${name}: ${traffic.count} requests, ${errors.count} errors, p99 ${latency.p99} ms`);
}
const page = (await app.inject("/metrics")).body;
console.log(page.match(/^http_server_request_duration_seconds_count.*$/gm).join("\n"));
await app.close();
