import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { redis } from "../../../src/exporters/redis/index.js";
import { allKeys, until } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import { BadNetwork } from "./bad-network.js";
import {
  COUNTER,
  expectTimesToLive,
  HISTOGRAM,
  Recording,
  readAll,
  SIGNAL,
  START,
} from "./harness.js";

const server = redisForAll();
let network: BadNetwork;

beforeAll(async () => {
  network = await BadNetwork.start(server.port);
});
afterAll(async () => {
  await network.stop();
});

/** What may happen between two flushes, or during one. */
const step = fc.record({
  values: fc.integer({ min: 0, max: 5 }),
  forwardMs: fc.integer({ min: 1, max: 25_000 }),
  fault: fc.constantFrom(
    ...([
      "none",
      "none",
      "none",
      "lose replies",
      "lose requests",
      "cut",
      "flush",
      "evict",
    ] as const),
  ),
});

it("whatever happens to replies, requests, connections and Redis itself, the totals are exact", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await server.flush();
      const recording = new Recording(`${run++}-p`);
      const exporter = redis({ url: network.url, timeoutMs: 50 });
      let atMs = START;
      const client = server.client();
      try {
        for (const { values, forwardMs, fault } of steps) {
          atMs += forwardMs;
          recording.record(...Array.from({ length: values }, (_, i) => (i + 1) / 100));
          recording.gauge = values;
          if (fault === "flush") await server.flush();
          if (fault === "evict") {
            // A window that is past comes back with the next totals, after half a minute.
            const kept = (await allKeys(client)).filter((key) => !key.includes(":raw:"));
            await client.del(...kept.slice(values, values + 1), "none");
          }
          network.mode = fault === "lose replies" || fault === "lose requests" ? fault : "pass";
          const exported = exporter.export(recording.batch(atMs), SIGNAL);
          if (fault === "cut") setImmediate(() => network.cut());
          await exported;
        }
        network.mode = "pass";
        let good = 0;
        await until(async () => {
          atMs += 1000;
          const { status } = await exporter.export(recording.batch(atMs), SIGNAL);
          good = status === "success" ? good + 1 : 0;
          return good === 2;
        });
        const read = await readAll(client, recording.process);
        expect(read.get(HISTOGRAM)?.count ?? 0).toBe(recording.count);
        expect(read.get(COUNTER)?.count ?? 0).toBe(recording.count);
        await expectTimesToLive(client);
      } finally {
        network.mode = "pass";
        await exporter.shutdown();
      }
    }),
    { numRuns: 20 },
  );
});
