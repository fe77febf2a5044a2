import { describe, expect, it } from "vitest";
import type { Anomaly } from "../../../src/index.js";
import { HOUR, MINUTE, randomOf, service } from "./service.js";

const SECOND = 1000;

/** Lives second by second: what is recorded falls anywhere within an interval. */
async function secondBySecond(intervalMs: number) {
  const { auspex, clock, told, begun, work } = await service({ intervalMs });
  const random = randomOf(7);
  const failure = new Error("injected");
  let pool = 0.4;
  auspex.saturation("pool", () => pool);
  const live = (ms: number, { times = 1, errorRatio = 0.001, full = 0.4, requests = 5 } = {}) => {
    pool = full;
    for (let passed = 0; passed < ms; passed += SECOND) {
      const count = Math.floor(requests + random() + random());
      for (let i = 0; i < (requests === 0 ? 0 : count); i++) {
        const durationMs = 20 * times * Math.exp(random() + random() - 1);
        work.record(durationMs, random() < errorRatio ? failure : undefined);
      }
      clock.advance(SECOND);
    }
  };
  const found = (signal: string): Anomaly | undefined =>
    begun().find((event) => event.signal === signal);
  return { live, told, found };
}

// The monitor's interval is that of windows and exports; what is watched by default looks each ten seconds.
for (const intervalMs of [100, 1000, 3000, 10_000, 25_000, 60_000]) {
  describe(`a monitor whose intervals last ${intervalMs} ms`, () => {
    it("is quiet while all is as ever", async () => {
      const { live, told } = await secondBySecond(intervalMs);
      live(2 * HOUR);
      expect(told.map(({ reason }) => reason)).toEqual([]);
    });

    for (const [signal, incident] of [
      ["errors", { errorRatio: 0.3 }],
      ["latency", { times: 4 }],
      ["traffic", { requests: 0 }],
      ["saturation", { full: 0.99 }],
    ] as const) {
      it(`tells of ${signal} within four minutes`, async () => {
        const { live, found } = await secondBySecond(intervalMs);
        live(HOUR);
        live(4 * MINUTE, incident);
        expect(found(signal)).toMatchObject({ signal, state: "begun" });
      });
    }
  });
}
