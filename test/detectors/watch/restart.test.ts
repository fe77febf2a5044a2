import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { AuspexOptions, StateStore } from "../../../src/index.js";
import { fileStore } from "../../../src/state/file-store.js";
import { memoryStore } from "../../../src/state/memory-store.js";
import { HOUR, MINUTE, randomOf, service } from "./service.js";

const LOAD = { requests: 20 };

/** What a process of two hours leaves behind. */
async function learned(state: StateStore): Promise<void> {
  const { auspex, live } = await service({ state });
  auspex.saturation("pool", () => 0.4);
  live(2 * HOUR, LOAD);
  await auspex.shutdown();
}

async function kept(): Promise<Map<string, string>> {
  const store = memoryStore();
  await learned(store);
  return store.values;
}

async function restarted(values: Map<string, string>, options: AuspexOptions = {}) {
  const store = memoryStore();
  for (const [key, value] of values) store.values.set(key, value);
  const made = await service({ state: store, ...options }, 2);
  made.auspex.saturation("pool", () => 0.4);
  return { ...made, store };
}

describe("a restart with what was learned", () => {
  it("is quiet, and judges errors, latency and saturation from the first minutes on", async () => {
    const values = await kept();
    const quiet = await restarted(values);
    quiet.live(HOUR, LOAD);
    expect(quiet.told).toEqual([]);
    for (const [signal, load] of [
      ["errors", { errorRatio: 0.3 }],
      ["latency", { medianMs: 60 }],
    ] as const) {
      const { live, begun } = await restarted(values);
      live(6 * MINUTE, { ...LOAD, ...load });
      expect(begun()[0]).toMatchObject({ signal });
    }
    const full = await restarted(values);
    full.auspex.saturation("pool", () => 0.98);
    full.live(5 * MINUTE, LOAD);
    expect(full.begun()[0]).toMatchObject({ signal: "saturation" });
  });

  it("knows how full things usually get", async () => {
    const store = memoryStore();
    const daily = async (days: number) => {
      const { auspex, clock, live, told } = await service({ state: store });
      auspex.saturation("disk", () => (clock.wall() % (24 * HOUR) < 2 * HOUR ? 0.85 : 0.4));
      live(days * 24 * HOUR, { requests: 1 });
      await auspex.shutdown();
      return told.filter(({ state }) => state === "begun").length;
    };
    expect(await daily(2.5)).toBeLessThanOrEqual(1);
    const { series } = JSON.parse(store.values.get("detectors") as string).state;
    const { level } = series[" disk {} saturation"].watch;
    expect(Math.max(level[2], level[3])).toBeGreaterThan(0.8);
    const { auspex, live } = await service({ state: store });
    auspex.saturation("disk", () => 0.4);
    live(HOUR, { requests: 1 });
    await auspex.shutdown();
    const after = JSON.parse(store.values.get("detectors") as string).state.series;
    expect(Math.max(...after[" disk {} saturation"].watch.level.slice(2))).toBeGreaterThan(0.8);
  });

  it("at another level of traffic is no drop: how much there is, is seen anew", async () => {
    const { live, told } = await restarted(await kept());
    live(HOUR, { requests: 4 });
    expect(told).toEqual([]);
  });

  it("is found in files, each process after the other", async () => {
    const folder = await mkdtemp(join(tmpdir(), "auspex-"));
    try {
      const files = () => {
        const store = fileStore({ service: "test", directory: folder });
        let isLoaded = false;
        const load = async (key: string) => {
          const text = await store.load(key);
          isLoaded = true;
          return text;
        };
        const save = (key: string, value: string) => store.save(key, value);
        const close = () => store.close();
        return { state: { name: "file", load, save, close }, loaded: () => isLoaded };
      };
      const first = files();
      const before = await service({ state: first.state });
      while (!first.loaded()) await nextTurn();
      before.live(2 * HOUR, LOAD);
      await before.auspex.shutdown();
      expect(await readdir(folder, { recursive: true })).toEqual(
        expect.arrayContaining([expect.stringMatching(/detectors/)]),
      );
      const second = files();
      const { live, begun, auspex } = await service({ state: second.state });
      while (!second.loaded()) await nextTurn();
      await nextTurn();
      live(5 * MINUTE, { ...LOAD, errorRatio: 0.5 });
      expect(begun()[0]).toMatchObject({ signal: "errors" });
      await auspex.shutdown();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a restart without", () => {
  it("only learns at first, whatever is going on, and keeps nothing where that is not wanted", async () => {
    const { live, told } = await service({ state: false });
    live(4 * MINUTE, { ...LOAD, errorRatio: 0.4, medianMs: 500 });
    live(HOUR, LOAD);
    expect(told.filter(({ state, signal }) => state === "begun" && signal !== "errors")).toEqual(
      [],
    );
  });

  it("every ten minutes, for a day: no anomaly, and nothing written", async () => {
    const store = memoryStore();
    for (let restart = 0; restart < 20; restart++) {
      const { auspex, live, told } = await service({ state: store }, restart);
      live(10 * MINUTE, LOAD);
      await auspex.shutdown();
      expect(told).toEqual([]);
    }
    expect(store.values.size).toBe(0);
  });
});

describe("a store that is not as it should be", () => {
  it("hangs: what is watched is watched after five seconds, and nothing is overwritten", async () => {
    const saved: string[] = [];
    const state: StateStore = {
      name: "hanging",
      load: () => new Promise(() => {}),
      save: async (_key, value) => void saved.push(value),
    };
    const { auspex, clock, live, begun } = await service({ state });
    clock.advance(5000);
    await nextTurn();
    live(HOUR, LOAD);
    live(3 * MINUTE, { ...LOAD, errorRatio: 0.5 });
    expect(begun()[0]).toMatchObject({ signal: "errors" });
    const done = auspex.shutdown();
    for (let turn = 0; turn < 20; turn++) {
      await nextTurn();
      clock.advance(1000);
    }
    await done;
    expect(saved).toEqual([]);
  });

  it("is away at first: what was learned before is taken up when it is back", async () => {
    const values = await kept();
    const store = memoryStore();
    for (const [key, value] of values) store.values.set(key, value);
    let isAway = true;
    const state: StateStore = {
      ...store,
      load: (key) => (isAway ? Promise.reject(new Error("away")) : store.load(key)),
    };
    const { live, auspex } = await service({ state });
    for (let step = 0; step < 31; step++) live(MINUTE, { requests: 1 });
    await nextTurn();
    isAway = false;
    // Every ten minutes, from half an hour on.
    for (let step = 0; step < 20; step++) {
      live(MINUTE, { requests: 1 });
      await nextTurn();
    }
    await auspex.shutdown();
    const text = store.values.get("detectors") as string;
    expect(text).not.toBe(values.get("detectors"));
    const key = "auspex.operation.duration work {} errors";
    const [before, after] = [values.get("detectors") as string, text].map(
      (each) => JSON.parse(each).state.series[key].watch[1] as number,
    );
    // Thousands of requests are known of, not the few since the start.
    expect(after).toBeGreaterThan((before as number) / 3);
  });

  for (const [what, text] of [
    ["is empty", ""],
    ["is no JSON", "{"],
    ["is null", "null"],
    ["is a list", "[]"],
    ["is of another version", '{"version":99,"state":{"series":{}}}'],
    ["is of an earlier form", '{"version":1,"series":{}}'],
    ["has no series", '{"version":2,"savedMs":1,"state":null}'],
    [
      "has odd series",
      '{"version":2,"savedMs":1,"state":{"series":{"__proto__":[1],"x":null,"y":5}}}',
    ],
  ] as const) {
    it(`holds a state that ${what}: it is learned anew, and no harm is done`, async () => {
      const { auspex, live, told, begun } = await restarted(new Map([["detectors", text]]));
      live(HOUR, LOAD);
      expect(told).toEqual([]);
      live(3 * MINUTE, { ...LOAD, errorRatio: 0.5 });
      expect(begun()[0]).toMatchObject({ signal: "errors" });
      expect(auspex.snapshot().self.callbackErrors).toBe(0);
    });
  }

  it("holds a state that was tampered with: nothing throws, and figures are figures", async () => {
    const text = (await kept()).get("detectors") as string;
    const random = randomOf(11);
    const junk = ["-1", "1e308", "-1e308", "0", "null", '"x"', "[]", "{}", "1e-300", "true"];
    for (let round = 0; round < 25; round++) {
      const share = round < 10 ? 1 : 0.1;
      const other = junk[round % junk.length] as string;
      const cut = text.replace('"version":2,', "");
      const odd = cut.replaceAll(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/g, (number) =>
        random() < share ? other : number,
      );
      const values = new Map([["detectors", odd.replace("{", '{"version":2,')]]);
      const { auspex, live, told } = await restarted(values);
      live(20 * MINUTE, LOAD);
      live(5 * MINUTE, { ...LOAD, errorRatio: 0.5 });
      await auspex.shutdown();
      expect(auspex.snapshot().self.callbackErrors, other).toBe(0);
      for (const { score, observed, affected } of told) {
        for (const figure of [score, observed, affected]) {
          expect(Number.isFinite(figure), `${other}: ${figure}`).toBe(true);
        }
      }
    }
  });
});
