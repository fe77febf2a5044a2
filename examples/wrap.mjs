// Functions: wrapped once, called as before. And `run`, for a piece of work without a function.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";

const auspex = createAuspex({ service: "worker" });

const fetchUser = auspex.wrap("fetch user", async (id) => {
  await sleep(5 + 10 * Math.random());
  if (id === 13) throw new RangeError("no such user");
  return { id };
});

for (let id = 0; id < 20; id++) await fetchUser(id).catch(() => {});

const charge = auspex.operation("charge card", { "payment.provider": "acme" });
for (let i = 0; i < 5; i++) await charge.run(() => sleep(20));

for (const { name, latency, traffic, errors } of auspex.snapshot("1m").operations) {
  const { p50, p99 } = latency;
  console.log(`${name}: ${traffic.count} calls, p50 ${p50} ms, p99 ${p99} ms`, errors.byType);
}
