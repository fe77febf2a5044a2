import { describe, expect, it } from "vitest";
import { bar, count, duration, percent } from "../../src/cli/figures.js";
import { afterKey, firstView, keysIn, type View } from "../../src/cli/view.js";

const press = (...keys: string[]): View | undefined =>
  keys.reduce<View | undefined>((view, key) => view && afterKey(view, key, 10), firstView("1m"));

describe("keys", () => {
  it("choose what the table is sorted by, round and round", () => {
    expect(press("right")).toMatchObject({ sort: "p50" });
    expect(press("left")).toMatchObject({ sort: "name" });
    expect(press("left", "left")).toMatchObject({ sort: "in flight" });
    expect(press("r")).toMatchObject({ isAscending: true });
  });

  it("scroll within the operations that there are", () => {
    expect(press("up")).toMatchObject({ skipped: 0 });
    expect(press("down", "down", "up")).toMatchObject({ skipped: 1 });
    expect(press(...Array(40).fill("down"))).toMatchObject({ skipped: 9 });
    expect(press("down", "right")).toMatchObject({ skipped: 0 });
  });

  it("take the next window, and end; others do nothing", () => {
    expect(press("w")).toMatchObject({ window: "5m" });
    expect(press("w", "w", "w", "w", "w")).toMatchObject({ window: "1m" });
    expect(press("q")).toBeUndefined();
    expect(press("ctrl-c")).toBeUndefined();
    expect(press("x", "\u001b")).toEqual(firstView("1m"));
  });

  it("are told apart in what a terminal sends, several at a time", () => {
    expect(keysIn("\u001b[A\u001bOBq\u0003R\u001b[C\u001b[D")).toEqual([
      "up",
      "down",
      "q",
      "ctrl-c",
      "r",
      "right",
      "left",
    ]);
  });
});

describe("figures", () => {
  it("are short and have a unit", () => {
    expect([0, 0.001, 0.05, 1, 9.996, 12.34, 999.4, 999.6, 4560, 1e7, 2e15].map(count)).toEqual([
      "0",
      "<0.01",
      "0.05",
      "1",
      "10",
      "12.3",
      "999",
      "1k",
      "4.56k",
      "10M",
      "2000T",
    ]);
    expect([0, 0.0123, 0.85, 1.5, 42, 999.9, 1500, 99_400, 150_000].map(duration)).toEqual([
      "–",
      "12.3µs",
      "850µs",
      "1.5ms",
      "42ms",
      "1s",
      "1.5s",
      "99.4s",
      "2.5m",
    ]);
    expect([0, 0.00001, 0.5, 1].map(percent)).toEqual(["0%", "<0.01%", "50%", "100%"]);
    expect([-1, 0, 0.5, 2].map((level) => bar(level, 4))).toEqual(["░░░░", "░░░░", "██░░", "████"]);
  });
});
