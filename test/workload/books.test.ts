import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentBook } from "../../src/workload/agent-book.js";
import type { TaskDone } from "../../src/workload/facts.js";
import { LastHour } from "../../src/workload/last-hour.js";
import { loadOf } from "../../src/workload/load.js";
import { LruMap } from "../../src/workload/lru-map.js";
import { ranked } from "../../src/workload/ranking.js";
import { Recent } from "../../src/workload/recent.js";
import { StepBook } from "../../src/workload/step-book.js";
import { TaskBook } from "../../src/workload/task-book.js";

const at = (ms: number) => ({ nowMs: ms, wallMs: Date.UTC(2026, 0, 1) + ms });
const done = (task: Partial<TaskDone> = {}): TaskDone => ({
  agent: "a",
  type: "t",
  waitMs: 0,
  durationMs: 100,
  outcome: "ok",
  limitMs: undefined,
  ...task,
});

describe("the load of agents", () => {
  it("is what the documents compute, on any counts", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }), (counts) => {
        const load = loadOf(counts);
        const average = counts.reduce((a, b) => a + b, 0) / counts.length;
        if (average === 0) return load.variancePercent === 0;
        const deviation = Math.max(...counts.map((count) => Math.abs(count - average)));
        expect(load.variancePercent).toBeCloseTo((deviation / average) * 100, 9);
        expect(load.mean).toBeCloseTo(average, 9);
        expect(load.coefficientOfVariation * 100).toBeLessThanOrEqual(load.variancePercent + 1e-9);
        return true;
      }),
    );
  });

  it("is nothing of nobody, and even where nobody has anything", () => {
    expect(loadOf([])).toMatchObject({ agents: 0, mean: 0, variancePercent: 0 });
    expect(loadOf([0, 0])).toMatchObject({ agents: 2, variancePercent: 0 });
  });
});

describe("rankings", () => {
  const agent = (name: string, tasks: number, errors: number, speed = 1) => ({
    agent: name,
    tasks,
    errors,
    tookMs: (tasks - errors) * 100 * speed,
    usualMs: (tasks - errors) * 100,
  });

  it("put the faster of two that fail alike, and the more reliable of two as fast, first", () => {
    const names = (...agents: ReturnType<typeof agent>[]) => ranked(agents).map((r) => r.agent);
    expect(names(agent("slow", 50, 2, 1.5), agent("fast", 50, 2, 0.5))).toEqual(["fast", "slow"]);
    expect(names(agent("fails", 50, 20), agent("works", 50, 1))).toEqual(["works", "fails"]);
  });

  it("do not let one lucky task lead", () => {
    const [first] = ranked([agent("lucky", 1, 0, 0.9), agent("proven", 200, 0, 0.9)]);
    expect(first.agent).toBe("proven");
  });

  it("score from 0 to 100, in order, whatever was done", () => {
    const performance = fc
      .tuple(fc.nat(1e6), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1e9), fc.nat(1e9))
      .map(([tasks, share, tookMs, usualMs], i = 0) => {
        return { agent: `a${i}`, tasks, errors: Math.floor(tasks * share), tookMs, usualMs };
      });
    fc.assert(
      fc.property(fc.array(performance, { maxLength: 30 }), (agents) => {
        const scores = ranked(agents).map(({ score }) => score);
        expect(scores.every((score) => score >= 0 && score <= 100)).toBe(true);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      }),
    );
  });

  it("are given 50 for an agent that never fails and is as fast as usual", () => {
    expect(ranked([agent("a", 10, 0)])[0]).toMatchObject({ rank: 1, score: 50, errorRatio: 0 });
  });
});

describe("the tasks", () => {
  it("are in time or late as a list of them says", () => {
    const task = fc.record({
      waitMs: fc.nat(500),
      durationMs: fc.nat(1000),
      outcome: fc.constantFrom("ok" as const, "error" as const, "aborted" as const),
      limitMs: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
      type: fc.constantFrom("limited", "other"),
    });
    fc.assert(
      fc.property(fc.array(task, { maxLength: 150 }), (tasks) => {
        const book = new TaskBook(new Map([["limited", 300]]));
        for (const each of tasks) {
          book.begun(done(each));
          book.done(done(each), at(0));
        }
        const counted = tasks.filter(({ outcome }) => outcome !== "aborted");
        const limitOf = (each: (typeof tasks)[number]) => {
          return each.type === "limited" ? 300 : each.limitMs;
        };
        const limited = counted.filter((each) => limitOf(each) !== undefined);
        const late = limited.filter((each) => {
          return each.waitMs + each.durationMs > (limitOf(each) as number);
        });
        const succeeded = tasks.filter(({ outcome }) => outcome === "ok");
        const read = book.read(at(0));
        expect(read.sla).toMatchObject({ limited: limited.length, late: late.length });
        expect(read.throughputPerHour).toBe(succeeded.length);
        expect(read.running).toBe(0);
        expect(read.today).toMatchObject({
          completed: succeeded.length,
          failed: counted.length - succeeded.length,
          late: late.length,
        });
        const last = succeeded.slice(-100).map(({ durationMs }) => durationMs);
        expect(read.completions.map(({ durationMs }) => durationMs)).toEqual(last);
        const mean = last.reduce((a, b) => a + b, 0) / (last.length || 1);
        expect(read.duration.mean).toBeCloseTo(mean, 6);
      }),
    );
  });

  it("begin a new day at midnight UTC, and leave the hour after an hour", () => {
    const book = new TaskBook(new Map());
    book.done(done(), at(0), false);
    expect(book.read(at(3_599_000)).throughputPerHour).toBe(1);
    expect(book.read(at(3_611_000)).throughputPerHour).toBe(0);
    expect(book.read(at(86_399_999)).today.completed).toBe(1);
    expect(book.read(at(86_400_000)).today.completed).toBe(0);
  });

  it("stay bounded with 10,000 types", () => {
    const book = new TaskBook(new Map());
    for (let i = 0; i < 10_000; i++) book.done(done({ type: `t${i}` }), at(i));
    const { types, completions } = book.read(at(10_000));
    expect(types).toHaveLength(1000);
    expect(completions).toHaveLength(100);
    expect(types.at(-1)?.type).toBe("t9999");
  });
});

