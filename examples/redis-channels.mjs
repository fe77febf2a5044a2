// A program in any language reports tasks, agents and a training by publishing JSON in Redis; here they are
// in the same books as the agents of this process. Needs a Redis: REDIS_URL, or one on 127.0.0.1:6379.
import { setTimeout as sleep } from "node:timers/promises";
import { createAuspex } from "auspex";
import { listenToChannels, workload } from "auspex/agents";
import { Redis } from "ioredis";

const redis = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379", {
  retryStrategy: () => null,
});
redis.on("error", () => {});
try {
  await redis.ping();
} catch {
  console.log("there is no Redis; set REDIS_URL");
  process.exit();
}

const auspex = createAuspex({ service: "watcher", saturation: false });
const work = workload(auspex);
const channels = listenToChannels(work, { client: redis });
while (!channels.isConnected) await sleep(10);

// What the other program does: `PUBLISH events:tasks:updates '{"taskId": "1", …}'`.
const tell = (channel, message) => redis.publish(channel, JSON.stringify(message));
await tell("events:tasks:updates", { taskId: "1", agent: "py", type: "crawl", status: "started" });
await tell("events:tasks:updates", {
  taskId: "1",
  agent: "py",
  type: "crawl",
  status: "done",
  duration_seconds: 12.5,
  limit_seconds: 60,
  timestamp: new Date().toISOString(),
});
await tell("events:agents:status", { agentType: "py", status: "busy", taskCount: 3 });
await tell("events:training:progress", { projectId: "proj-1", step: 10, loss: 0.7, wer: 0.2 });
await redis.publish("events:tasks:updates", "no JSON");

while (work.tally.received < 5) await sleep(10);
const { tasks, agents, training } = work.dashboard();
console.log({ tasks, agents, training });
console.log(`${work.tally.accepted} messages taken, ${work.tally.unreadable} unreadable`);

channels.close();
redis.disconnect();
await auspex.shutdown();
