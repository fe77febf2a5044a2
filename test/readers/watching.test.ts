import { describe, expect, it } from "vitest";
import type { WatchContext, Watcher } from "../../src/readers/watcher.js";
import type { AuspexEvent, Insight } from "../../src/snapshot/events.js";
import { manualMonitor } from "../helpers/monitor.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));

function watcher(parts: Partial<Watcher> = {}): Watcher & { context: () => WatchContext } {
  let context: WatchContext | undefined;
  return {
    name: "test",
    intervalMs: 1000,
    start(given) {
      context = given;
    },
    step() {},
    async stop() {},
    ...parts,
    context: () => context as WatchContext,
  };
}

const insight = (reason: string): Insight => ({
  type: "insight",
  kind: "test",
  operation: "work",
  attributes: {},
  signal: "latency",
  severity: "info",
  timeMs: 1,
  reason,
  data: {},
});

describe("a watcher", () => {
  it("is given the monitor, stepped at its pace, and stopped with it", async () => {
    const steps: number[] = [];
    let stopped = 0;
    const own = watcher({
      intervalMs: 2000,
      step: () => void steps.push(own.context().clock.now()),
      stop: async () => void stopped++,
    });
    const { auspex, clock } = manualMonitor({ watchers: [own] });
    await settled();
    const began = clock.now();
    auspex.operation("work").record(5);
    clock.advance(6000);
    expect(steps.map((at) => at - began)).toEqual([2000, 4000, 6000]);
    expect(own.context().service).toBe("test");
    expect(own.context().snapshot("1m").operations[0]?.traffic.count).toBe(1);
    await auspex.shutdown();
    expect(stopped).toBe(1);
    clock.advance(6000);
    expect(steps).toHaveLength(3);
  });

  it("belongs to one monitor at a time", async () => {
    const own = watcher();
    const { auspex } = manualMonitor({ watchers: [own] });
    expect(() => manualMonitor({ watchers: [own] })).toThrow(
      /watchers\[0\] is at work in another monitor; make one for each/,
    );
    await auspex.shutdown();
    expect(() => manualMonitor({ watchers: [own] })).not.toThrow();
  });

  it("is not stepped before it has started", async () => {
    let steps = 0;
    let open = () => {};
    const { clock } = manualMonitor({
      watchers: [
        watcher({
          start: () =>
            new Promise<void>((resolve) => {
              open = resolve;
            }),
          step: () => void steps++,
        }),
      ],
    });
    clock.advance(3000);
    expect(steps).toBe(0);
    open();
    await settled();
    clock.advance(1000);
    expect(steps).toBe(1);
  });

  it("that works in slices is never run twice at a time", async () => {
    let begun = 0;
    let ended = 0;
    let isHeld = true;
    const { clock } = manualMonitor({
      watchers: [
        watcher({
          *step() {
            begun++;
            while (isHeld) {
              clock.block(10);
              yield;
            }
            ended++;
          },
        }),
      ],
    });
    await settled();
    clock.advance(5000);
    expect([begun, ended]).toEqual([1, 0]);
    isHeld = false;
    while (ended === 0) await settled();
    clock.advance(1000);
    expect(begun).toBe(2);
  });

  it("that throws, rejects or hangs is counted, and disturbs nobody", async () => {
    let steps = 0;
    const fault = () => {
      throw new Error("broken");
    };
    const told: string[] = [];
    const { auspex, clock } = manualMonitor({
      onError: (error) => told.push(error.message),
      watchers: [
        watcher({ name: "throws", step: fault, stop: async () => fault() }),
        watcher({ name: "rejects", start: async () => fault() }),
        watcher({
          name: "sliced",
          *step() {
            yield;
            fault();
          },
        }),
        watcher({ name: "hangs", stop: () => new Promise(() => {}) }),
        watcher({ name: "promises", step: (async () => fault()) as never }),
        watcher({ name: "good", step: () => void steps++ }),
      ],
    });
    await settled();
    clock.advance(2000);
    await settled();
    expect(steps).toBe(2);
    expect(auspex.snapshot().self.callbackErrors).toBeGreaterThanOrEqual(4);
    expect(told.join("\n")).toContain("rejects, start: Error: broken");
    const done = auspex.shutdown({ timeoutMs: 100 });
    await settled();
    clock.advance(100);
    expect((await done).ok).toBe(true);
  });

  it("shares one snapshot of a window with all who look at the same moment", async () => {
    const first = watcher();
    const second = watcher();
    const { clock } = manualMonitor({ watchers: [first, second] });
    await settled();
    const taken = first.context().snapshot("1m");
    expect(second.context().snapshot("1m")).toBe(taken);
    clock.advance(1000);
    expect(second.context().snapshot("1m")).not.toBe(taken);
  });
});

