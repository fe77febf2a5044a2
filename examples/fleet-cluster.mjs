// A cluster as one: whichever worker a scrape reaches, it answers with the page of all of them.
import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import { createAuspex } from "auspex";
import { clusterFleet } from "auspex/fleet";

const WORKERS = 4;
const auspex = createAuspex({ service: "shop", saturation: false });
const fleet = clusterFleet({ auspex });

if (cluster.isWorker) {
  const observe = auspex.operation("observe");
  for (let ms = 1; ms <= 100; ms++) observe.record(ms);
  createServer((request, response) => fleet.metrics(request, response)).listen(0, "127.0.0.1");
} else {
  const workers = Array.from({ length: WORKERS }, () => cluster.fork());
  const addresses = await Promise.all(
    workers.map(async (worker) => (await once(worker, "listening"))[0]),
  );

  // prom-client adds the medians of its workers up; these are the values of all four.
  const { operations } = await fleet.snapshot("1m");
  const { latency, traffic } = operations.find(({ name }) => name === "observe");
  console.log(`${traffic.count} values from 1 to 100 ms in ${WORKERS} workers: p50 ${latency.p50}`);

  const { port } = addresses[0];
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  console.log(page.match(/^auspex_operation_duration_seconds_count.*$/m)[0]);

  // One that is frozen is missing, by name; the others are there in time.
  workers[1].process.kill("SIGSTOP");
  const { missing } = await fleet.snapshot("1m", { timeoutMs: 300 });
  for (const { reason, pid } of missing) {
    console.log(pid === workers[1].process.pid ? `worker 2: ${reason}` : reason);
  }
  workers[1].process.kill("SIGKILL");
  for (const worker of workers) worker.kill();
}
