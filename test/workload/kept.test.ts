import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agent } from "../../src/integrations/agents/index.js";
import { memoryStore } from "../../src/state/memory-store.js";
import { series, workload } from "../../src/workload/index.js";
import { LastHour } from "../../src/workload/last-hour.js";
import { Points } from "../../src/workload/series/points.js";
import { restoredSeries } from "../../src/workload/series/saved-series.js";
import { TaskBook } from "../../src/workload/task-book.js";
import { manualMonitor } from "../helpers/monitor.js";

const DAY_MS = 86_400_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A process that lives and ends; the next one starts `laterMs` after that. */
function process(store = memoryStore(), laterMs = 0) {
  const { auspex, clock } = manualMonitor({ state: store });
  clock.block(laterMs);
  // The first that is asked for makes the book, which reads the store.
  series(auspex, "first:of:all");
  return { auspex, clock, store, end: () => auspex.shutdown({ timeoutMs: 1000 }) };
}

describe("series over restarts", () => {
  it("go on where they stopped, however short the process lived", async () => {
    const first = process();
    const before = series(first.auspex, "training:p:loss");
    for (let step = 0; step < 1000; step++) before.append(step, 1 / (step + 1));
    await first.end();
    const second = process(first.store);
    await turn();
    const after = series(second.auspex, "training:p:loss");
    expect(after.points()).toEqual(before.points());
    expect(after.goal).toBe("down");
    after.append(1000, 5);
    expect(after.points({ last: 2 })).toMatchObject([{ step: 999 }, { step: 1000, value: 5 }]);
  });

  it("are kept by category: a training for a week, others for a day", async () => {
    const first = process();
    series(first.auspex, "training:p:loss").append(1, 1);
    series(first.auspex, "eval:p:score").append(1, 1);
    series(first.auspex, "eval:q:score", { retentionMs: 3 * DAY_MS }).append(1, 1);
    await first.end();
    const known = async (laterMs: number) => {
      const later = process(first.store, laterMs);
      await turn();
      const names = ["training:p:loss", "eval:p:score", "eval:q:score"];
      return names.filter((name) => series(later.auspex, name).last !== undefined);
    };
    expect(await known(DAY_MS / 2)).toEqual(["training:p:loss", "eval:p:score", "eval:q:score"]);
    expect(await known(2 * DAY_MS)).toEqual(["training:p:loss", "eval:q:score"]);
    expect(await known(8 * DAY_MS)).toEqual([]);
  });

  it("take the options of whoever asks first", async () => {
    const first = process();
    series(first.auspex, "a:b:c", { goal: "down" }).append(1, 1);
    await first.end();
    const second = process(first.store);
    await turn();
    const asked = series(second.auspex, "a:b:c", { goal: "up" });
    expect(asked).toMatchObject({ goal: "up", last: { step: 1 } });
    expect(series(second.auspex, "a:b:c", { goal: "down" })).toBe(asked);
  });

  it("put what came while the store was read after what it knew", async () => {
    const first = process();
    const before = series(first.auspex, "training:p:loss");
    for (let step = 0; step < 10; step++) before.append(step, 1);
    await first.end();
    const second = process(first.store);
    const after = series(second.auspex, "training:p:loss");
    after.append(10, 2);
    await turn();
    after.append(11, 3);
    expect(after.points().map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(after.tally.appended).toBe(2);
  });

  it("keep what came before a checkpoint that is gone back to", () => {
    const loss = series(process().auspex, "training:p:loss");
    for (let step = 0; step <= 1000; step++) loss.append(step, 1);
    for (let step = 900; step <= 950; step++) loss.append(step, 2);
    const points = loss.points();
    expect(points.at(-1)).toMatchObject({ step: 950, value: 2 });
    expect(points[0]?.step).toBeLessThan(10);
    expect(points.filter(({ value }) => value === 1).every(({ step }) => step < 900)).toBe(true);
    expect(loss.tally).toMatchObject({ restarts: 1, backward: 9 });
  });

  it("lose nothing of any points", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3000 }), fc.double({ noNaN: true }), (count, off) => {
        const value = Number.isFinite(off) ? off : 1;
        const points = new Points();
        for (let i = 0; i < count; i++) points.add({ step: i, value: value * i, timeMs: i });
        if (points.all().some((point) => !Number.isFinite(point.value))) return;
        const again = Points.restored(JSON.parse(JSON.stringify(points.save())));
        expect(again?.all()).toEqual(points.all());
        for (const each of [points, again]) each?.add({ step: count, value: 1, timeMs: count });
        expect(again?.save()).toEqual(points.save());
      }),
      { numRuns: 30 },
    );
  });

  it("are begun anew where what was kept is damaged", async () => {
    fc.assert(
      fc.property(fc.jsonValue(), (state) => {
        for (const { points, retentionMs } of restoredSeries(state, 500) ?? []) {
          expect(Number.isFinite(retentionMs)).toBe(true);
          for (const { value } of points.all()) expect(Number.isFinite(value)).toBe(true);
        }
      }),
    );
    for (const exact of [
      "AAAA",
      "//////////////////////////////////////////8=",
      5,
      "A".repeat(1_000_000),
    ]) {
      expect(Points.restored({ exact, buckets: "", size: 1 })).toBeUndefined();
    }
    for (const state of ["{", "[]", '{"version":1,"state":{"a":1}}', '{"version":9}']) {
      const store = memoryStore();
      store.values.set("series", state);
      store.values.set("workload", state);
      const { auspex } = process(store);
      const work = workload(auspex);
      const loss = series(auspex, "training:p:loss");
      await turn();
      loss.append(1, 1);
      expect(loss.points()).toHaveLength(1);
      expect(work.tasks().types).toEqual([]);
    }
  });
});

