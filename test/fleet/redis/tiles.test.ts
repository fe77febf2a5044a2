import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RollupState, reachedField } from "../../../src/exporters/redis/rollup-state.js";
import { DEFAULT_RETENTION } from "../../../src/exporters/redis/schema.js";
import { tilingOf } from "../../../src/fleet/redis/tiles.js";
import type { ServiceView } from "../../../src/fleet/redis/view.js";

const STEPS = [10_000, 60_000, 3_600_000] as const;
const DAY_MS = 86_400_000;
const now = 20_000 * DAY_MS + 12_345_678;

function view(reached: readonly (number | undefined)[]): ServiceView {
  const fields = reached.flatMap((ms, at) => {
    return ms === undefined ? [] : [[reachedField(STEPS, STEPS[at]), String(ms)] as const];
  });
  const state = new RollupState(new Map(fields));
  return { nowMs: now, state, retention: DEFAULT_RETENTION } as unknown as ServiceView;
}

const floor = (ms: number, step: number) => Math.floor(ms / step) * step;

describe("a range of time", () => {
  it("is made of pieces that lie side by side, each rolled up and kept, then of raw windows", () => {
    fc.assert(
      fc.property(
        fc.nat(20 * 360),
        fc.nat(20 * 360),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 5 }),
        (ago, length, behind, minutes, hours) => {
          const fine = floor(now - behind * 10_000, 10_000);
          const medium = floor(fine - minutes * 60_000, 60_000);
          const reached = [fine, medium, floor(medium - hours * 3_600_000, 3_600_000)];
          const from = floor(now - ago * 10_000, 10_000);
          const to = Math.min(from + length * 10_000, now + 60_000);
          const { tiles, raw, fromMs } = tilingOf(view(reached), "http", from, to);
          let at = fromMs;
          for (const { stepMs, startMs } of tiles) {
            expect(startMs).toBe(at);
            expect(startMs % stepMs).toBe(0);
            at += stepMs;
            expect(at).toBeLessThanOrEqual(reached[STEPS.indexOf(stepMs as 10_000)] as number);
          }
          if (raw !== undefined) {
            expect(raw[0]).toBe(at);
            expect(raw[0]).toBeGreaterThanOrEqual(now - DEFAULT_RETENTION.rawMs);
            at = raw[1];
          }
          // What is kept in the finest steps is not left out; of older time, what no step ends with is.
          if (from < to && from >= now - 6 * 3_600_000) expect([fromMs, at]).toEqual([from, to]);
        },
      ),
    );
  });

  it("takes the coarsest pieces there are", () => {
    const hour = floor(now, 3_600_000);
    const { tiles } = tilingOf(view([hour, hour, hour]), "http", hour - 7_330_000, hour);
    expect(tiles.map(({ stepMs }) => stepMs / 1000)).toEqual([10, 60, 60, 3600, 3600]);
  });

  it("is of raw windows alone where nothing was ever rolled up", () => {
    const from = floor(now - 300_000, 10_000);
    expect(tilingOf(view([]), "http", from, now)).toEqual({
      tiles: [],
      raw: [from, now],
      fromMs: from,
    });
    const old = tilingOf(view([]), "http", from - DAY_MS, now);
    expect(old.fromMs).toBe(now - DEFAULT_RETENTION.rawMs);
  });
});
