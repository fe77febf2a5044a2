import { describe, expect, it } from "vitest";
import type { Detector, StateStore, Verdict } from "../../../src/index.js";
import { DAY, HOUR, MINUTE, randomOf, STEP_MS, service } from "./service.js";

describe("what is watched by default", () => {
  it("is quiet through a day like any other", async () => {
    const { live, told } = await service();
    live(DAY, (timeMs) => ({ requests: 30 + 25 * Math.sin((2 * Math.PI * timeMs) / DAY) }));
    expect(told).toEqual([]);
  });

  it("tells of failing requests within two minutes, and when that is over", async () => {
    const { live, told, begun } = await service();
    live(HOUR);
    const at = told.length;
    live(5 * MINUTE, { errorRatio: 0.2 });
    const [first] = begun();
    expect(at).toBe(0);
    expect(first).toMatchObject({
      type: "anomaly",
      operation: "work",
      signal: "errors",
      severity: "critical",
      detector: "error ratio",
      unit: "1",
    });
    expect((first?.timeMs ?? 0) - (first?.sinceMs ?? 0)).toBeLessThanOrEqual(2 * MINUTE);
    expect(first?.observed).toBeGreaterThan(0.1);
    expect(first?.reason).toMatch(/of the requests of the last minute fail, usually 0\.1/);
    live(20 * MINUTE);
    expect(told.at(-1)).toMatchObject({ state: "ended", id: first?.id });
    expect(begun()).toHaveLength(1);
    expect(told.at(-1)?.affected).toBeGreaterThan(100);
  });

  it("tells of the first errors of an operation that never had any as soon as of others", async () => {
    for (const beforeMs of [15 * MINUTE, HOUR, 6 * HOUR]) {
      const { live, begun, clock } = await service();
      live(beforeMs, { errorRatio: 0 });
      const at = clock.wall();
      live(5 * MINUTE, { errorRatio: 0.2 });
      expect(begun()[0]?.signal).toBe("errors");
      expect((begun()[0]?.timeMs ?? 0) - at).toBeLessThanOrEqual(100_000);
    }
  });

  it("tells of errors of an operation that had more of them before as soon as of others", async () => {
    const { live, begun, clock } = await service();
    live(6 * HOUR, { requests: 200, errorRatio: 0.02 });
    live(5 * HOUR, { requests: 200, errorRatio: 0.001 });
    const at = clock.wall();
    const before = begun().length;
    live(5 * MINUTE, { requests: 200, errorRatio: 0.1 });
    expect(begun()[before]?.signal).toBe("errors");
    expect((begun()[before]?.timeMs ?? 0) - at).toBeLessThanOrEqual(2 * MINUTE);
  });

  it("tells of slower work, and of a slow tail that the median does not show", async () => {
    const slower = await service();
    slower.live(HOUR);
    slower.live(5 * MINUTE, { medianMs: 45 });
    expect(slower.begun()[0]).toMatchObject({ signal: "latency", unit: "ms" });
    expect(slower.begun()[0]?.reason).toMatch(/times the usual/);
    const tail = await service();
    tail.live(HOUR);
    tail.live(5 * MINUTE, { slowShare: 0.1 });
    expect(tail.begun()[0]).toMatchObject({ signal: "latency", operation: "work" });
  });

  it("tells of requests that do not come", async () => {
    const { live, begun } = await service();
    live(HOUR);
    live(4 * MINUTE, { requests: 5 });
    expect(begun()[0]).toMatchObject({ signal: "traffic", severity: "critical", unit: "1/s" });
    expect(begun()[0]?.reason).toMatch(/of the usual (4\.|5)/);
  });

  it("tells of what runs full, and of what grows without end", async () => {
    const { auspex, live, begun } = await service();
    let pool = 0.4;
    let memory = 0.5;
    auspex.saturation("pool", () => pool);
    auspex.saturation("memory", () => memory);
    live(2 * HOUR);
    pool = 0.97;
    live(4 * MINUTE);
    expect(begun()[0]).toMatchObject({
      signal: "saturation",
      operation: "pool",
      severity: "critical",
    });
    pool = 0.4;
    live(HOUR);
    for (let step = 0; step < 6 * 60; step++) {
      memory += 0.001;
      live(MINUTE);
    }
    const leak = begun().find(({ operation }) => operation === "memory");
    expect(leak?.reason).toMatch(/has grown for 3 hours without a break/);
  });

  it("says what moved with it, and in which traces", async () => {
    const { auspex, clock, live, begun, work } = await service({
      exemplars: () => ({ traceId: "1".repeat(32), spanId: "2".repeat(16) }),
    });
    const other = auspex.operation("upstream");
    const both = (ms: number, medianMs: number) => {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        for (let i = 0; i < 40; i++) {
          const durationMs = medianMs * (0.8 + 0.4 * ((i * 7) % 11) * 0.1);
          other.record(durationMs);
          work.record(durationMs * 2);
        }
        clock.advance(STEP_MS);
      }
    };
    live(STEP_MS);
    both(HOUR, 10);
    both(5 * MINUTE, 40);
    const [first, second] = begun();
    const related = [...(first?.related ?? []), ...(second?.related ?? [])];
    expect(
      related.some(({ signal, correlation }) => signal === "latency" && correlation > 0.9),
    ).toBe(true);
    expect(first?.traceIds).toEqual(["1".repeat(32)]);
  });
});

