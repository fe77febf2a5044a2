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
      detectors: false,
      cardinalityLimit: SERIES + 1,
      clock,
    });
    const values = durations();
    const operations = [];
    for (let i = 0; i < SERIES; i++) operations.push(auspex.operation("busy", { series: i }));
    const closing = [];
    let longest = 0;
    let at = 0;
    for (let second = -WARM_UP_S; second < SECONDS; second++) {
      for (const operation of operations) {
        for (let i = 0; i < VALUES_A_SECOND; i++) operation.record(values[at++ & MASK]);
      }
      const cpu = process.cpuUsage();
      const began = performance.now();
      clock.fire();
      const took = performance.now() - began;
      const { user, system } = process.cpuUsage(cpu);
      if (second < 0) continue;
      closing.push(took);
      // While another process has the core, it is not the library that holds the loop.
      longest = Math.max(longest, Math.min(took, (user + system) / 1000));
    }
    const sum = closing.reduce((total, each) => total + each, 0);
    const single = (value) => ({ value, low: value, high: value, repetitions: closing.length });
    return {
      closing: {
        value: quantile(closing, 0.5),
        low: quantile(closing, 0.1),
        high: quantile(closing, 0.99),
        repetitions: closing.length,
      },
      longest: single(longest),
      share: single(sum / (SECONDS * 1000)),
    };
  },
});
