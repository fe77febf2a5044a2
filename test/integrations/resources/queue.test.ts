import { describe, expect, it } from "vitest";
import { queue } from "../../../src/integrations/resources/index.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { callbackErrors, countOf, gaugeOf, saturationOf } from "./levels.js";

const DEPTH = "auspex.queue.depth";
const ESTIMATE = "auspex.queue.wait.estimated";

describe("a queue", () => {
  it("of callbacks shows depth, age, capacity and how full it is", () => {
    const { auspex, clock } = manualMonitor();
    const state = { depth: 5, active: 2, capacity: 20, oldestAgeMs: 1500 };
    queue(auspex, "jobs", state);
    expect(gaugeOf(auspex, DEPTH, { "auspex.queue.name": "jobs" })).toBe(5);
    expect(saturationOf(auspex, DEPTH)).toBe(0.25);
    expect(gaugeOf(auspex, "auspex.queue.active")).toBe(2);
    expect(gaugeOf(auspex, "auspex.queue.capacity")).toBe(20);
    expect(gaugeOf(auspex, "auspex.queue.oldest.age")).toBe(1.5);
    state.depth = 30;
    clock.advance(1000);
    expect(saturationOf(auspex, DEPTH)).toBe(1);
  });

  it("is known by its shape: arrays, Map, Set, fastq, async, p-queue, BullMQ", async () => {
    const bull = {
      getWaitingCount: async () => 9,
      getActiveCount: async () => 3,
      add() {},
    };
    const cases: readonly (readonly [object, number, number | undefined])[] = [
      [[1, 2, 3], 3, undefined],
      [new Map([[1, 1]]), 1, undefined],
      [new Set([1, 2]), 2, undefined],
      [{ length: 7, push() {}, shift() {} }, 7, undefined],
      [{ length: () => 4, running: () => 1, push() {}, idle: () => false }, 4, 1],
      [{ size: 6, pending: 2, concurrency: 2, add() {} }, 6, 2],
      [bull, 9, 3],
      [{ depth: () => 8, length: 1 }, 8, undefined],
    ];
    for (const [source, depth, active] of cases) {
      const { auspex, clock } = manualMonitor();
      queue(auspex, "q", source);
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1000);
      expect(gaugeOf(auspex, DEPTH)).toBe(depth);
      expect(gaugeOf(auspex, "auspex.queue.active")).toBe(active);
      expect(saturationOf(auspex, DEPTH)).toBeUndefined();
      expect(callbackErrors(auspex)).toBe(0);
    }
  });

  it("takes from its options what its source does not tell", () => {
    const { auspex } = manualMonitor();
    queue(auspex, "q", [1, 2, 3], { capacity: 4, oldestAgeMs: () => 250 });
    expect(saturationOf(auspex, DEPTH)).toBe(0.75);
    expect(gaugeOf(auspex, "auspex.queue.oldest.age")).toBe(0.25);
  });

  it("that cannot be read is as deep as what came in less what went out, never below 0", () => {
    const { auspex, clock } = manualMonitor();
    const handle = queue(auspex, "q");
    expect(gaugeOf(auspex, DEPTH)).toBe(0);
    handle.enqueued(5);
    handle.enqueued();
    handle.dequeued(2);
    clock.advance(1000);
    expect(gaugeOf(auspex, DEPTH)).toBe(4);
    handle.dequeued(100);
    handle.enqueued(1);
    clock.advance(1000);
    expect(gaugeOf(auspex, DEPTH)).toBe(1);
  });

  it("counts what comes and goes, and drops what is no number", () => {
    const { auspex, clock } = manualMonitor();
    const handle = queue(auspex, "q");
    handle.enqueued(3);
    for (const nonsense of [Number.NaN, -1, Number.POSITIVE_INFINITY, "5", null]) {
      handle.enqueued(nonsense as number);
      handle.dequeued(nonsense as number);
    }
    handle.waited(40);
    clock.advance(1000);
    expect(countOf(auspex, "auspex.queue.enqueued")).toBe(3);
    expect(countOf(auspex, "auspex.queue.dequeued")).toBe(0);
    expect(gaugeOf(auspex, DEPTH)).toBe(3);
    const { dropped } = auspex.snapshot("1m").self;
    expect(dropped).toEqual({ notANumber: 6, negative: 2, infinite: 2 });
    expect(auspex.snapshot("1m").histograms[0]).toMatchObject({
      name: "auspex.queue.wait.duration",
      unit: "s",
      count: 1,
    });
  });

  it("shows nothing of a depth that fails", () => {
    const { auspex, clock } = manualMonitor();
    const state = { depth: 3 };
    const handle = queue(auspex, "q", state);
    handle.enqueued(50);
    state.depth = Number.NaN;
    clock.advance(2000);
    expect(gaugeOf(auspex, DEPTH)).toBeUndefined();
  });
});

describe("the wait by Little's law", () => {
  it("is the mean depth by what goes out a second", () => {
    const { auspex, clock } = manualMonitor();
    const handle = queue(auspex, "q", { depth: 20 });
    for (let second = 0; second < 30; second++) {
      handle.enqueued(4);
      handle.dequeued(4);
      clock.advance(1000);
    }
    expect(gaugeOf(auspex, ESTIMATE)).toBeCloseTo(5, 6);
  });

  it("forgets what is more than a minute ago", () => {
    const { auspex, clock } = manualMonitor();
    const state = { depth: 1000 };
    const handle = queue(auspex, "q", state);
    const minute = (taken: number) => {
      for (let second = 0; second < 60; second++) {
        handle.dequeued(taken);
        clock.advance(1000);
      }
    };
    minute(1);
    expect(gaugeOf(auspex, ESTIMATE)).toBeCloseTo(1000, 0);
    state.depth = 10;
    minute(5);
    expect(gaugeOf(auspex, ESTIMATE)).toBeCloseTo(2, 1);
  });

  it("has no figure while items wait and none goes out, and is 0 while none waits", () => {
    const { auspex, clock } = manualMonitor();
    const state = { depth: 0 };
    const handle = queue(auspex, "q", state);
    clock.advance(1000);
    expect(gaugeOf(auspex, ESTIMATE)).toBe(0);
    state.depth = 5;
    clock.advance(60_000);
    expect(gaugeOf(auspex, ESTIMATE)).toBeUndefined();
    handle.dequeued();
    clock.advance(1000);
    expect(gaugeOf(auspex, ESTIMATE)).toBeGreaterThan(100);
  });

  it("weighs a depth by how long it stood, when the timer was late", () => {
    const { auspex, clock } = manualMonitor();
    const state = { depth: 100 };
    const handle = queue(auspex, "q", state);
    clock.block(9000);
    handle.dequeued(10);
    clock.advance(1000); // ten seconds at a depth of 100
    state.depth = 0;
    clock.advance(10_000);
    expect(gaugeOf(auspex, ESTIMATE)).toBeCloseTo(100, -1);
  });
});
