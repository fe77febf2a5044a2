import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

const UTILIZATION = "nodejs.eventloop.utilization";

/** A probe, and one second of a loop that is busy that share of it, with those ticks. */
function watched() {
  const world = new FakeWorld();
  world.loop = { idle: 500, active: 500 };
  const { sample, of, probe: watchedProbe } = probe("event-loop", world);
  return {
    world,
    probe: watchedProbe,
    of,
    delay: (name: string) => of(`nodejs.eventloop.delay.${name}`).value,
    second(busy: number, ticks: readonly number[] = steady(world.delay.resolutionMs)) {
      world.loop.active += busy * 1000;
      world.loop.idle += (1 - busy) * 1000;
      world.delay.ticks = [...ticks];
      sample(1000);
    },
  };
}

/** What an undisturbed second holds: the tick across the last sample is lost. */
const steady = (stepMs: number) => new Array<number>(1000 / stepMs - 1).fill(stepMs);

describe("the event-loop probe", () => {
  it("tells the share of the last interval in which the loop was busy", () => {
    const loop = watched();
    loop.second(0.25);
    expect(loop.of(UTILIZATION)).toMatchObject({ value: 0.25, saturation: 0.25 });
    loop.second(1);
    expect(loop.of(UTILIZATION)).toMatchObject({ value: 1, saturation: 1 });
  });

  it("adds up the time in each state", () => {
    const loop = watched();
    loop.second(0.25);
    expect(loop.of("nodejs.eventloop.time", "active").value).toBe(0.75);
    expect(loop.of("nodejs.eventloop.time", "idle").value).toBe(1.25);
  });

  it("has nothing to say before the loop runs", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("event-loop", world);
    sample(1000);
    expect(of(UTILIZATION).value).toBeNaN();
    expect(of(UTILIZATION).saturation).toBeUndefined();
    expect(of("nodejs.eventloop.delay.p50").value).toBeNaN();
    expect(of("nodejs.eventloop.delay.mean").value).toBeNaN();
  });

  it("tells delays beyond the resolution, in seconds, of the last interval only", () => {
    const loop = watched();
    loop.second(0.5, [...new Array<number>(38).fill(20), 30, 40, 50, 60]);
    expect(loop.delay("p50")).toBe(0);
    expect(loop.delay("p90")).toBe(0);
    expect(loop.delay("p99")).toBeCloseTo(0.04);
    expect(loop.delay("max")).toBeCloseTo(0.04);
    expect(loop.delay("mean")).toBeCloseTo(0.1 / 42);
    expect(loop.delay("min")).toBe(0);
    expect(loop.delay("stddev")).toBeCloseTo(0.00844, 5);
    expect(loop.of("nodejs.eventloop.delay.max").saturation).toBeUndefined();
    loop.second(0.5);
    expect(loop.delay("max")).toBe(0);
  });

  it("finds a block that Node's histogram lost to the reset", () => {
    const loop = watched();
    loop.second(0.5, new Array<number>(30).fill(20));
    // 1 s less 0.6 s of ticks and two open steps.
    expect(loop.delay("max")).toBeCloseTo(0.36);
    expect(loop.delay("p99")).toBeCloseTo(0.36);
    expect(loop.delay("p50")).toBe(0);
    expect(loop.delay("mean")).toBeCloseTo(0.36 / 31);
    expect(loop.delay("min")).toBe(0);
    // Of thirty delays of 0 and one of 0.36 s.
    expect(loop.delay("stddev")).toBeCloseTo(0.36 * Math.sqrt(1 / 31 - 1 / 31 ** 2));
  });

  it("tells of a block that let no tick pass", () => {
    const loop = watched();
    loop.second(1, []);
    expect(loop.delay("p50")).toBeCloseTo(0.96);
    expect(loop.delay("max")).toBeCloseTo(0.96);
    expect(loop.delay("mean")).toBeCloseTo(0.96);
    expect(loop.delay("min")).toBeCloseTo(0.96);
    expect(loop.delay("stddev")).toBeCloseTo(0);
  });

  it("ticks seldom while the loop is idle and often once it is busy", () => {
    const loop = watched();
    const stepAfter = (seconds: number, busy: number) => {
      for (let second = 0; second < seconds; second++) loop.second(busy);
      return loop.world.delay.resolutionMs;
    };
    expect(stepAfter(4, 0.01)).toBe(20);
    expect(stepAfter(1, 0.01)).toBe(500);
    expect(stepAfter(1, 0.2)).toBe(100);
    expect(stepAfter(1, 0.9)).toBe(20);
    expect(stepAfter(5, 0.2)).toBe(100);
    expect(stepAfter(5, 0)).toBe(500);
    expect(loop.delay("max")).toBe(0);
    expect(loop.world.delays).toHaveLength(3);
    expect(loop.world.delays.filter(({ enabled }) => enabled)).toHaveLength(1);
  });

  it("ticks often after a block, however idle the loop", () => {
    const loop = watched();
    for (let second = 0; second < 5; second++) loop.second(0);
    loop.second(0.06, [560]);
    expect(loop.delay("max")).toBeCloseTo(0.06);
    expect(loop.world.delay.resolutionMs).toBe(20);
  });

  it("releases the native timer once it is stopped", () => {
    const loop = watched();
    loop.probe.stop();
    loop.probe.stop();
    loop.probe.sample(1000);
    expect(loop.world.delay).toBeUndefined();
  });
});
