// Writes to a Redis, shows what lies in it then, and listens to an alert that another process might have told.
// Uses the Redis of REDIS_URL, else it starts a redis-server of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createAuspex } from "auspex";
import { redis, subscribe } from "auspex/exporters/redis";
import { Redis } from "ioredis";

const PREFIX = "example";

async function ownServer() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const flags = ["--port", String(port), "--save", ""];
  const server = spawn("redis-server", flags, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const text of server.stdout.setEncoding("utf8")) if (text.includes("Ready")) break;
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill() };
}

const { url, stop } = process.env.REDIS_URL
  ? { url: process.env.REDIS_URL, stop() {} }
  : await ownServer();

const alerted = new Promise((heard) => {
  const subscription = subscribe(
    { url, prefix: PREFIX },
    {
      alert({ service, rule, state, reason }) {
        console.log(`${service}: ${rule} is ${state}: ${reason}`);
        subscription.close();
        heard();
      },
    },
  );
});

const exporter = redis({ url, prefix: PREFIX });
const auspex = createAuspex({ service: "shop", saturation: false, exporters: [exporter] });
const charge = auspex.operation("charge card");
for (let ms = 1; ms <= 100; ms++) charge.record(ms);
await auspex.forceFlush();

const client = new Redis(url);
const keys = (await client.keys(`${PREFIX}:1:{shop*`)).sort();
for (const key of keys.filter((each) => !each.includes("lease"))) {
  // What a process is called differs each time.
  const name = key.replace(/shop\/[^}]*/, "shop/<process>").replace(/\d{13}/, "<start>");
  console.log(`${name}: ${await client.hlen(key)} fields, for ${await client.ttl(key)} s`);
}

const event = {
  type: "alert",
  key: "slow charge",
  rule: "slow charge",
  state: "firing",
  operation: "charge card",
  attributes: {},
  signal: "latency",
  severity: "warning",
  timeMs: Date.now(),
  sinceMs: Date.now(),
  reason: "p99 is above 90 ms",
  labels: {},
  annotations: {},
};
// A rule of alerts() does this by itself. Until the subscriber is there, nobody hears it.
const telling = setInterval(() => exporter.onEvent(event), 50);
await alerted;
clearInterval(telling);

const { ok } = await auspex.shutdown();
console.log(ok ? "all written" : "not all written");
const records = await client.hgetall(`${PREFIX}:1:{shop}:processes`);
const ended = Object.values(records).filter((text) => text.includes("endedMs"));
console.log(`${ended.length > 0 ? "this process said" : "nobody said"} that it has ended`);
client.disconnect();
stop();
