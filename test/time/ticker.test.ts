import { describe, expect, it } from "vitest";
import { SystemClock } from "../../src/time/clock.js";
import { Ticker } from "../../src/time/ticker.js";
import { ManualClock } from "../helpers/manual-clock.js";

describe("the ticker", () => {
  it("keeps every task on its own grid with a single timer", () => {
    const clock = new ManualClock();
    const ticker = new Ticker(clock, () => {});
    const seen: string[] = [];
    ticker.every(1000, () => seen.push("second"));
    ticker.every(2500, () => seen.push("slow"), 500);
    expect(clock.pending).toBe(1);
    clock.advance(5600);
    expect(seen).toEqual([
      "slow",
      "second",
      "second",
      "second",
      "slow",
      "second",
      "second",
      "slow",
    ]);
    expect(clock.pending).toBe(1);
    ticker.stop();
    expect(clock.pending).toBe(0);
  });

  it("skips what a blocked event loop missed, and stays on its grid", () => {
    const clock = new ManualClock();
    const ticker = new Ticker(clock, () => {});
    const at: number[] = [];
    const began = clock.now();
    ticker.every(1000, () => at.push(clock.now() - began));
    clock.advance(1000);
    clock.block(3300);
    clock.advance(2000);
    expect(at).toEqual([1000, 4300, 5000, 6000]);
  });

  it("runs the other tasks when one throws, and lets a task stop itself or another", () => {
    const clock = new ManualClock();
    const faults: unknown[] = [];
    const ticker = new Ticker(clock, (error) => faults.push(error));
    let ran = 0;
    ticker.every(100, () => {
      throw new Error("no");
    });
    const stop = ticker.every(100, () => {
      ran++;
      stop();
      stopLast();
    });
    const stopLast = ticker.every(100, () => ran++);
    clock.advance(500);
    expect(faults).toHaveLength(5);
    expect(ran).toBe(1);
  });

  it("never asks Node for a longer delay than it keeps", async () => {
    let fired = false;
    const cancel = new SystemClock().schedule(99_999_999_000, () => {
      fired = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancel();
    expect(fired).toBe(false);
  });
});
