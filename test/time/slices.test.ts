import { describe, expect, it } from "vitest";
import { inSlices, Slices } from "../../src/time/slices.js";
import { ManualClock } from "../helpers/manual-clock.js";

/** A generator of `count` steps of `ms` each. */
function* work(clock: ManualClock, count: number, ms: number): Generator<void, string> {
  for (let step = 0; step < count; step++) {
    clock.advance(ms);
    clock.cpuMs += ms;
    yield;
  }
  return "done";
}

/** The pauses `count` steps of `ms` each take. */
async function pausesOf(slices: Slices, clock: ManualClock, count: number, ms: number) {
  let pauses = 0;
  for (let step = 0; step < count; step++) {
    clock.advance(ms);
    clock.cpuMs += ms;
    const pause = slices.pause();
    if (pause === undefined) continue;
    pauses++;
    await pause;
  }
  return pauses;
}

describe("slices of work", () => {
  it("last 8 ms, and then the event loop has its turn", async () => {
    const clock = new ManualClock();
    const slices = new Slices(clock);
    expect(await pausesOf(slices, clock, 100, 2)).toBe(25);
    expect(slices.workedMs).toBe(200);
    const order: string[] = [];
    setImmediate(() => order.push("the loop"));
    await inSlices(work(clock, 4, 2), slices).then((result) => order.push(result));
    expect(order).toEqual(["the loop", "done"]);
  });

  it("go on without a pause while they are short", async () => {
    const clock = new ManualClock();
    expect(await pausesOf(new Slices(clock), clock, 7, 1)).toBe(0);
  });

  it("leave out of the time worked what others did in the pauses", async () => {
    const clock = new ManualClock();
    const slices = new Slices(clock, 4);
    let isOver = false;
    const others = (): void => {
      if (isOver) return;
      clock.advance(1000);
      clock.cpuMs += 1000;
      setImmediate(others);
    };
    setImmediate(others);
    await inSlices(work(clock, 50, 1), slices);
    isOver = true;
    expect(slices.workedMs).toBe(50);
  });

  it("book neither the time that other processes had the core, nor the CPU of other threads", () => {
    const clock = new ManualClock();
    const slices = new Slices(clock);
    clock.advance(100);
    clock.cpuMs += 3;
    slices.end();
    expect(slices.workedMs).toBe(3);
    clock.advance(2);
    clock.cpuMs += 8;
    slices.end();
    expect(slices.workedMs).toBe(5);
  });

  it("end with the signal's reason when it aborts in a pause, and with what the work throws", async () => {
    const clock = new ManualClock();
    const aborting = new AbortController();
    const run = inSlices(work(clock, 1000, 1), new Slices(clock), aborting.signal);
    aborting.abort(new Error("late"));
    await expect(run).rejects.toThrow("late");
    const broken = (function* (): Generator<void, never> {
      yield;
      throw new Error("broken");
    })();
    await expect(inSlices(broken, new Slices(clock))).rejects.toThrow("broken");
  });
});
