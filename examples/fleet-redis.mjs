// Three processes write to one Redis; this one reads them as one: percentiles of all their values together.
// Uses the Redis of REDIS_URL, else it starts a redis-server of its own.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createAuspex } from "auspex";
import { redis } from "auspex/exporters/redis";
import { redisFleet } from "auspex/fleet";

const PREFIX = "auspex-example";

/** What one of the three does: 100 calls of 1 to 100 ms, slower by 100 ms in each process, one of them failed. */
async function work(nth, url) {
  const auspex = createAuspex({
    service: "shop",
    saturation: false,
    exporters: [{ exporter: redis({ url, prefix: PREFIX }), intervalMs: 500 }],
  });
  const charge = auspex.operation("charge card");
  for (let ms = 1; ms <= 100; ms++) charge.record(nth * 100 + ms);
  charge.record(5, Object.assign(new Error("no funds"), { code: "DECLINED" }));
  auspex.counter("orders").add(100);
  await auspex.forceFlush();
  process.send("written");
  await once(process, "message");
  await auspex.shutdown();
  process.disconnect();
}

async function ownServer() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const server = spawn("redis-server", ["--port", String(port), "--save", ""], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const text of server.stdout.setEncoding("utf8")) if (text.includes("Ready")) break;
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill() };
}

async function read(url) {
  const fleet = redisFleet({ url, prefix: PREFIX });
  const { operations, counters, processes, partial } = await fleet.snapshot("5m");
  for (const { name, latency, traffic, errors, processes: many } of operations) {
    const [p50, p99] = [latency.p50, latency.p99].map((ms) => ms.toFixed(1));
    console.log(
      `${name}: ${traffic.count} calls of ${many} processes, p50 ${p50} ms, p99 ${p99} ms`,
    );
    console.log(`failed: ${errors.count}`, errors.byType);
  }
  for (const { name, count } of counters) if (name === "orders") console.log(`${name}: ${count}`);
  const live = processes.filter((each) => each.live).length;
  console.log(`${live} processes live; ${partial ? "some" : "none"} missing`);

  const to = Date.now();
  const { series } = await fleet.range({
    from: to - 3_600_000,
    to,
    stepMs: 3_600_000,
    operation: "charge *",
    percentiles: [90],
  });
  for (const { points } of series) {
    for (const { count, percentiles } of points.slice(-1)) {
      console.log(`of the last hours: ${count} calls, p90 ${percentiles.p90.toFixed(0)} ms`);
    }
  }
  fleet.close();
}

const [nth, given] = process.argv.slice(2);
if (nth !== undefined) await work(Number(nth), given);
else {
  const { url, stop } = process.env.REDIS_URL
    ? { url: process.env.REDIS_URL, stop() {} }
    : await ownServer();
  const workers = [0, 1, 2].map((each) => fork(import.meta.filename, [each, url]));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  await read(url);
  for (const worker of workers) worker.send("end");
  await Promise.all(workers.map((worker) => once(worker, "exit")));
  stop();
}
