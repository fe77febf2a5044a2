import { describe, expect, it } from "vitest";
import { redis } from "../../src/exporters/redis/index.js";
import { series } from "../../src/workload/index.js";
import { monitor } from "../helpers/monitor.js";
import { until } from "../helpers/redis.js";
import { redisForAll } from "../helpers/redis-for-all.js";

const server = redisForAll();

function process() {
  return monitor({
    service: "trainer",
    exporters: [redis({ url: server.url })],
    state: true,
    intervalMs: 100,
    exportIntervalMs: 200,
  });
}

describe("series of several processes of one service", () => {
  it("lie side by side in Redis, and restarted processes go on with them", async () => {
    const client = server.client();
    const keys = async () => {
      const found = await client.keys("*state:series*");
      return found.length;
    };
    const first = process();
    const one = series(first, "training:one:loss");
    const second = process();
    const two = series(second, "training:two:loss");
    for (let step = 0; step < 10; step++) {
      one.append(step, step);
      two.append(step, -step);
    }
    // A place is taken with the first answer of the store.
    await until(async () => (await client.keys("*lease*series*")).length === 2);
    await first.shutdown({ timeoutMs: 5000 });
    await second.shutdown({ timeoutMs: 5000 });
    expect(await keys()).toBe(2);

    const restored = [];
    for (const restarted of [process(), process()]) {
      const both = ["one", "two"].map((name) => series(restarted, `training:${name}:loss`));
      const known = () => both.filter(({ last }) => last?.step === 9);
      await until(() => known().length > 0);
      restored.push(...known().map(({ name }) => name));
    }
    expect(restored.sort()).toEqual(["training:one:loss", "training:two:loss"]);
  });
});