describe("the books of a workload over restarts", () => {
  const live = async (from: ReturnType<typeof process>) => {
    const work = workload(from.auspex, { limits: { review: 50 } });
    await turn();
    const tell = (ms: number, name = "ada") => {
      const worker = agent(from.auspex, name);
      worker.task("review", () => {
        worker.workflow("publish", () => worker.step("check", () => from.clock.advance(ms)));
      });
    };
    return { work, tell };
  };

  it("go on: tasks, compliance, completions, rankings and steps", async () => {
    const first = process();
    const { work, tell } = await live(first);
    for (let i = 0; i < 30; i++) tell(i % 10 === 0 ? 60 : 40, i % 2 === 0 ? "ada" : "bob");
    const [tasks, rankings, steps] = [work.tasks(), work.rankings(), work.steps()];
    await first.end();
    const second = process(first.store, 2000);
    const again = await live(second);
    const kept = again.work.tasks();
    expect(kept).toMatchObject({ ...tasks, throughputPerHour: 30, sla: { limited: 30, late: 3 } });
    expect(again.work.rankings()).toEqual(rankings);
    expect(again.work.steps()).toEqual(steps);
    expect(again.work.agents()).toMatchObject({ activeCount: 0 });
    again.tell(40);
    expect(again.work.tasks()).toMatchObject({ throughputPerHour: 31, types: [{ done: 31 }] });
    second.clock.advance(3_700_000);
    expect(again.work.tasks()).toMatchObject({ throughputPerHour: 0, sla: { limited: 0 } });
  });

  it("let go of tasks after a day, and of agents and steps after a week", async () => {
    const first = process();
    const { tell } = await live(first);
    tell(40);
    await first.end();
    const counts = async (laterMs: number) => {
      const { work } = await live(process(first.store, laterMs));
      const { types, completions } = work.tasks();
      const lists = [types, completions, work.rankings(), work.steps()];
      return lists.map(({ length }) => length);
    };
    expect(await counts(DAY_MS / 2)).toEqual([1, 1, 1, 1]);
    expect(await counts(2 * DAY_MS)).toEqual([0, 0, 1, 1]);
    expect(await counts(8 * DAY_MS)).toEqual([0, 0, 0, 0]);
  });

  it("let go of them while the process lives, too", async () => {
    const long = process();
    const { work, tell } = await live(long);
    tell(40);
    expect(work.tasks().types).toHaveLength(1);
    for (let day = 0; day < 8; day++) {
      long.clock.block(DAY_MS);
      for (let i = 0; i < 3; i++) {
        long.clock.advance(5000);
        await turn();
      }
      expect(work.tasks().types).toHaveLength(0);
      expect(work.tasks().completions).toHaveLength(0);
      expect(work.steps()).toHaveLength(day < 6 ? 1 : 0);
    }
  });

  it("count an hour exactly as if there had been no restart", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3_000_000), { maxLength: 40 }),
        fc.nat(600_000),
        fc.nat(4_000_000),
        (times, pauseMs, laterMs) => {
          const hour = new LastHour();
          const sorted = [...times].sort((a, b) => a - b);
          for (const time of sorted) hour.add(time);
          const savedAt = sorted.at(-1) ?? 0;
          const again = new LastHour();
          const saved = JSON.parse(JSON.stringify(hour.save(savedAt)));
          again.restore(saved, 5, pauseMs);
          // To 10 s each for the slot, the pause and the new clock.
          const now = savedAt + pauseMs + laterMs;
          const within = (ms: number) => sorted.filter((time) => now - time <= ms).length;
          const total = again.total(5 + laterMs);
          expect(total).toBeGreaterThanOrEqual(within(3_600_000 - 30_000));
          expect(total).toBeLessThanOrEqual(within(3_600_000 + 30_000));
        },
      ),
    );
  });

  it("take nothing of what is damaged", () => {
    const at = { nowMs: 0, wallMs: 0 };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (saved, hour) => {
        const book = new TaskBook(new Map());
        book.restore({ ...saved, hour: { done: hour }, types: hour, completions: hour }, 0, at);
        const { throughputPerHour, sla, types } = book.read(at);
        expect(throughputPerHour).toBeGreaterThanOrEqual(0);
        expect(sla.ratio).toBe(1);
        for (const { done } of types) expect(done).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
