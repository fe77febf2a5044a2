// Three agents that take tasks from a queue, one of them slower and slower, and a training beside them. In
// the end: what a dashboard is sent every 5 s, the ranking, and an insight.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";
import { agent, series, workload } from "auspex/agents";

// `state: false`: the books of an earlier run are not wanted here.
const auspex = createAuspex({ service: "newsroom", saturation: false, state: false });
const work = workload(auspex, { limits: { review: 40, summary: 200 }, slots: 6 });
auspex.on("insight", ({ kind, severity, reason, advice }) => {
  console.log(`insight: ${kind} (${severity}): ${reason}\n         ${advice}\n`);
});

// A queue that all agents take from, each as fast as it can.
const editor = agent(auspex, "editor", { queueCapacity: 200 });
const queue = Array.from({ length: 60 }, (_, i) => {
  return { type: i % 3 === 0 ? "summary" : "review", queuedAt: Date.now(), fails: i % 11 === 0 };
});
async function drain(name, ms) {
  const worker = agent(auspex, name);
  for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
    const { type, queuedAt, fails } = task;
    const doing = worker.task(
      type,
      () =>
        worker.workflow("article", async () => {
          await worker.step("read", () => sleep(2));
          await worker.step("write", () => sleep(ms));
          if (fails) throw new Error("no such article");
        }),
      { queuedAt },
    );
    await doing.catch(() => {});
  }
}

// A training that comes to rest.
const loss = series(auspex, "training:proj-1:loss");
for (let step = 0; step < 400; step++) loss.append(step, 0.5 + 4 * Math.exp(-step / 40));

await editor.run(() => Promise.all([drain("ada", 5), drain("bob", 10), drain("cyd", 40)]));
console.log("dashboard:", JSON.stringify(work.dashboard(), shortened, 2), "\n");
console.table(work.rankings());
console.log("capacity:", work.capacity().accepting ? "accepting" : work.capacity().reasons);
console.log("the loss:", loss.convergence().reason, "\n");

// Insights come with the next look at the books, every 5 s and a last time at the end.
await auspex.shutdown();

/** The last three of a long list. */
function shortened(_key, value) {
  return Array.isArray(value) && value.length > 3 ? value.slice(-3) : value;
}
