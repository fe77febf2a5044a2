import { describe, expect, it } from "vitest";
import { Diag } from "../../src/diag/diag.js";
import { Keeper, type KeeperOptions } from "../../src/state/keeper.js";
import { memoryStore } from "../../src/state/memory-store.js";
import type { StateStore } from "../../src/state/services.js";
import { unhandledIn } from "../helpers/hostile.js";
import { ManualClock } from "../helpers/manual-clock.js";

const MINUTE_MS = 60_000;
const turns = async (count = 30) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function kept(store: StateStore | undefined, more: Partial<KeeperOptions> = {}) {
  const clock = new ManualClock();
  const warned: string[] = [];
  const restored: unknown[] = [];
  let state: unknown = { learned: 1 };
  const keeper = new Keeper({
    store,
    clock,
    diag: new Diag({ warn: (text) => void warned.push(text), debug: () => {} }),
    key: "things",
    version: 3,
    save: () => state,
    restore: (saved) => {
      restored.push(saved);
      return true;
    },
    intervalMs: 5 * MINUTE_MS,
    timeoutMs: 1000,
    ...more,
  });
  const learn = (next: unknown) => {
    state = next;
  };
  return { keeper, clock, warned, restored, learn };
}

/** As a watcher is: stepped each minute. */
async function live(clock: ManualClock, keeper: Keeper, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    clock.advance(MINUTE_MS);
    keeper.tick();
    await turns(5);
  }
}

describe("a keeper", () => {
  it("saves at its interval and at the end, and the next one restores that", async () => {
    const store = memoryStore();
    const { keeper, clock, learn } = kept(store);
    await keeper.load();
    await live(clock, keeper, 4);
    expect(keeper.tally.saved).toBe(0);
    await live(clock, keeper, 7);
    expect(keeper.tally.saved).toBe(2);
    learn({ learned: 2 });
    await keeper.stop(1000);
    const next = kept(store);
    await next.keeper.load();
    expect(next.restored).toEqual([{ learned: 2 }]);
    expect(next.keeper.tally).toEqual({ saved: 0, failed: 0, unloaded: 0, invalid: 0 });
  });

  it("writes nothing for a process that lives for less than a minute", async () => {
    const store = memoryStore();
    const { keeper, clock } = kept(store);
    await keeper.load();
    clock.advance(MINUTE_MS - 1);
    keeper.tick();
    await keeper.stop(1000);
    expect(store.values.size).toBe(0);
  });

  it("saves soon, and at any end, what has been said to have changed, many changes as one", async () => {
    const store = memoryStore();
    const { keeper, clock } = kept(store);
    await keeper.load();
    for (let i = 0; i < 10; i++) {
      keeper.changed();
      clock.advance(1000);
      keeper.tick();
      await turns(5);
    }
    expect(keeper.tally.saved).toBe(2);
    keeper.changed();
    await keeper.stop(1000);
    expect(keeper.tally.saved).toBe(3);
  });

  it("does nothing at all without a store", async () => {
    const { keeper, clock, warned } = kept(undefined);
    await keeper.load();
    keeper.changed();
    await live(clock, keeper, 10);
    await keeper.stop(1000);
    expect(keeper.tally).toEqual({ saved: 0, failed: 0, unloaded: 0, invalid: 0 });
    expect(warned).toEqual([]);
  });

  it("counts and tells once what a store refuses, and goes on", async () => {
    let isFull = true;
    const store: StateStore = {
      name: "full",
      load: async () => undefined,
      save: async () => {
        if (isFull) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      },
    };
    const { keeper, clock, warned } = kept(store);
    await keeper.load();
    await live(clock, keeper, 16);
    expect(keeper.tally).toMatchObject({ saved: 0, failed: 3 });
    expect(warned).toEqual(["auspex: state of things, save (full): Error [ENOSPC]: no space left"]);
    isFull = false;
    await live(clock, keeper, 5);
    expect(keeper.tally.saved).toBe(1);
  });

  it("does not overwrite what it could not load: it loads it when the store is back", async () => {
    const old = memoryStore();
    await kept(old).keeper.load();
    old.values.set("things", JSON.stringify({ version: 3, savedMs: 1, state: "weeks of it" }));
    let isAway = true;
    const store: StateStore = {
      name: "away",
      load: async (key) => {
        if (isAway) throw new Error("connection refused");
        return old.load(key);
      },
      save: old.save,
    };
    const { keeper, clock, restored } = kept(store);
    await keeper.load();
    await live(clock, keeper, 6);
    await keeper.stop(1000);
    expect(old.values.get("things")).toContain("weeks of it");
    expect(keeper.tally).toMatchObject({ saved: 0, unloaded: 2 });
    isAway = false;
    const later = kept(store);
    isAway = true;
    await later.keeper.load();
    isAway = false;
    await live(later.clock, later.keeper, 5);
    expect(later.restored).toEqual(["weeks of it"]);
    expect(later.keeper.tally).toMatchObject({ saved: 1, unloaded: 1 });
    expect(restored).toEqual([]);
  });

  it("begins anew when what was kept is damaged, of another version, or not understood", async () => {
    const whole = JSON.stringify({ version: 3, savedMs: 1, state: {} });
    for (const text of ["", "{", "null", "5", "[]", '{"version":2,"state":{}}', whole]) {
      const store = memoryStore();
      store.values.set("things", text);
      const { keeper, warned, clock } = kept(store, { restore: () => false });
      await keeper.load();
      expect(keeper.tally.invalid, text).toBe(text === "" ? 0 : 1);
      expect(warned.length).toBe(text === "" ? 0 : 1);
      await live(clock, keeper, 5);
      expect(keeper.tally.saved).toBe(1);
    }
  });

  it("waits for a store that hangs no longer than its timeout, and not with two calls", async () => {
    let calls = 0;
    const hang = () => {
      calls++;
      return new Promise<never>(() => {});
    };
    const { keeper, clock } = kept({ name: "hangs", load: hang, save: hang });
    const loading = keeper.load();
    await turns();
    clock.advance(1000);
    await loading;
    expect(keeper.tally.unloaded).toBe(1);
    await live(clock, keeper, 20);
    expect(calls).toBe(1);
    const stopping = keeper.stop(500);
    clock.advance(500);
    await stopping;
    expect(clock.pending).toBe(0);
  });

  it("lives with stores and states that throw at once, answer nonsense or hand in poison", async () => {
    const throwing = () => {
      throw new Error("at once");
    };
    const stores = [
      { name: "throws", load: throwing, save: throwing },
      { name: "nonsense", load: () => 5, save: () => "done" },
      { name: "nothing", load: undefined, save: null },
      { name: "rejects", load: () => Promise.reject(undefined), save: () => Promise.reject(null) },
    ] as unknown as StateStore[];
    const unhandled = await unhandledIn(async () => {
      for (const store of stores) {
        const circular: Record<string, unknown> = {};
        circular.self = { deep: { deeper: { deepest: circular } } };
        for (const save of [throwing, () => circular, () => 5n, () => undefined]) {
          const { keeper, clock } = kept(store, { save, restore: throwing });
          await keeper.load();
          keeper.changed();
          await live(clock, keeper, 6);
          const stopping = keeper.stop(500);
          await turns();
          clock.advance(500);
          await stopping;
        }
      }
    });
    expect(unhandled).toEqual([]);
  });
});