describe("what must stay silent", () => {
  for (const [what, ms, load] of [
    ["half a minute of a violent pause", 30_000, { medianMs: 400 }],
    ["a deploy", MINUTE, { medianMs: 35, requests: 30 }],
    ["a burst of traffic", 15 * MINUTE, { requests: 200 }],
    ["being a tenth slower", HOUR, { medianMs: 22 }],
    ["a few more errors", HOUR, { errorRatio: 0.004 }],
    ["thirty seconds without requests", 30_000, { requests: 0 }],
  ] as const) {
    it(what, async () => {
      const { live, told } = await service();
      live(2 * HOUR);
      live(ms, load);
      live(HOUR);
      expect(told.map(({ reason }) => reason)).toEqual([]);
    });
  }

  it("one error in two requests at night", async () => {
    const { live, told } = await service();
    live(HOUR, { requests: 20 });
    live(6 * HOUR, (timeMs) => ({ requests: 0.02, errorRatio: timeMs % HOUR < 600_000 ? 0.5 : 0 }));
    expect(told.filter(({ signal }) => signal === "errors")).toEqual([]);
  });

  it("clumsy callers, a minute at a time, once they are known", async () => {
    const { live, begun } = await service();
    const random = randomOf(7);
    let isClumsy = false;
    const load = (timeMs: number) => {
      if (timeMs % MINUTE < STEP_MS) isClumsy = random() < 0.1;
      return { errorRatio: isClumsy ? 0.12 : 0.02 };
    };
    live(DAY / 2, load);
    const known = begun().length;
    live(1.5 * DAY, load);
    expect(begun().slice(known)).toEqual([]);
    live(10 * MINUTE, { errorRatio: 0.4 });
    expect(begun().slice(known)).toMatchObject([{ signal: "errors", severity: "critical" }]);
  });

  it("a batch that fills much of something in the first day, unless it nearly fills it", async () => {
    const { auspex, live, begun } = await service();
    let memory = 0.25;
    auspex.saturation("batch memory", () => memory);
    live(HOUR);
    memory = 0.84;
    live(10 * MINUTE);
    expect(begun()).toEqual([]);
    memory = 0.25;
    live(HOUR);
    memory = 0.95;
    live(3 * MINUTE);
    expect(begun()).toMatchObject([{ signal: "saturation", operation: "batch memory" }]);
  });

  it("a wall clock that is set an hour ahead, and back", async () => {
    const { live, told, clock } = await service();
    const load = (timeMs: number) => ({
      requests: 40 + 30 * Math.sin((2 * Math.PI * (timeMs - clock.epoch)) / DAY),
    });
    live(2 * DAY, load);
    clock.epoch += HOUR;
    live(DAY, load);
    clock.epoch -= 2 * HOUR;
    live(DAY, load);
    expect(told).toEqual([]);
  });

  it("what comes at its time every day, from the second day on", async () => {
    const { live, begun } = await service();
    const load = (timeMs: number) => {
      const isBackup = timeMs % DAY > 3 * HOUR && timeMs % DAY < 3 * HOUR + 20 * MINUTE;
      return isBackup ? { medianMs: 60, requests: 20 } : { requests: 20 };
    };
    live(4 * DAY, load);
    expect(begun().length).toBeLessThanOrEqual(1);
  });
});

