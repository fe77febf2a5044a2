import { describe, expect, it } from "vitest";
import { listenToChannels, workload } from "../../src/workload/index.js";
import { manualMonitor } from "../helpers/monitor.js";
import { until } from "../helpers/redis.js";
import { redisForAll } from "../helpers/redis-for-all.js";

const server = redisForAll();

const TASKS = "events:tasks:updates";
const done = (taskId: number) =>
  JSON.stringify({ taskId, agent: "py", status: "done", duration_seconds: 2 });

describe("the channels of a real Redis", () => {
  it("fill the same books as agents of this process, and bad messages disturb nothing", async () => {
    const work = workload(manualMonitor().auspex);
    const channels = listenToChannels(work, { url: server.url });
    const redis = server.client();
    await until(() => channels.isConnected);
    await redis.publish(TASKS, "{");
    await redis.publish(TASKS, "x".repeat(100_000));
    await redis.publish(TASKS, done(1));
    await redis.publish("events:agents:status", '{"agentType":"py","status":"busy","taskCount":4}');
    await redis.publish("events:training:progress", '{"projectId":"p","step":7,"loss":1.5}');
    await until(() => work.tally.received === 5);
    expect(work.tally).toMatchObject({ accepted: 3, unreadable: 1, oversized: 1 });
    expect(work.tasks().today.completed).toBe(1);
    expect(work.agents().load).toMatchObject({ agents: 1, tasks: 4 });
    expect(work.dashboard().training).toMatchObject({ projectId: "p", currentLoss: 1.5 });
    channels.close();
    channels.close();
    expect(channels.isConnected).toBe(false);
    await until(async () => (await redis.publish(TASKS, done(2))) === 0);
    expect(work.tally.received).toBe(5);
  });

  it("are heard again after Redis was away, over a duplicate of the host's client, with a prefix", async () => {
    const work = workload(manualMonitor().auspex);
    const client = server.client();
    const channels = listenToChannels(work, { client, prefix: "shop", timeoutMs: 500 });
    await until(() => channels.isConnected);
    await server.restart();
    await until(() => channels.tally.disconnects > 0);
    await until(() => channels.isConnected);
    await client.publish(TASKS, done(1));
    await client.publish(`shop:${TASKS}`, done(2));
    await until(() => work.tally.received > 0);
    expect(work.tally).toMatchObject({ received: 1, accepted: 1 });
    channels.close();
  });

  it("list every fault of their options", () => {
    const work = workload(manualMonitor().auspex);
    const bad = { url: 5, prefix: "", other: 1 } as object;
    expect(() => listenToChannels(work, bad as never)).toThrow(/3 options to mend/);
    expect(() => listenToChannels(work, undefined as never)).toThrow(RangeError);
  });
});
