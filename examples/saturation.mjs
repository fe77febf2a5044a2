// How full things are: event loop, CPU, memory and GC by themselves, the rest by a function.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "worker" });
const pool = { used: 7, size: 10 };
const stop = auspex.saturation("pg.pool", () => pool.used / pool.size);
auspex.gauge("queue.length", { unit: "{job}" }).observe(async () => 12);

await sleep(1200); // they are read once a second

const snapshot = auspex.snapshot("10s");
for (const { name, value, unit, saturation } of snapshot.saturation) {
  const full = saturation === undefined ? "" : ` = ${(100 * saturation).toFixed(1)} % full`;
  console.log(`${name}: ${value.toPrecision(3)} ${unit}${full}`);
}
for (const { name, value } of snapshot.gauges) console.log(`${name}: ${value}`);
stop(); // no longer read
