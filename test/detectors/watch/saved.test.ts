import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { DetectionState } from "../../../src/detectors/watch/saved.js";
import type { Tracked } from "../../../src/detectors/watch/tracked.js";
import { Diag } from "../../../src/diag/diag.js";
import { memoryStore } from "../../../src/state/memory-store.js";
import { ManualClock } from "../../helpers/manual-clock.js";
import { DAY, HOUR, MINUTE } from "./service.js";

interface Series {
  readonly tracked: Tracked<never>;
  readonly restored: unknown[];
}

function seriesOf(state: () => unknown): Series {
  const restored: unknown[] = [];
  const restore = (given: unknown) => void restored.push(given);
  return { tracked: { save: state, restore } as unknown as Tracked<never>, restored };
}

async function kept(series: ReadonlyMap<string, Series>, store = memoryStore()) {
  const clock = new ManualClock();
  const warned: string[] = [];
  const diag = new Diag({ warn: (text) => void warned.push(text), debug: () => {} });
  const state = new DetectionState(() => [...series].map(([key, { tracked }]) => [key, tracked]));
  await state.load({ clock, diag, store });
  const saved = () => JSON.parse(store.values.get("detectors") as string).state.series;
  return { state, clock, store, warned, saved };
}

describe("what was learned", () => {
  it("is saved as far as there is room, the first ones first, and that it was not enough is said", async () => {
    const series = new Map(
      Array.from({ length: 60 }, (_, at) => [`s${at}`, seriesOf(() => "x".repeat(1e5))]),
    );
    const { state, clock, warned, saved } = await kept(series);
    clock.advance(HOUR);
    await state.stop(1000);
    expect(Object.keys(saved())).toEqual([...series.keys()].slice(0, 49));
    expect(warned.join()).toMatch(/more than 5000000 characters; the rest is not kept/);
  });

  it("of one that cannot be saved costs nothing else", async () => {
    const broken = seriesOf(() => {
      throw new Error("broken");
    });
    const { state, clock, saved } = await kept(
      new Map([
        ["broken", broken],
        ["whole", seriesOf(() => 1)],
      ]),
    );
    clock.advance(HOUR);
    await state.stop(1000);
    expect(saved()).toEqual({ whole: 1 });
  });

  it("of what is gone is kept for a week, and given back", async () => {
    const { state, clock, store, saved } = await kept(new Map());
    const night = seriesOf(() => "night job");
    state.take("night", night.tracked);
    clock.advance(6 * DAY);
    await state.stop(1000);
    expect(saved()).toEqual({ night: "night job" });
    const next = await kept(new Map(), store);
    const again = seriesOf(() => "as new");
    next.state.give("night", again.tracked);
    next.state.give("night", again.tracked);
    expect(again.restored).toEqual(["night job"]);
    const last = await kept(new Map(), store);
    last.clock.advance(8 * DAY);
    await last.state.stop(1000);
    expect(last.saved()).toEqual({});
  });

  it("waits for no more than 3,000 series, the last ones", async () => {
    const { state, clock, saved } = await kept(new Map());
    for (let at = 0; at < 3005; at++) state.take(`s${at}`, seriesOf(() => at).tracked);
    clock.advance(HOUR);
    await state.stop(1000);
    expect(Object.keys(saved())).toHaveLength(3000);
    expect(saved().s3004).toBe(3004);
    expect(saved().s4).toBeUndefined();
  });

  it("is saved every ten minutes, from half an hour on, and at once where it was restored", async () => {
    const series = new Map([["a", seriesOf(() => 1)]]);
    const young = await kept(series);
    const live = async ({ state, clock }: typeof young, minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        clock.advance(MINUTE);
        state.tick();
        for (let turn = 0; turn < 5; turn++) await nextTurn();
      }
    };
    await live(young, 29);
    expect(young.store.values.size).toBe(0);
    await live(young, 11);
    expect(young.store.values.size).toBe(1);
    const next = await kept(series, young.store);
    const before = young.store.values.get("detectors");
    await live(next, 11);
    expect(young.store.values.get("detectors")).not.toBe(before);
  });
});
