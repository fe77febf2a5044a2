import { describe, expect, it } from "vitest";
import {
  allOf,
  anyOf,
  type Detector,
  distributionShift,
  filtered,
  quorum,
  randomCutForest,
  sustained,
  threshold,
  trafficRate,
  zScore,
} from "../../../src/detectors/index.js";
import type { StateStore } from "../../../src/index.js";
import { memoryStore } from "../../../src/state/memory-store.js";
import { HOUR, MINUTE, STEP_MS, service } from "./service.js";

const SIGNALS = { latency: false, traffic: false, errors: false, saturation: false };

/** Only the detectors given, on every figure they name. */
const only = (...further: object[]) => ({ detectors: { signals: SIGNALS, further } }) as object;

describe("composites in a monitor", () => {
  it("see every figure of the operation as an input", async () => {
    const seen: unknown[] = [];
    const spy = (): Detector => ({
      name: "spy",
      observe: (_value, _timeMs, context) => {
        seen.push(context?.inputs);
        return { score: 0, anomalous: false, warmingUp: false };
      },
      save: () => null,
      restore() {},
    });
    const { live } = await service(
      only({ name: "spy", detector: spy, figure: "p99", window: "10s" }),
    );
    live(STEP_MS, { requests: 50, errorRatio: 0.5 });
    expect(Object.keys(seen[0] as object)).toEqual([
      "p50",
      "p95",
      "p99",
      "mean",
      "traffic",
      "errorRatio",
      "inFlight",
    ]);
    const { p50, p99, errorRatio, traffic } = seen[0] as Record<string, number>;
    expect(p50).toBeLessThan(p99 as number);
    expect(errorRatio).toBeGreaterThan(0.2);
    expect(traffic).toBeGreaterThan(2);
  });

  it("alarm where all of what they name is true, and say what is", async () => {
    const slowAndFailing = () =>
      allOf(threshold({ above: 100 }), { errorRatio: threshold({ above: 0.1 }) });
    const { live, begun } = await service(
      only({ name: "both", detector: slowAndFailing, figure: "p95", window: "10s" }),
    );
    live(2 * MINUTE, { medianMs: 200 });
    live(2 * MINUTE, { errorRatio: 0.5 });
    expect(begun()).toEqual([]);
    live(MINUTE, { medianMs: 200, errorRatio: 0.5 });
    expect(begun()).toMatchObject([{ detector: "both", signal: "latency", operation: "work" }]);
    expect(begun()[0]?.reason).toMatch(
      /^\d+(\.\d+)? is above the limit of 100; errorRatio: 0\.\d+ is above the limit of 0\.1$/,
    );
  });

  it("may be any of a quorum, or sustained, with inputs at every depth", async () => {
    const idle = { traffic: threshold({ below: 0.5 }) };
    const deep = () =>
      sustained(quorum(1, anyOf({ nothing: threshold({ above: 0 }) }), allOf(idle)), MINUTE);
    const { live, begun } = await service(
      only({ name: "deep", detector: deep, figure: "p50", window: "10s" }),
    );
    live(10 * MINUTE);
    expect(begun()).toEqual([]);
    live(3 * MINUTE, { requests: 1 });
    expect(begun()).toMatchObject([{ detector: "deep" }]);
    expect(begun()[0]?.reason).toMatch(/^traffic: .* is below the limit of 0\.5, for /);
  });

  it("are filtered by direction and by the least change", async () => {
    const wants = (options: object) => () => filtered(zScore({ threshold: 6 }), options);
    const { live, begun } = await service(
      only(
        { name: "up", detector: wants({ direction: "up" }), figure: "p50", window: "10s" },
        { name: "down", detector: wants({ direction: "down" }), figure: "p50", window: "10s" },
        { name: "much", detector: wants({ minimumChange: 9 }), figure: "p50", window: "10s" },
      ),
    );
    live(HOUR);
    live(MINUTE, { medianMs: 80 });
    expect(begun().map(({ detector }) => detector)).toEqual(["up"]);
  });

  it("judge counts and whole distributions, which are in the context", async () => {
    const { live, begun } = await service(
      only(
        { name: "shape", detector: () => distributionShift(), figure: "p50", window: "1m" },
        { name: "silence", detector: () => trafficRate(), figure: "traffic", window: "1m" },
      ),
    );
    live(4 * HOUR);
    expect(begun()).toEqual([]);
    live(10 * MINUTE, { slowShare: 0.2 });
    expect(begun().map(({ detector }) => detector)).toEqual(["shape"]);
    live(15 * MINUTE, { requests: 0 });
    expect(begun().map(({ detector }) => detector)).toContain("silence");
  });
});

