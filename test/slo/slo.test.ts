import { describe, expect, it } from "vitest";
import type { AlertEvent } from "../../src/index.js";
import { type SloOptions, SloOptionsError, slo } from "../../src/slo/index.js";
import type { FleetServices, StateStore } from "../../src/state/services.js";
import { manualMonitor } from "../helpers/monitor.js";

const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const MINUTE = 60_000;

function memoryStore(): StateStore & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    name: "memory",
    values,
    load: async (key) => values.get(key),
    save: async (key, value) => void values.set(key, value),
  };
}

async function watched(options: Partial<SloOptions> = {}, store: StateStore | false = false) {
  const own = slo({ name: "checkout", operation: "checkout", sli: "availability", ...options });
  const { auspex, clock } = manualMonitor({ slos: [own], state: store });
  await settled();
  return { own, auspex, clock, work: auspex.operation("checkout") };
}

describe("an SLO", () => {
  it("of availability counts failures against it, and aborted work not at all", async () => {
    const { own, auspex, clock, work } = await watched({ objective: 0.9 });
    for (let i = 0; i < 95; i++) work.record(5);
    for (let i = 0; i < 5; i++) work.record(5, new TypeError("broken"));
    work.abort(work.start());
    auspex.operation("else").record(5, new Error("not ours"));
    clock.advance(10_000);
    const { events, ratio, met, budget } = own.status();
    expect(events).toEqual({ good: 95, total: 100 });
    expect([ratio, met]).toEqual([0.95, true]);
    expect(budget.allowed).toBeCloseTo(10);
    expect(budget.remainingRatio).toBeCloseTo(0.5);
    expect(budget.allowedMinutes).toBeCloseTo(0.1 * 30 * 24 * 60);
  });

  it("of latency is exact where a slot of the histogram is not", async () => {
    const { own, clock, work } = await watched({ sli: { latencyMs: 200 }, objective: 0.99 });
    for (let i = 0; i < 50; i++) work.record(200);
    for (let i = 0; i < 30; i++) work.record(200.01);
    work.record(1, new Error("no success"));
    clock.advance(10_000);
    expect(own.status().events).toEqual({ good: 50, total: 80 });
  });

  it("of two counters, of freshness and of a function of one's own", async () => {
    let age = 0;
    const ratio = slo({
      name: "jobs",
      sli: {
        good: { counter: "jobs", attributes: { result: "done" } },
        total: { counter: "jobs" },
      },
    });
    const fresh = slo({ name: "fresh", sli: { freshnessMs: 1000, read: () => age } });
    const custom = slo({
      name: "custom",
      sli: { custom: ({ operations }) => ({ good: 1, total: operations.length + 1 }) },
    });
    const { auspex, clock } = manualMonitor({ slos: [ratio, fresh, custom], state: false });
    await settled();
    auspex.counter("jobs").add(9, { result: "done" });
    auspex.counter("jobs").add(1, { result: "failed" });
    auspex.operation("one").record(1);
    clock.advance(10_000);
    age = 5000;
    clock.advance(10_000);
    expect(ratio.status().events).toEqual({ good: 9, total: 10 });
    expect(fresh.status().events).toEqual({ good: 1, total: 2 });
    expect(custom.status().events).toEqual({ good: 0, total: 1 });
  });

  it("tells when its budget burns too fast, once, and when that is over", async () => {
    const { auspex, clock, work } = await watched({ objective: 0.999 });
    const heard: AlertEvent[] = [];
    auspex.on("alert", (event) => void heard.push(event));
    const minute = (bad: number) => {
      for (let i = 0; i < 100; i++) work.record(5, i < bad ? new Error("bad") : undefined);
      clock.advance(MINUTE);
    };
    for (let i = 0; i < 120; i++) minute(0);
    expect(heard).toEqual([]);
    for (let i = 0; i < 10; i++) minute(50);
    expect(heard[0]).toMatchObject({
      rule: "slo:checkout",
      key: "slo:checkout",
      state: "firing",
      severity: "critical",
      operation: "checkout",
    });
    expect(heard[0]?.reason).toMatch(/times as fast as allowed over 1h, and still does over 5m/);
    for (let i = 0; i < 8 * 60; i++) minute(0);
    const states = heard.map(({ state, severity }) => `${state} ${severity}`);
    expect(states[0]).toBe("firing critical");
    expect(states.filter((each) => each.startsWith("resolved"))).toHaveLength(1);
    expect(states.at(-1)).toMatch(/^resolved/);
  });

  it("shows itself in metrics", async () => {
    const { auspex, clock, work } = await watched({ objective: 0.9 });
    for (let i = 0; i < 20; i++) work.record(1, i < 1 ? new Error("bad") : undefined);
    clock.advance(10_000);
    const page = await auspex.text();
    expect(page).toMatch(/auspex_slo_events_total\{[^}]*slo_name="checkout"[^}]*\} 19/);
    expect(page).toMatch(
      /auspex_slo_error_budget_remaining_ratio\{slo_name="checkout"\} 0\.(5|4999)/,
    );
    expect(page).toMatch(/auspex_slo_burn_rate\{slo_name="checkout",slo_window="1h"\}/);
  });

  it("reports what spent the budget by day, and reviews its target", async () => {
    const { own, clock, work } = await watched({ objective: 0.999 });
    for (let i = 0; i < 980; i++) work.record(1);
    for (let i = 0; i < 15; i++) work.record(1, new TypeError("a"));
    for (let i = 0; i < 5; i++) work.record(1, new RangeError("b"));
    clock.advance(10_000);
    const report = own.report();
    expect(report.events).toEqual({ good: 980, total: 1000 });
    expect(report.met).toBe(false);
    expect(report.spending.map(({ what, share }) => [what, share])).toEqual([
      ["checkout: TypeError", 0.75],
      ["checkout: RangeError", 0.25],
    ]);
    expect(report.days).toHaveLength(1);
    const { suggested, targets, advice } = own.review();
    expect(suggested).toBe(0.95);
    expect(targets.find(({ objective }) => objective === 0.99)?.held).toBe(false);
    expect(advice).toContain("a looser target of 95 %");
  });

  it("keeps its history over a restart", async () => {
    const store = memoryStore();
    const first = await watched({ objective: 0.9 }, store);
    for (let i = 0; i < 100; i++) first.work.record(1, i < 4 ? new Error("bad") : undefined);
    first.clock.advance(10_000);
    await first.auspex.shutdown();
    const second = await watched({ objective: 0.9 }, store);
    for (let i = 0; i < 50; i++) second.work.record(1);
    second.clock.advance(20_000);
    expect(second.own.status().events).toEqual({ good: 146, total: 150 });
    expect(second.own.report().spending[0]).toMatchObject({ what: "checkout: Error", bad: 4 });
  });

  it("whose store is broken counts as ever", async () => {
    const broken: StateStore = {
      name: "broken",
      load: async () => "{not json",
      save: async () => {
        throw new Error("full");
      },
    };
    const { own, auspex, clock, work } = await watched({}, broken);
    work.record(1);
    clock.advance(10_000);
    expect(own.status().events.total).toBe(1);
    expect((await auspex.shutdown()).ok).toBe(true);
  });

  it("counts each event once when a series of it is let go", async () => {
    for (const sli of ["availability", { latencyMs: 200 }] as const) {
      const own = slo({ name: "all", sli });
      const { auspex, clock } = manualMonitor({ slos: [own], idleSeriesMs: 65 * MINUTE });
      await settled();
      const busy = auspex.operation("busy");
      let expected = 0;
      for (let i = 0; i < 30; i++) auspex.operation("rare").record(300);
      busy.record(1, new Error("bad"));
      if (sli === "availability") expected++;
      for (let step = 0; step < 30; step++) {
        for (let i = 0; i < 100; i++) busy.record(5);
        clock.advance(5 * MINUTE);
      }
      expected += 3030;
      expect(auspex.snapshot("total").operations.some(({ name }) => name === "rare")).toBe(false);
      const bad = sli === "availability" ? 1 : 30;
      expect(own.status().events).toEqual({ good: expected - bad, total: expected });
      expect(own.report().spending[0]?.bad).toBe(bad);
    }
  });

  it("whose store comes up late adds what was kept to what it counted meanwhile", async () => {
    const store = memoryStore();
    const first = await watched({ objective: 0.9 }, store);
    for (let i = 0; i < 100; i++) first.work.record(1, i < 4 ? new Error("bad") : undefined);
    first.clock.advance(10_000);
    await first.auspex.shutdown();
    let isUp = false;
    const late: StateStore = {
      ...store,
      load: async (key) => {
        if (!isUp) throw new Error("ECONNREFUSED");
        return store.load(key);
      },
    };
    const { own, auspex, clock, work } = await watched({ objective: 0.9 }, late);
    for (let i = 0; i < 50; i++) work.record(1, i < 1 ? new Error("bad") : undefined);
    clock.advance(20_000);
    expect(own.status().events.total).toBe(50);
    isUp = true;
    // In small steps: a load has five seconds, and answers within a turn of the loop.
    for (let step = 0; step < 30; step++) {
      clock.advance(10_000);
      await settled();
    }
    expect(own.status().events).toEqual({ good: 145, total: 150 });
    expect(own.report().events.total).toBe(150);
    expect(own.report().spending[0]).toMatchObject({ what: "checkout: Error", bad: 5 });
    await auspex.shutdown();
    const third = await watched({ objective: 0.9 }, store);
    third.clock.advance(20_000);
    expect(third.own.status().events.total).toBe(150);
  });

  it("whose store never answers counts as ever", async () => {
    const hanging: StateStore = {
      name: "hanging",
      load: () => new Promise(() => {}),
      save: () => new Promise(() => {}),
    };
    const { own, clock, work } = await watched({}, hanging);
    clock.advance(5000);
    await settled();
    work.record(1);
    clock.advance(20_000);
    expect(own.status().events.total).toBe(1);
  });

  it("goes on saving after its clock is set back", async () => {
    const store = memoryStore();
    const { clock, work } = await watched({}, store);
    clock.epoch -= 365 * 86_400_000;
    work.record(1);
    for (let i = 0; i < 31; i++) {
      clock.advance(10_000);
      await settled();
    }
    expect(store.values.size).toBe(1);
  });

  it("shares a fleet's store without two processes overwriting each other", async () => {
    const store = memoryStore();
    const held = new Map<string, string>();
    const servicesOf = (who: string): FleetServices => ({
      store,
      publish() {},
      async writeHash() {},
      lease: (name) => ({
        hold: async () => {
          if ((held.get(name) ?? who) !== who) return 0;
          held.set(name, who);
          return 1;
        },
        release: async () => void held.delete(name),
      }),
    });
    const process = async (who: string, good: number) => {
      const own = slo({ name: "checkout", operation: "checkout", sli: "availability" });
      const exporter = {
        name: "redis",
        services: servicesOf(who),
        export: async () => ({ status: "success" }) as const,
      };
      const made = manualMonitor({ slos: [own], exporters: [exporter], state: true });
      await settled();
      for (let i = 0; i < good; i++) made.auspex.operation("checkout").record(1);
      made.clock.advance(10_000);
      return { own, ...made };
    };
    const one = await process("one", 10);
    const two = await process("two", 20);
    await Promise.all([one.auspex.shutdown(), two.auspex.shutdown()]);
    expect(store.values.size).toBe(2);
    const again = [await process("three", 1), await process("four", 1)];
    const totals = again.map(({ own }) => own.status().events.total);
    expect(totals.sort((a, b) => a - b)).toEqual([11, 21]);
  });

  it("counts a whole fleet from snapshots of it, which may fail or be late", async () => {
    let answer: () => unknown = () => ({ operations: [], counters: [] });
    const good = { counter: "auspex.slo.events", attributes: { "slo.outcome": "good" } };
    const own = slo({
      name: "fleet",
      sli: { good, total: { counter: "auspex.slo.events" } },
      source: { snapshot: async () => answer() as never },
    });
    const { auspex, clock } = manualMonitor({ slos: [own], state: false });
    await settled();
    const counters = (well: number, badly: number) => ({
      operations: [],
      counters: [
        { name: "auspex.slo.events", attributes: { "slo.outcome": "good" }, count: well },
        { name: "auspex.slo.events", attributes: { "slo.outcome": "bad" }, count: badly },
      ],
    });
    answer = () => counters(90, 10);
    clock.advance(10_000);
    await settled();
    answer = () => {
      throw new Error("Redis is away");
    };
    clock.advance(10_000);
    await settled();
    answer = () => counters(190, 10);
    clock.advance(10_000);
    await settled();
    expect(own.status().events).toEqual({ good: 190, total: 200 });
    expect(auspex.snapshot("total").counters.some(({ name }) => name === "auspex.slo.events")).toBe(
      false,
    );
  });

  it("says how long the budget lasts", async () => {
    const { own, clock, work } = await watched({ objective: 0.9 });
    for (let i = 0; i < 1000; i++) work.record(1);
    clock.advance(2 * 60 * MINUTE);
    for (let i = 0; i < 100; i++) work.record(1, i < 20 ? new Error("bad") : undefined);
    clock.advance(MINUTE);
    const { exhaustedInMs, budget } = own.status();
    expect(budget.remaining).toBeCloseTo(90);
    expect(exhaustedInMs).toBeCloseTo((90 / 10) * 60 * MINUTE, -4);
  });

  it("has all faults of its options listed at once", () => {
    const faulty = {
      name: "",
      sli: { latency: 5 },
      objective: 99.9,
      windowDays: 0,
      calendar: "fortnight",
      burnRates: [{ factor: 0, longMs: 5, severity: "loud" }],
      minEvents: -1,
      source: {},
      operation: 5,
      extra: 1,
    };
    let faults: readonly string[] = [];
    try {
      slo(faulty as never);
    } catch (error) {
      faults = (error as SloOptionsError).faults;
      expect(error).toBeInstanceOf(SloOptionsError);
    }
    for (const named of [
      'name is ""',
      "sli is",
      "objective is 99.9; give a share",
      "windowDays is 0",
      'calendar is "fortnight"',
      "windowDays and calendar are both given",
      "burnRates[0].factor is 0",
      'burnRates[0].severity is "loud"',
      "minEvents is -1",
      "source is",
      "operation is 5",
      "extra is not an option",
    ]) {
      expect(
        faults.some((fault) => fault.includes(named)),
        named,
      ).toBe(true);
    }
  });
});
