import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WatchContext } from "../../src/readers/watcher.js";
import { manualMonitor } from "../helpers/monitor.js";

/** A monitor, and what it gives its watchers. */
function watched() {
  let context: WatchContext | undefined;
  const watcher = {
    name: "test",
    intervalMs: 1000,
    start(given: WatchContext) {
      context = given;
    },
    step() {},
    async stop() {},
  };
  const made = manualMonitor({ watchers: [watcher] });
  return { ...made, context: context as unknown as WatchContext };
}

describe("a latency limit", () => {
  it("counts exactly the successes above it, whatever the slots, over closings of intervals", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ min: 0, max: 500, noNaN: true }), fc.boolean())),
        fc.double({ min: 1, max: 400, noNaN: true }),
        (values, limitMs) => {
          const { auspex, clock, context } = watched();
          const limit = context.latencyLimit(limitMs, ({ name }) => name === "work");
          const other = context.latencyLimit(limitMs / 2, ({ name }) => name === "work");
          const work = auspex.operation("work");
          for (const [value, closes] of values) {
            work.record(value);
            auspex.operation("else").record(value);
            if (closes) clock.advance(1000);
          }
          expect(limit.over).toBe(values.filter(([value]) => value > limitMs).length);
          expect(other.over).toBe(values.filter(([value]) => value > limitMs / 2).length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("counts neither failures nor aborts, and what was clamped", () => {
    const { auspex, context } = watched();
    const limit = context.latencyLimit(100, () => true);
    const work = auspex.operation("work");
    work.record(200, new Error("failed"));
    const started = work.start();
    work.abort(started - 500);
    work.record(Number.NaN);
    expect(limit.over).toBe(0);
    work.record(99_999_999);
    expect(limit.over).toBe(1);
  });

  it("holds for operations that were there before it, and leaves the totals what they are", () => {
    const { auspex, context } = watched();
    const work = auspex.operation("work");
    work.record(300);
    const limit = context.latencyLimit(250, () => true);
    for (const value of [250, 250.0001, 251, 10, 400]) work.record(value);
    expect(limit.over).toBe(3);
    expect(auspex.snapshot("total").operations[0]?.latency.count).toBe(6);
  });

  it("is asked once for each operation, and may throw", () => {
    const { auspex, context } = watched();
    let asked = 0;
    context.latencyLimit(1, () => {
      asked++;
      throw new Error("matches");
    });
    const work = auspex.operation("work");
    for (let i = 0; i < 5; i++) work.record(10);
    expect(asked).toBe(1);
    expect(auspex.snapshot().self.callbackErrors).toBe(1);
  });
});
