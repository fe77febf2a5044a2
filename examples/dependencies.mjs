// Databases, queues and other services, and the map of them: who is called, how often, how it goes.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "shop" });

const pg = auspex.dependency("postgres", { namespace: "shop" });
const findUser = pg.wrap("SELECT users", (id) => sleep(2, { id }), { collection: "users" });
const insert = pg.operation("INSERT orders", { collection: "orders" });
const orders = auspex.dependency("kafka", { destination: "orders" });

for (let id = 0; id < 5; id++) {
  await findUser(id);
  await insert.run(() => sleep(4));
  await orders.run("send", () => sleep(1));
  orders.sent(3);
}
await pg.run("DELETE carts", () => Promise.reject(new RangeError("no such cart"))).catch(() => {});

const payments = createServer((_, response) => response.end("paid"));
await new Promise((resolve) => payments.listen(0, "127.0.0.1", resolve));
await (await fetch(`http://127.0.0.1:${payments.address().port}/charge`)).text();

for (const { caller, kind, name, operations, traffic, errors, latency } of auspex.snapshot("1m")
  .dependencies) {
  const shown = name.replace(/:\d+$/, "");
  const calls = `${traffic.count} calls of ${operations} operations, ${errors.count} failed`;
  console.log(`${caller} → ${shown} (${kind}): ${calls}, p99 ${latency.p99} ms`);
}
await auspex.shutdown();
payments.close();
payments.closeAllConnections();
