import { afterEach, describe, expect, it } from "vitest";
import { clusterFleet } from "../../src/fleet/cluster-fleet.js";
import type { LocalFleet } from "../../src/fleet/local-fleet.js";
import { threadFleet } from "../../src/fleet/thread-fleet.js";
import { HOSTILE, unhandledIn } from "../helpers/hostile.js";
import { manualMonitor, monitor } from "../helpers/monitor.js";
import { settled } from "./neighbours.js";

const fleets: LocalFleet[] = [];

afterEach(() => {
  for (const fleet of fleets.splice(0)) fleet.close();
});

const made = <F extends LocalFleet>(fleet: F): F => {
  fleets.push(fleet);
  return fleet;
};

describe.each([
  ["threadFleet", threadFleet],
  ["clusterFleet", clusterFleet],
] as const)("the options of %s", (kind, make) => {
  it("may be left out where there is a monitor", async () => {
    monitor({ service: "first" });
    const { service, processes } = await made(make()).snapshot();
    expect([service, processes.length]).toEqual(["first", 1]);
  });

  it("are refused all at once, each with its mend", () => {
    const fault = (options: unknown): string => {
      try {
        made(make(options as never));
      } catch (error) {
        return String(error);
      }
      return "";
    };
    expect(fault({ auspex: {}, timeoutMs: 0, keepMs: "x", more: 1 })).toBe(
      `RangeError: ${kind}: more is not an option; known are auspex, timeoutMs, keepMs; auspex is {}; give a monitor: createAuspex(); timeoutMs is 0; give a whole number from 10 to 60000; keepMs is "x"; give a whole number from 100 to 3600000`,
    );
    expect(fault({})).toContain("auspex is missing; give a monitor, or create one before");
    for (const [name, hostile] of Object.entries(HOSTILE)) {
      expect(fault({ auspex: hostile() }), name).toContain("auspex is");
      if (name !== "undefined") expect(fault(hostile()), name).toContain(kind);
    }
  });
});

describe("a fleet of one", () => {
  it("is its monitor, and the same page in the words of a fleet", async () => {
    const { auspex } = manualMonitor({ service: "shop" });
    auspex.operation("work").record(5);
    const fleet = made(threadFleet({ auspex }));
    const { partial, missing, processes, operations, ...snapshot } = await fleet.snapshot("total");
    expect([partial, missing]).toEqual([false, []]);
    expect(processes).toMatchObject([{ pid: process.pid, live: true, service: "shop" }]);
    expect(operations[0]?.traffic.count).toBe(1);
    expect(snapshot.window).toBe("total");
    expect(await fleet.text()).toContain('auspex_fleet_members{state="live"} 1');
  });

  it("answers any window with one it knows, and any options with its own", async () => {
    const { auspex } = manualMonitor();
    const fleet = made(clusterFleet({ auspex }));
    for (const hostile of Object.values(HOSTILE)) {
      const snapshot = await fleet.snapshot(hostile() as never, hostile() as never);
      expect(snapshot.window).toBe("1m");
    }
    for (const timeoutMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5"]) {
      expect((await fleet.snapshot("10s", { timeoutMs } as never)).window).toBe("10s");
    }
  });

  it("shares one answer among those who ask for the same meanwhile", async () => {
    const { auspex } = manualMonitor();
    const fleet = made(threadFleet({ auspex }));
    const [a, b, c] = [fleet.snapshot("1m"), fleet.snapshot("1m"), fleet.snapshot("5m")];
    expect(await a).toBe(await b);
    expect(await a).not.toBe(await c);
    expect(await fleet.snapshot("1m")).not.toBe(await a);
  });

  it("leaves no timer and no listener of the process behind when it is closed", async () => {
    const { auspex, clock } = manualMonitor();
    const before = clock.pending;
    const events = ["worker", "exit", "internalMessage"];
    const count = () => events.map((event) => process.listenerCount(event));
    const listeners = count();
    for (const make of [threadFleet, clusterFleet]) {
      const fleet = make({ auspex });
      await fleet.snapshot();
      expect(clock.pending).toBe(before + 1);
      fleet.close();
      await settled(2);
      expect(clock.pending).toBe(before);
    }
    expect(count()).toEqual(listeners);
  });

  it("has a page when its response is gone, and for odd requests", async () => {
    const { auspex } = manualMonitor();
    const fleet = made(threadFleet({ auspex }));
    const unhandled = await unhandledIn(async () => {
      for (const [name, hostile] of Object.entries(HOSTILE)) {
        expect(() => fleet.metrics(hostile(), hostile()), name).not.toThrow();
      }
      await settled(20);
    });
    expect(unhandled).toEqual([]);
  });
});
