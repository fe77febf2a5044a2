// From a bad deploy to one notice: an SLO burns, anomalies are seen, alerts are correlated into an
// incident, and a webhook receiver on this machine hears of it once. Time is a manual clock, so the hour
// before the fault takes a second.
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";
import { alerts, verifySignature, webhook } from "auspex/alerts";
import { slo } from "auspex/slo";
import { ManualClock } from "auspex/testing";

const SECRET = "shared with the receiver";
const notices = [];
const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    const isOurs = verifySignature(SECRET, body, request.headers["x-auspex-signature"]);
    if (isOurs) hear(JSON.parse(body));
    response.writeHead(isOurs ? 204 : 401).end();
  });
});
receiver.listen(0, "127.0.0.1");
await once(receiver, "listening");

/** A notice that is sent again, after a failover say, has the same key. */
function hear(notice) {
  if (notices.every(({ dedupKey }) => dedupKey !== notice.dedupKey)) notices.push(notice);
}

const checkouts = slo({
  name: "checkouts",
  operation: "checkout",
  sli: { latencyMs: 200 },
  objective: 0.99,
});
const alerting = alerts({
  rules: [
    { name: "checkout burns its budget", when: { slo: "checkouts" } },
    { name: "unusual", when: { anomaly: {} } },
    { name: "errors", severity: "critical", when: { signal: "errors", above: 0.1 }, forMs: 60_000 },
  ],
  notifiers: [webhook({ url: `http://127.0.0.1:${receiver.address().port}/hook`, secret: SECRET })],
});

const clock = new ManualClock();
const auspex = createAuspex({
  service: "shop",
  clock,
  intervalMs: 10_000,
  saturation: false,
  state: false,
  slos: [checkouts],
  alerts: alerting,
});
const checkout = auspex.operation("checkout");
const payment = auspex.operation("payment");

/** Lives through some minutes, ten seconds at a time. */
async function live(minutes, { ms, failing }) {
  for (let step = 0; step < minutes * 6; step++) {
    for (let i = 0; i < 60; i++) {
      const spread = 0.7 + 0.6 * ((i * 37) % 60) * (1 / 60);
      checkout.record(ms * spread, i < failing ? new TypeError("card declined") : undefined);
      payment.record((ms / 2) * spread, i < failing ? new TypeError("card declined") : undefined);
    }
    clock.advance(10_000);
    // The receiver is real, and so is the time that it takes.
    await sleep(failing > 0 || notices.length > 0 ? 8 : 1);
  }
}

await live(60, { ms: 100, failing: 0 });
console.log(`an hour of calm: ${notices.length} notices, ${budget()} of the budget left`);

alerting.marker({ kind: "deploy", text: "checkout 2.4.1" });
await live(8, { ms: 320, failing: 12 });
const [notice] = notices;
console.log(`${notice.severity}: ${notice.title}`);
for (const { reason } of notice.alerts) console.log(`  ${reason}`);
for (const { what, evidence } of notice.incident?.causes ?? []) {
  console.log(`probable cause: ${what}`);
  for (const each of evidence) console.log(`  ${each}`);
}
console.log(`${budget()} of the budget left`);

await live(30, { ms: 100, failing: 0 });
const firing = notices.filter(({ status }) => status === "firing").length;
console.log(`${firing} firing, ${notices.length - firing} resolved`);
await auspex.shutdown();
receiver.close();
receiver.closeAllConnections();

function budget() {
  return `${Math.round(checkouts.status().budget.remainingRatio * 100)} %`;
}
