// Closing intervals: 2,000 series with 50 values a second each, the merges of all windows included.
import { scenario } from "./lib/children.mjs";
import { library } from "./lib/library.mjs";
import { ManualClock } from "./lib/manual-clock.mjs";
import { quantile } from "./lib/statistics.mjs";
import { durations, MASK } from "./lib/values.mjs";

const SERIES = 2000;
const VALUES_A_SECOND = 50;
const WARM_UP_S = 40;
/** Twelve minutes see every tier merge, the 5-minute one twice. */
const SECONDS = 720;

await scenario({
  async auspex() {
    const { createAuspex } = await library();
    const clock = new ManualClock();
    const auspex = createAuspex({
      service: "bench",
      saturation: false,
      cardinalityLimit: SERIES + 1,
      clock,
    });
    const values = durations();
    const operations = [];
    for (let i = 0; i < SERIES; i++) operations.push(auspex.operation("busy", { series: i }));
    const closing = [];
    let at = 0;
    for (let second = -WARM_UP_S; second < SECONDS; second++) {
      for (const operation of operations) {
        for (let i = 0; i < VALUES_A_SECOND; i++) operation.record(values[at++ & MASK]);
      }
      const began = performance.now();
      clock.fire();
      const took = performance.now() - began;
      if (second >= 0) closing.push(took);
      // A collection that is due belongs to the recording, not to the closing.
      if (second % 10 === 0) await new Promise(setImmediate);
    }
    const figure = (value, spread = value) => {
      return { value, low: value, high: spread, repetitions: closing.length };
    };
    const sum = closing.reduce((total, each) => total + each, 0);
    const p99 = quantile(closing, 0.99);
    return {
      "closing, ms": {
        ...figure(quantile(closing, 0.5), quantile(closing, 0.9)),
        low: quantile(closing, 0.1),
        p99,
      },
      "longest hold, ms": figure(p99, Math.max(...closing)),
      "share of a core": figure(sum / (SECONDS * 1000)),
    };
  },
});
