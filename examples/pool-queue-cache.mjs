// Pools, queues, caches and workers: how full they are, how long one waits, what a look-up finds.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "shop", saturation: false });

// A pool of two connections, as a driver would have it.
const free = ["a", "b"];
const waiting = [];
const connect = () =>
  free.length > 0 ? Promise.resolve(free.pop()) : new Promise((got) => waiting.push(got));
const release = (connection) => {
  const next = waiting.shift();
  if (next) next(connection);
  else free.push(connection);
};
const db = auspex.pool("postgres", {
  max: 2,
  used: () => 2 - free.length,
  idle: () => free.length,
  waiting: () => waiting.length,
});

const jobs = [];
const queue = auspex.queue("thumbnails", jobs, { capacity: 20 }); // arrays are known, and more
const users = new Map();
const cache = auspex.cache("users", users, { max: 100 });
auspex.workers("resizers", { size: 4, busy: () => Math.min(4, jobs.length) });

for (let i = 0; i < 10; i++) {
  jobs.push(i);
  queue.enqueued();
}
async function work(id) {
  if (users.has(id)) return cache.hit();
  cache.miss();
  users.set(id, id);
  const connection = await db.acquire(connect); // times the wait, returns what connect() returns
  const began = performance.now();
  await sleep(20);
  release(connection);
  db.used(performance.now() - began);
}
await Promise.all([1, 2, 3, 1, 2, 3, 1, 2].map(work));
for (let i = 0; i < 5; i++) {
  jobs.shift();
  queue.dequeued();
}
await sleep(1200); // levels are read once a second

const { saturation, gauges, counters, histograms } = auspex.snapshot("1m");
for (const { name, value, saturation: full } of saturation) {
  if (full !== undefined) console.log(`${name}: ${value}, ${Math.round(100 * full)} % full`);
}
for (const { name, value } of gauges) console.log(`${name}: ${value}`);
for (const { name, count } of counters) console.log(`${name}: ${count}`);
for (const { name, count, max } of histograms) console.log(`${name}: ${count}, max ${max} s`);
db.stop(); // read no more