describe("an anomaly that lasts", () => {
  it("is told of again now and then, and becomes the new normal in the end", async () => {
    const { live, told, begun } = await service();
    live(HOUR, { requests: 20 });
    live(5 * HOUR, { requests: 20, medianMs: 60 });
    expect(begun()).toHaveLength(1);
    const states = told.map(({ state }) => state);
    expect(states.filter((state) => state === "ongoing").length).toBeGreaterThan(10);
    expect(states.at(-1)).toBe("ended");
    expect(told.at(-1)?.reason).toMatch(/usual now/);
    live(5 * MINUTE, { requests: 20, medianMs: 180 });
    expect(begun()).toHaveLength(2);
  });
});

describe("the memory of detectors", () => {
  it("is kept over a restart, and a state that is none leaves them as new", async () => {
    const values = new Map<string, string>();
    const state: StateStore = {
      name: "memory",
      load: async (key) => values.get(key),
      save: async (key, value) => void values.set(key, value),
    };
    const before = await service({ state });
    before.live(2 * HOUR);
    await before.auspex.shutdown();
    expect([...values.keys()]).toEqual(["detectors"]);
    // A new process judges at once, by what was usual.
    const after = await service({ state });
    after.live(2 * MINUTE, { errorRatio: 0.3 });
    expect(after.begun()[0]?.signal).toBe("errors");
    values.set(
      "detectors",
      '{"version":1,"series":{"x":5,"auspex.operation.duration work {} errors":{"watch":["a"]}}}',
    );
    const odd = await service({ state });
    odd.live(MINUTE);
    expect(odd.told).toEqual([]);
  });

  it("of a job that is soon over is not kept", async () => {
    const values = new Map<string, string>();
    const state: StateStore = {
      name: "memory",
      load: async () => undefined,
      save: async (key, value) => void values.set(key, value),
    };
    const { auspex, live } = await service({ state });
    live(10 * MINUTE);
    await auspex.shutdown();
    expect(values.size).toBe(0);
  });
});

describe("what a host asks for", () => {
  it("can be less: signals, operations, nothing", async () => {
    const quiet = await service({ detectors: { signals: { errors: false } } });
    quiet.live(HOUR);
    quiet.live(5 * MINUTE, { errorRatio: 0.5 });
    expect(quiet.begun().filter(({ signal }) => signal === "errors")).toEqual([]);
    const others = await service({ detectors: { filter: ({ name }) => name !== "work" } });
    others.live(HOUR);
    others.live(5 * MINUTE, { errorRatio: 0.5 });
    expect(others.told).toEqual([]);
    const none = await service({ detectors: false });
    none.live(HOUR);
    none.live(5 * MINUTE, { errorRatio: 0.5 });
    expect(none.told).toEqual([]);
  });

  it("can be more: a detector of its own, whatever that does", async () => {
    const seen: number[] = [];
    const verdict = (score: number): Verdict => ({
      score,
      anomalous: score >= 0.5,
      warmingUp: false,
    });
    const own = (): Detector => ({
      name: "own",
      observe: (value) => {
        seen.push(value);
        return { ...verdict(seen.length > 5 ? 0.9 : 0), reason: "because" };
      },
      save: () => null,
      restore() {},
    });
    const broken = (): Detector => ({
      ...own(),
      observe: () => {
        throw new Error("broken");
      },
    });
    const { auspex, live, begun } = await service({
      detectors: {
        further: [
          { name: "mine", detector: own, figure: "p50", window: "10s", operation: "work" },
          { name: "broken", detector: broken, figure: "traffic", window: "10s" },
        ],
      },
    });
    live(2 * MINUTE);
    expect(begun()).toMatchObject([{ detector: "mine", signal: "latency", reason: "because" }]);
    expect(seen[0]).toBeGreaterThan(15);
    expect(auspex.snapshot().self.callbackErrors).toBe(12);
  });

  it("is bounded, and what is beyond is said", async () => {
    const told: string[] = [];
    const { auspex, live } = await service({
      detectors: { limit: 2 },
      onError: ({ message }) => void told.push(message),
    });
    for (let i = 0; i < 5; i++) auspex.operation(`op ${i}`).record(1);
    live(STEP_MS);
    expect(told.join()).toMatch(/detectors watch 2 operations and saturations, and no more/);
  });
});