describe("what a further detector tells", () => {
  it("has no expectation where the detector has none", async () => {
    const { live, begun } = await service(
      only({
        name: "limit",
        detector: () => threshold({ above: 5 }),
        figure: "p50",
        window: "10s",
      }),
    );
    live(MINUTE);
    const event = JSON.parse(JSON.stringify(begun()[0]));
    expect(event).toMatchObject({ detector: "limit", unit: "ms", upper: 5 });
    expect(event).not.toHaveProperty("expected");
  });

  it("ends when its operation is gone", async () => {
    const idle = () => threshold({ below: 0.5 });
    const { live, told } = await service({
      idleSeriesMs: 3_900_000,
      ...only({ name: "idle", detector: idle, figure: "traffic", window: "10s" }),
    });
    live(10 * MINUTE);
    live(3 * HOUR, { requests: 0 });
    expect(told.at(-1)).toMatchObject({ state: "ongoing" });
    live(4 * HOUR, { requests: 0 });
    expect(told.at(-1)).toMatchObject({ state: "ended", detector: "idle" });
  });
});

describe("a detector of the host's that goes wrong", () => {
  const one = (over: Partial<Record<keyof Detector, unknown>>) => (): Detector =>
    ({
      name: "odd",
      observe: () => ({ score: 0, anomalous: false, warmingUp: false }),
      save: () => null,
      restore() {},
      ...over,
    }) as Detector;
  const throwing = () => {
    throw new Error("broken");
  };
  const trap = new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing });

  for (const [what, detector] of [
    ["throws", one({ observe: throwing })],
    ["answers a promise that rejects", one({ observe: async () => throwing() })],
    ["answers a verdict that throws when it is read", one({ observe: () => trap })],
    ["answers no verdict", one({ observe: () => undefined })],
    ["answers scores that are none", one({ observe: () => ({ score: Number.NaN }) })],
    [
      "answers texts for numbers",
      one({ observe: () => ({ score: "1", expected: "x", reason: 5 }) }),
    ],
    ["is none at all", () => ({}) as Detector],
    ["is nothing", () => null as never],
    ["cannot be made", throwing as () => never],
    ["is made by a promise", (async () => zScore()) as never],
  ] as const) {
    it(`${what}: the default ones go on, nothing is told`, async () => {
      const { auspex, live, begun } = await service({
        detectors: {
          further: [{ name: "odd", detector, figure: "p50", window: "10s" }],
        },
      });
      live(HOUR);
      expect(begun()).toEqual([]);
      live(5 * MINUTE, { errorRatio: 0.3 });
      expect(begun()).toMatchObject([{ signal: "errors" }]);
      const isFault = what !== "answers no verdict";
      expect(auspex.snapshot().self.callbackErrors > 0).toBe(isFault);
    });
  }

  it("says a reason of a megabyte: it is cut", async () => {
    const observe = () => ({ score: 1, reason: "long ".repeat(200_000) });
    const { live, begun } = await service(
      only({ name: "odd", detector: one({ observe }), figure: "p50", window: "10s" }),
    );
    live(MINUTE);
    expect(begun()[0]?.reason.length).toBe(1000);
  });

  it("saves what is no JSON, or too much: what else was learned is kept", async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const save of [throwing, () => cyclic, () => 5n, () => trap, () => "x".repeat(1e6)]) {
      const store = memoryStore();
      const { auspex, live } = await service({
        state: store as StateStore,
        detectors: { further: [{ name: "odd", detector: one({ save }), figure: "p50" }] },
      });
      live(HOUR);
      await auspex.shutdown();
      const kept = store.values.get("detectors") ?? "";
      expect(kept.length).toBeLessThan(20_000);
      expect(Object.keys(JSON.parse(kept).state.series)).toContain(
        "auspex.operation.duration work {} errors",
      );
    }
  });

  it("throws when it is restored: it goes on as new", async () => {
    const store = memoryStore();
    const further = (detector: () => Detector) =>
      ({
        state: store,
        detectors: { further: [{ name: "odd", detector, figure: "p50" }] },
      }) as const;
    const before = await service(further(one({ save: () => [1, 2, 3] })));
    before.live(HOUR);
    await before.auspex.shutdown();
    const after = await service(further(one({ restore: throwing })));
    after.live(MINUTE);
    expect(after.auspex.snapshot().self.callbackErrors).toBe(1);
    expect(after.told).toEqual([]);
  });
});

describe("what a further detector has learned", () => {
  it("is there after a restart", async () => {
    const store = memoryStore();
    const options = {
      state: store,
      ...only({ name: "z", detector: () => zScore(), figure: "p50", window: "10s" }),
    };
    const before = await service(options);
    before.live(HOUR);
    await before.auspex.shutdown();
    const after = await service(options);
    after.live(STEP_MS);
    after.live(MINUTE, { medianMs: 200 });
    expect(after.begun()).toMatchObject([{ detector: "z" }]);
  });

  it("is left behind where it is large, and the rest is not", async () => {
    const store = memoryStore();
    const { auspex, live } = await service({
      state: store,
      detectors: {
        further: [
          { name: "forest", detector: () => randomCutForest(), figure: "p50", window: "10s" },
          { name: "z", detector: () => zScore(), figure: "p50", window: "10s" },
        ],
      },
    });
    live(HOUR);
    await auspex.shutdown();
    const { series } = JSON.parse(store.values.get("detectors") as string).state;
    expect(series["auspex.operation.duration work {} further forest"].watch).toBeNull();
    expect(series["auspex.operation.duration work {} further z"].watch).toMatchObject({
      detector: "zScore",
    });
  });
});
