// How full things are: the process and its machine by themselves, the rest by a function.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "worker" });
const pool = { used: 7, size: 10 };
const stop = auspex.saturation("pg.pool", () => pool.used / pool.size);
auspex.gauge("queue.length", { unit: "{job}" }).observe(async () => 12);

await sleep(1200); // most are read once a second, the machine's every five

const snapshot = auspex.snapshot("10s");
for (const { name, attributes, value, unit, saturation } of snapshot.saturation) {
  if (saturation === undefined) continue; // it tells how long something makes wait
  const full = `${(100 * saturation).toFixed(1)} % full`;
  const which = Object.values(attributes).join(" ");
  console.log(`${name}${which && ` ${which}`}: ${value.toPrecision(3)} ${unit} = ${full}`);
}
for (const { name, value } of snapshot.gauges) {
  if (name === "queue.length") console.log(`${name}: ${value}`);
}
stop(); // no longer read
