// Worker threads as one: each thread has a monitor and a fleet, and the main thread reads all of them.
import { once } from "node:events";
import { isMainThread, parentPort, threadId, Worker } from "node:worker_threads";
import { createAuspex } from "auspex";
import { threadFleet } from "auspex/fleet";

const auspex = createAuspex({ service: "thumbnails", saturation: isMainThread });
const fleet = threadFleet({ auspex });

if (!isMainThread) {
  const resize = auspex.operation("resize");
  for (let ms = 1; ms <= 100; ms++) resize.record(ms * threadId);
  parentPort.postMessage("ready");
  await once(parentPort, "message");
  process.exit();
}

const workers = Array.from({ length: 4 }, () => new Worker(new URL(import.meta.url)));
for (const worker of workers) fleet.add(worker);
await Promise.all(workers.map((worker) => once(worker, "message")));

const show = async () => {
  const { operations, processes, partial } = await fleet.snapshot("total");
  const { latency, traffic } = operations.find(({ name }) => name === "resize");
  const live = processes.filter((process) => process.live).length;
  console.log(`${live} threads live, ${partial ? "not all told" : "all told"}`);
  console.log(`resize: ${traffic.count} times, p50 ${latency.p50} ms, p99 ${latency.p99} ms`);
};
await show();

// The totals of a thread that ends stay.
workers[0].postMessage("end");
await once(workers[0], "exit");
await show();

const page = await fleet.text();
console.log(page.match(/^auspex_fleet_members.*$/gm).join("\n"));
for (const worker of workers.slice(1)) worker.postMessage("end");