describe("the agents", () => {
  it("are active while they have work, and part of the load for five minutes more", () => {
    const book = new AgentBook();
    const task = { agent: "a", type: "t" };
    for (let i = 0; i < 4; i++) book.begun(task, at(0));
    book.status({ agent: "b", status: "idle", tasks: undefined }, at(0));
    expect(book.read(at(1))).toMatchObject({
      activeCount: 1,
      load: { agents: 1, variancePercent: 0 },
      inService: { agents: 2, variancePercent: 100 },
    });
    expect(book.read(at(300_000)).inService.agents).toBe(1);
  });

  it("have as many tasks as a message said last, and are gone when they are offline", () => {
    const book = new AgentBook();
    book.status({ agent: "b", status: "busy", tasks: 7 }, at(0));
    expect(book.read(at(0)).agents).toMatchObject([{ agent: "b", tasks: 7, active: true }]);
    book.status({ agent: "b", status: "offline", tasks: undefined }, at(0));
    expect(book.read(at(0)).agents).toEqual([]);
  });

  it("are not busy for ever because a message said so once", () => {
    const book = new AgentBook();
    book.status({ agent: "b", status: "busy", tasks: 7 }, at(0));
    expect(book.read(at(86_400_000)).load.tasks).toBe(7);
    expect(book.read(at(86_400_001))).toMatchObject({ activeCount: 0, load: { tasks: 0 } });
  });

  it("stay bounded with 10,000 of them", () => {
    const book = new AgentBook();
    for (let i = 0; i < 10_000; i++) book.done(done({ agent: `a${i}` }), 100, at(i));
    expect(book.read(at(10_000)).agents).toHaveLength(1000);
    expect(book.rankings()).toHaveLength(1000);
  });
});

describe("the steps of a workflow", () => {
  const feed = (book: StepBook, step: string, durationMs: number, times: number) => {
    for (let i = 0; i < times; i++)
      book.done({ workflow: "w", step, durationMs: durationMs + (i % 3) }, at(i));
  };
  const slow = (book: StepBook) => book.read().filter((each) => each.slow !== undefined);

  it("are slow when they depart from their own history, and no more when they return", () => {
    const book = new StepBook(600_000);
    feed(book, "fetch", 100, 60);
    expect(slow(book)).toEqual([]);
    feed(book, "fetch", 200, 20);
    expect(slow(book)).toMatchObject([{ step: "fetch", slow: "departed" }]);
    feed(book, "fetch", 100, 20);
    expect(slow(book)).toEqual([]);
  });

  it("are slow when they dominate three or more, or take longer than the limit", () => {
    const book = new StepBook(5000);
    for (const [step, ms] of [
      ["a", 10],
      ["b", 10],
      ["c", 100],
    ] as const)
      feed(book, step, ms, 20);
    expect(slow(book)).toMatchObject([{ step: "c", slow: "dominates" }]);
    feed(book, "d", 6000, 10);
    expect(slow(book)).toMatchObject([{ step: "d", slow: "long" }]);
  });

  it("have shares that add up to one", () => {
    const book = new StepBook(5000);
    for (const step of ["a", "b", "c"]) feed(book, step, 10, 700);
    const sum = book.read().reduce((total, { share }) => total + share, 0);
    expect(sum).toBeCloseTo(1, 9);
  });
});

describe("what the books are made of", () => {
  it("counts an hour as a list of times does, to 10 s", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(600_000), { maxLength: 60 }), (gaps) => {
        const hour = new LastHour();
        const times: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          times.push((now += gap));
          hour.add(now);
          const total = hour.total(now);
          const newer = (ms: number) => times.filter((time) => now - time < ms).length;
          expect(total).toBeGreaterThanOrEqual(newer(3_600_000));
          expect(total).toBeLessThanOrEqual(newer(3_610_000));
        }
      }),
    );
  });

  it("keeps the last values, and gives back the one that makes room", () => {
    const recent = new Recent(3);
    expect([1, 2, 3, 4, 5].map((value) => recent.add(value))).toEqual([
      undefined,
      undefined,
      undefined,
      1,
      2,
    ]);
    expect([...recent.sorted()]).toEqual([3, 4, 5]);
    expect(recent.spread()).toMatchObject({ count: 3, mean: 4, p50: 4 });
  });

  it("forgets what was used longest ago", () => {
    const map = new LruMap<string, number>(2);
    map.set("a", 1);
    map.set("b", 2);
    map.getOrMake("a", () => 9);
    map.set("c", 3);
    expect([...map.entries()]).toEqual([
      ["a", 1],
      ["c", 3],
    ]);
    expect(map.forgotten).toBe(1);
  });
});
