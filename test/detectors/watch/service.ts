import { setImmediate as nextTurn } from "node:timers/promises";
import type { Anomaly, AuspexOptions } from "../../../src/index.js";
import { manualMonitor } from "../../helpers/monitor.js";

export const STEP_MS = 10_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Random numbers that are the same each time: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Load {
  /** Requests in ten seconds. */
  readonly requests?: number;
  readonly errorRatio?: number;
  readonly medianMs?: number;
  /** Share of requests ten times as slow. */
  readonly slowShare?: number;
}

/** A monitor whose operation "work" is lived through, ten seconds at a time. */
export async function service(options: AuspexOptions = {}, seed = 1) {
  const { auspex, clock } = manualMonitor({ intervalMs: STEP_MS, state: false, ...options });
  await nextTurn();
  const told: Anomaly[] = [];
  auspex.on("anomaly", (event) => void told.push(event));
  const random = randomOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const work = auspex.operation("work");
  const failure = new TypeError("injected");
  const live = (ms: number, load: Load | ((timeMs: number) => Load) = {}): void => {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      const now = typeof load === "function" ? load(clock.wall()) : load;
      const { requests = 50, errorRatio = 0.001, medianMs = 20, slowShare = 0 } = now;
      const count = Math.max(0, Math.round(requests + Math.sqrt(requests) * normal()));
      for (let i = 0; i < count; i++) {
        const times = random() < slowShare ? 10 : 1;
        const durationMs = medianMs * times * Math.exp(0.4 * normal());
        work.record(durationMs, random() < errorRatio ? failure : undefined);
      }
      clock.advance(STEP_MS);
    }
  };
  const begun = () => told.filter(({ state }) => state === "begun");
  return { auspex, clock, told, begun, live, work };
}
