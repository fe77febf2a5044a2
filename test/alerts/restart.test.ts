import type { AlertsOptions } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/state/memory-store.js";
import type { StateStore } from "../../src/state/services.js";
import { ManualClock } from "../helpers/manual-clock.js";
import {
  listener,
  type Stage,
  type StageOptions,
  settled,
  stage,
  Stage as Theatre,
} from "./stage.js";

const rules: AlertsOptions["rules"] = [
  { name: "slow", when: { signal: "latency", above: 500 }, forMs: 60_000 },
];
const SLOW = { name: "GET /a", ms: 900 };

/** The next life of a process. */
function next(before: Stage, given: StageOptions, options: Partial<AlertsOptions> = {}) {
  return stage({ rules, ...options }, { clock: before.clock, ...given });
}

describe("a restart", () => {
  it("goes on where it stopped: pending, firing, told, acknowledged, silenced", async () => {
    const store = memoryStore();
    const first = await stage({ rules }, { store });
    first.show(SLOW);
    await first.steps(4);
    await first.alerts.stop(1000);

    const second = await next(first, { store });
    second.show(SLOW);
    await second.steps(3);
    expect(second.alerts.active()).toMatchObject([{ state: "firing" }]);
    await second.steps(4);
    expect(second.notices).toHaveLength(1);
    second.alerts.acknowledge(String(second.alerts.active()[0]?.key), "ann");
    const untilMs = second.clock.wall() + 86_400_000;
    const id = second.alerts.silence({ matchers: { operation: "x" }, untilMs });
    await second.alerts.stop(1000);

    const third = await next(second, { store });
    third.show(SLOW);
    await third.steps(2);
    expect(third.alerts.active()).toMatchObject([
      { isTold: true, acknowledged: { by: "ann" }, sinceMs: second.alerts.active()[0]?.sinceMs },
    ]);
    expect(third.alerts.silences()).toMatchObject([{ id }]);
    expect(third.alerts.quality()).toMatchObject([{ rule: "slow", fired: 1, acknowledged: 1 }]);
    expect(third.alerts.incidents()).toHaveLength(1);
    await third.pass(15 * 3_600_000);
    expect(third.notices).toEqual([]);
    third.show({ ...SLOW, ms: 1 });
    await third.steps(5);
    expect(third.notices).toMatchObject([{ status: "resolved", key: second.notices[0]?.key }]);
  });

  it("sends what was decided and not sent, with the same key", async () => {
    const store = memoryStore();
    const held: string[] = [];
    const stuck = {
      name: "log",
      notify: ({ dedupKey }: { dedupKey: string }) => {
        held.push(dedupKey);
        return new Promise<void>(() => {});
      },
    };
    const first = await stage({ rules, notifiers: [stuck] }, { store });
    first.show(SLOW);
    await first.steps(12);
    // Killed: nothing is stopped.
    const second = await next(first, { store });
    second.show(SLOW);
    await second.steps(1);
    expect(second.notices.map(({ dedupKey }) => dedupKey)).toEqual([held[0]]);
    expect(first.notices).toEqual([]);
  });

  it("without a notifier that was there before drops what was meant for it", async () => {
    const store = memoryStore();
    const failing = {
      name: "gone",
      notify: () => {
        throw new Error("down");
      },
    };
    const first = await stage({ rules, notifiers: [failing] }, { store });
    first.show(SLOW);
    await first.steps(12);
    await first.alerts.stop(1000);
    const second = await next(first, { store });
    await second.steps(2);
    expect(second.counts.get("auspex.alerts.notices gone dropped no_notifier")).toBe(1);
    const kept = JSON.parse([...store.values.values()][0] as string);
    expect(kept.desk.outbox).toEqual([]);
  });

  it("without a store sends everything anew, and counts what it could not send", async () => {
    const failing = {
      name: "log",
      notify: () => {
        throw new Error("down");
      },
    };
    const on = await stage({ rules, notifiers: [failing] });
    on.show(SLOW);
    await on.steps(11);
    await on.alerts.stop(1000);
    expect(on.counts.get("auspex.alerts.notices log dropped shutdown")).toBe(1);
  });

  it("with another set of rules ends what no rule watches any more", async () => {
    const store = memoryStore();
    const first = await stage({ rules }, { store });
    first.show(SLOW);
    await first.steps(11);
    expect(first.notices).toHaveLength(1);
    await first.alerts.stop(1000);
    const other: AlertsOptions["rules"] = [{ name: "other", when: () => false }];
    const second = await next(first, { store }, { rules: other });
    await second.steps(5);
    expect(second.notices).toMatchObject([{ status: "resolved", key: first.notices[0]?.key }]);
  });

  it("begins anew with a state that is damaged, or of another version, and says so", async () => {
    const good = memoryStore();
    const first = await stage({ rules }, { store: good });
    first.show(SLOW);
    await first.steps(12);
    await first.alerts.stop(1000);
    const [[key, text]] = [...good.values] as [[string, string]];
    const damaged = [
      "{",
      "null",
      "5",
      "[]",
      '{"desk":{"v":99}}',
      text.slice(0, -20),
      text.replaceAll('"groups":[[', '"groups":[5,['),
      text.replace('"instances":[', '"instances":[5,{"rule":"slow"},'),
      text.replace('"cases":[', '"cases":[null,'),
      text.replace('"outbox":[', '"outbox":[{"notifier":5},'),
      text.replaceAll(/\d{6,}/g, "null"),
      text.replaceAll(/"[a-z]+":/g, '"__proto__":'),
    ];
    for (const value of damaged) {
      const store = memoryStore();
      store.values.set(key, value);
      const on = await next(first, { store });
      on.show(SLOW);
      await on.steps(14);
      expect(on.alerts.active().length, value.slice(0, 80)).toBe(1);
      await on.alerts.stop(1000);
    }
    expect(({} as { v?: unknown }).v).toBeUndefined();
  });

  it("does not wait for a store that hangs, nor stop for one that fails", async () => {
    const stores: StateStore[] = [
      { name: "hangs", load: () => new Promise(() => {}), save: () => new Promise(() => {}) },
      {
        name: "rejects",
        load: () => Promise.reject(new Error("secret://user:password@host")),
        save: () => Promise.reject(new Error("full")),
      },
      {
        name: "throws",
        load: () => {
          throw new Error("load");
        },
        save: () => {
          throw new Error("save");
        },
      },
      { name: "nonsense", load: async () => 5 as never, save: async () => {} },
    ];
    for (const store of stores) {
      const clock = new ManualClock();
      const on = new Theatre({ rules }, { store, clock });
      const starting = on.start();
      await Promise.resolve();
      clock.advance(5000);
      await starting;
      on.show(SLOW);
      await on.steps(14);
      // A save that hangs is given up after five seconds.
      expect(on.notices, store.name).toHaveLength(1);
    }
  });

  it("at its end tries to send what waits, within its time", async () => {
    const { notices, notifier } = listener("late");
    const on = await stage({ rules, notifiers: [notifier], groupWaitMs: 0 });
    on.show(SLOW);
    await on.steps(6);
    on.clock.advance(10_000);
    on.evaluate();
    await on.alerts.stop(1000);
    expect(notices).toHaveLength(1);
    await on.alerts.stop(1000);
    expect(on.alerts.step()).toBeUndefined();
    const stale = on.clock.pending;
    on.clock.advance(600_000);
    expect(on.clock.pending).toBeLessThanOrEqual(stale);
  });

  it("ends in time when the store hangs", async () => {
    const store = memoryStore();
    const on = await stage({ rules }, { store });
    on.show(SLOW);
    await on.steps(8);
    store.save = () => new Promise(() => {});
    on.alerts.marker({ kind: "deploy" });
    let hasEnded = false;
    const ending = on.alerts.stop(1000).then(() => {
      hasEnded = true;
    });
    await settled();
    expect(hasEnded).toBe(false);
    on.clock.advance(1000);
    await ending;
  });

  it("leaves no timer behind", async () => {
    const on = await stage({ rules });
    await on.steps(3);
    await on.alerts.stop(1000);
    expect(on.clock.pending).toBe(0);
  });
});
