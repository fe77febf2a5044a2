import { afterEach, describe, expect, it } from "vitest";
import {
  type RedisExporter,
  redis,
  type SubscribeHandlers,
  type SubscribeOptions,
  type Subscription,
  subscribe,
} from "../../../src/exporters/redis/index.js";
import { keptAlive } from "../../../src/testing/watch.js";
import { unhandledIn } from "../../helpers/hostile.js";
import { RedisServer, until } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import { BadNetwork } from "./bad-network.js";
import { alert, events } from "./events.js";
import { Recording, START } from "./harness.js";

const server = redisForAll();
const open: Subscription[] = [];
const exporters: RedisExporter[] = [];

afterEach(async () => {
  for (const each of open.splice(0)) each.close();
  await Promise.all(exporters.splice(0).map((each) => each.shutdown()));
});

async function listen(
  handlers: SubscribeHandlers,
  options: SubscribeOptions = { url: server.url },
): Promise<Subscription> {
  const subscription = subscribe({ timeoutMs: 200, ...options }, handlers);
  open.push(subscription);
  await until(() => subscription.isConnected);
  return subscription;
}

/** An exporter that knows whose it is. */
function exporterOf(prefix = "auspex"): RedisExporter {
  const exporter = redis({ url: server.url, prefix });
  exporters.push(exporter);
  const { resource, incarnation } = new Recording("1-a-b", "shop").batch(START);
  exporter.belongTo({ resource, incarnation });
  return exporter;
}

describe("a subscriber", () => {
  it("hears every event that an exporter passes on, with whose it is", async () => {
    const heard: unknown[] = [];
    const note = (event: unknown): void => void heard.push(event);
    await listen({ alert: note, anomaly: note, incident: note, insight: note });
    const exporter = exporterOf();
    for (const event of events) exporter.onEvent(event);
    await until(() => heard.length === events.length && exporter.tally.published === 4);
    expect(heard).toEqual(events.map((event) => ({ ...event, service: "shop", process: "1-a-b" })));
    expect(exporter.tally).toMatchObject({ published: 4, undelivered: 0, dropped: 0 });
  });

  it("hears on the documented channels", async () => {
    const raw = server.client();
    const heard: string[] = [];
    raw.on("pmessage", (_pattern, channel) => void heard.push(channel));
    await raw.psubscribe("*events:*");
    for (const prefix of ["auspex", "shop"]) {
      const exporter = exporterOf(prefix);
      for (const event of events) exporter.onEvent(event);
      exporter.services.publish("events:dashboard:update", "{}");
    }
    await until(() => heard.length === 10);
    const channels = [
      "events:alerts:slow%20charge",
      "events:anomalies:latency",
      "events:incidents:warning",
      "events:insights:slow-step",
      "events:dashboard:update",
    ];
    expect(heard.sort()).toEqual([...channels, ...channels.map((each) => `shop:${each}`)].sort());
    await raw.punsubscribe();
  });

  it("hears live snapshots, of its own prefix alone", async () => {
    const heard: unknown[] = [];
    await listen({ dashboard: (update) => void heard.push(update) });
    exporterOf("other").services.publish("events:dashboard:update", '{"of":"other"}');
    exporterOf().services.publish("events:dashboard:update", '{"of":"ours"}');
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ of: "ours" }]);
  });

  it("passes over what is none of its events, and counts why", async () => {
    const heard: unknown[] = [];
    const subscription = await listen({ alert: (event) => void heard.push(event) });
    const client = server.client();
    const channel = "events:alerts:x";
    const whole = { ...alert, service: "s", process: "p" };
    const malformed = [
      null,
      1,
      "text",
      [],
      {},
      { ...whole, type: "anomaly" },
      { ...whole, severity: "dire" },
      { ...whole, timeMs: "now" },
      { ...whole, labels: null },
      { ...whole, service: undefined },
    ];
    for (const each of malformed) await client.publish(channel, JSON.stringify(each));
    await client.publish(channel, "{");
    await client.publish(channel, `"${"x".repeat(2 << 20)}"`);
    await client.publish(channel, JSON.stringify(whole));
    await until(() => heard.length === 1);
    expect(subscription.tally).toMatchObject({
      received: malformed.length + 3,
      malformed: malformed.length,
      unreadable: 1,
      oversized: 1,
    });
  });

  it("survives handlers that throw and reject", async () => {
    let calls = 0;
    const unhandled = await unhandledIn(async () => {
      const subscription = await listen({
        alert() {
          calls++;
          if (calls === 1) throw new Error("thrown");
          return Promise.reject(new Error("rejected"));
        },
      });
      const exporter = exporterOf();
      exporter.onEvent(alert);
      exporter.onEvent(alert);
      await until(() => subscription.tally.callbackErrors === 2);
    });
    expect(unhandled).toEqual([]);
  });

  it("connects again by itself, and leaves nothing behind when it is closed", async () => {
    const before = keptAlive();
    const network = await BadNetwork.start(server.port);
    const heard: unknown[] = [];
    const subscription = await listen(
      { alert: (event) => void heard.push(event) },
      { url: network.url },
    );
    for (let i = 1; i <= 3; i++) {
      network.cut();
      await until(() => !subscription.isConnected);
      await until(() => subscription.isConnected);
      exporterOf().onEvent(alert);
      await until(() => heard.length === i);
    }
    expect(subscription.tally.disconnects).toBeGreaterThanOrEqual(3);
    subscription.close();
    subscription.close();
    await until(() => network.connections === 0 && keptAlive() <= before);
    await network.stop();
  });

  it("waits for a Redis that is not there yet", async () => {
    const later = await RedisServer.reserved();
    const subscription = subscribe({ url: later.url }, { alert() {} });
    open.push(subscription);
    await until(() => subscription.tally.disconnects > 0);
    await later.boot();
    await until(() => subscription.isConnected);
    subscription.close();
    await later.stop();
  });

  it("hears through a duplicate of the host's client, which stays as it was", async () => {
    const client = server.client();
    const heard: unknown[] = [];
    await listen({ alert: (event) => void heard.push(event) }, { client });
    exporterOf().onEvent(alert);
    await until(() => heard.length === 1);
    expect(await client.ping()).toBe("PONG");
  });
});

