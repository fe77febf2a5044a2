// Exemplars: from a percentile to the trace behind it. With OpenTelemetry tracing nothing need be set up;
// here an AsyncLocalStorage holds the traces.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import { createAuspex } from "auspex";

const traces = new AsyncLocalStorage();
const auspex = createAuspex({ service: "demo", exemplars: () => traces.getStore() });
const charge = auspex.operation("charge card");

for (let i = 0; i < 200; i++) {
  const trace = {
    traceId: randomBytes(16).toString("hex"),
    spanId: randomBytes(8).toString("hex"),
  };
  traces.run(trace, () => {
    if (i === 150) charge.record(3, new TypeError("no card"));
    else charge.record(i === 120 ? 900 : 10 + (i % 7));
  });
}

const { latency, exemplars } = auspex.snapshot().operations[0];
console.log(`max ${latency.max.toFixed(0)} ms`);
for (const { outcome, value, traceId } of exemplars) {
  console.log(`${outcome} ${value} ms: trace ${traceId}`);
}
await auspex.shutdown();