describe("an event", () => {
  it("reaches every listener of its type and every exporter that passes events on", async () => {
    const passed: AuspexEvent[] = [];
    const own = watcher();
    const { auspex } = manualMonitor({
      watchers: [own],
      exporters: [
        {
          name: "passes",
          export: async () => ({ status: "success" }),
          onEvent: (event) => void passed.push(event),
        },
        {
          name: "throws",
          export: async () => ({ status: "success" }),
          onEvent: () => {
            throw new Error("event");
          },
        },
      ],
    });
    await settled();
    const heard: string[] = [];
    auspex.on("insight", ({ reason }) => void heard.push(`first ${reason}`));
    auspex.on("insight", () => {
      throw new Error("listener");
    });
    auspex.on("insight", async () => {
      throw new Error("rejects");
    });
    const stop = auspex.on("insight", ({ reason }) => void heard.push(`second ${reason}`));
    auspex.on("anomaly", () => void heard.push("anomaly"));
    own.context().emit(insight("one"));
    stop();
    own.context().emit(insight("two"));
    await settled();
    expect(heard).toEqual(["first one", "second one", "first two"]);
    expect(passed.map(({ reason }) => reason)).toEqual(["one", "two"]);
    expect(auspex.snapshot().self.callbackErrors).toBe(4);
  });

  it("has no listener that is no function", () => {
    const { auspex } = manualMonitor();
    expect(auspex.on("anomaly", 5 as never)).toBeTypeOf("function");
    expect(auspex.snapshot().self.misuse).toBe(1);
  });
});

describe("an exporter's own pace", () => {
  it("holds unless the host asks for another", async () => {
    const exports: string[] = [];
    const paced = (name: string) => ({
      name,
      defaultIntervalMs: 2000,
      export: async () => {
        exports.push(name);
        return { status: "success" } as const;
      },
    });
    const { clock } = manualMonitor({ exporters: [paced("own")] });
    const asked = manualMonitor({ exporters: [paced("asked")], exportIntervalMs: 500 });
    for (let step = 0; step < 40; step++) {
      clock.advance(100);
      asked.clock.advance(100);
      await settled();
    }
    const count = (name: string) => exports.filter((each) => each === name).length;
    expect(count("own")).toBeGreaterThanOrEqual(1);
    expect(count("own")).toBeLessThanOrEqual(2);
    expect(count("asked")).toBeGreaterThanOrEqual(7);
  });
});

describe("an exporter that wants to know whose values are to come", () => {
  it("is told before watchers begin", async () => {
    const heard: string[] = [];
    const { auspex } = manualMonitor({
      exporters: [
        {
          name: "owned",
          export: async () => ({ status: "success" }),
          belongTo: ({ resource, incarnation }) => {
            heard.push(`${resource.attributes["service.name"]} ${incarnation.id.split("-")[0]}`);
          },
        },
      ],
      watchers: [watcher({ start: () => void heard.push("watcher") })],
    });
    expect(heard).toEqual([`test ${process.pid}`, "watcher"]);
    await auspex.shutdown();
  });
});