describe("the exporter's messages", () => {
  it("are counted where nobody listens", async () => {
    const exporter = exporterOf();
    exporter.onEvent(alert);
    await exporter.forceFlush();
    expect(exporter.tally).toMatchObject({ published: 0, undelivered: 1 });
  });

  it("are dropped and counted while nobody knows whose they are, and when no JSON can be made of them", () => {
    const exporter = redis({ url: server.url });
    exporters.push(exporter);
    exporter.onEvent(alert);
    const known = exporterOf();
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    known.onEvent({ ...alert, type: "insight", kind: "x", data: loop } as never);
    known.onEvent(null as never);
    known.services.publish("channel", 5 as never);
    expect([exporter.tally.dropped, known.tally.dropped]).toEqual([1, 3]);
  });

  it("wait for Redis within bounds, the oldest dropped first", async () => {
    const later = await RedisServer.reserved();
    const exporter = redis({ url: later.url, timeoutMs: 10_000 });
    exporters.push(exporter);
    for (let i = 0; i < 1500; i++) exporter.services.publish("c", `message ${i}`);
    expect(exporter.tally.dropped).toBe(500);
    exporter.services.publish("c", "x".repeat(2 << 20));
    expect(exporter.tally.dropped).toBe(501);
    // The attempt of their publishing is over: nothing goes out before somebody listens.
    await exporter.forceFlush();
    await later.boot();
    const raw = later.client();
    const heard: string[] = [];
    raw.on("message", (_channel, message) => void heard.push(message));
    await raw.subscribe("c");
    await until(async () => {
      await exporter.forceFlush();
      return exporter.tally.published === 1000 && heard.length === 1000;
    });
    expect(heard).toEqual(Array.from({ length: 1000 }, (_, i) => `message ${i + 500}`));
    await later.stop();
  });
});
