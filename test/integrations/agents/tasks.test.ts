import { describe, expect, it, vi } from "vitest";
import { type AgentObserver, observeAgents } from "../../../src/integrations/agents/observers.js";
import { collected, setUp } from "./setup.js";

const WAIT = "auspex.agent.task.wait.duration";

describe("a task", () => {
  it("waits in its queue until it is run: depth, waiting time and saturation are shown", () => {
    const { clock, researcher, gauge, histogram, operation } = setUp({ queueCapacity: 4 });
    const depth = () => gauge("auspex.agent.queue.depth");
    const tasks = [1, 2, 3].map(() => researcher.enqueue("summarise"));
    expect(depth()).toMatchObject({ value: 3, saturation: 0.75 });
    clock.advance(500);
    expect(tasks[0]?.run(() => "done")).toBe("done");
    tasks[1]?.cancel();
    tasks[1]?.cancel();
    expect(depth()).toMatchObject({ value: 1, saturation: 0.25 });
    clock.advance(500);
    tasks[2]?.run(() => clock.advance(20));
    expect(depth()).toMatchObject({ value: 0, saturation: 0 });
    expect(histogram(WAIT)).toMatchObject({
      count: 2,
      attributes: { "auspex.task.type": "summarise" },
    });
    expect(histogram(WAIT)?.max).toBeCloseTo(1, 1);
    expect(operation("task summarise").traffic.count).toBe(2);
    expect(operation("task summarise").latency.max).toBeCloseTo(20, 0);
  });

  it("run twice waited once", () => {
    const { researcher, histogram, operation, gauge } = setUp();
    const task = researcher.enqueue("retry");
    task.run(() => 1);
    task.run(() => 2);
    expect(operation("task retry").traffic.count).toBe(2);
    expect(histogram(WAIT)?.count).toBe(1);
    expect(gauge("auspex.agent.queue.depth")?.value).toBe(0);
  });

  it("of a queue elsewhere waited since it was put there", () => {
    const { clock, researcher, histogram, faults } = setUp();
    researcher.task("a", () => 1, { queuedAt: new Date(clock.wall() - 3000) });
    expect(histogram(WAIT)?.max).toBeCloseTo(3, 1);
    // The other machine's clock is ahead of ours.
    researcher.task("a", () => 1, { queuedAt: clock.wall() + 3000 });
    expect(histogram(WAIT)?.count).toBe(2);
    researcher.task("a", () => 1, { queuedAt: new Date(Number.NaN) });
    researcher.task("a", () => 1, { queuedAt: "yesterday" as never });
    researcher.task("a", () => 1, { limitMs: -1 });
    expect(histogram(WAIT)?.count).toBe(2);
    expect(faults()).toEqual({ task_option: 3 });
  });

  it("over its limit is late, its wait counted", () => {
    const { clock, researcher, count } = setUp();
    researcher.task("a", () => clock.advance(100), { limitMs: 100 });
    expect(count("auspex.agent.task.late")).toBe(0);
    researcher.task("a", () => clock.advance(101), { limitMs: 100 });
    const queued = researcher.enqueue("a", { limitMs: 100 });
    clock.advance(80);
    queued.run(() => clock.advance(40));
    expect(count("auspex.agent.task.late", { "auspex.task.type": "a" })).toBe(2);
  });

  it("that nobody can begin any more leaves its queue, and is counted", async () => {
    const { researcher, gauge, faults } = setUp();
    (() => void researcher.enqueue("lost"))();
    const kept = researcher.enqueue("kept");
    const depth = () => gauge("auspex.agent.queue.depth")?.value;
    await collected(() => depth() === 1);
    expect(depth()).toBe(1);
    expect(faults()).toEqual({ task_abandoned: 1 });
    kept.run(() => 1);
    expect(depth()).toBe(0);
  });
});

describe("an observer of agents", () => {
  it("is told of tasks, steps and activity until it stops", async () => {
    const { auspex, clock, researcher } = setUp();
    const events: unknown[] = [];
    const observer: AgentObserver = {
      taskStarted: (event) => void events.push(["started", event]),
      taskFinished: (event) => void events.push(["finished", event]),
      stepFinished: (event) => void events.push(["step", event]),
      activityChanged: (event) => void events.push(["activity", event]),
    };
    const stop = observeAgents(auspex, observer);
    const queued = researcher.enqueue("summarise", { limitMs: 50 });
    clock.advance(10);
    await queued.run(async () => {
      researcher.workflow("report", () => researcher.step("parse", () => clock.advance(5)));
      researcher.run(() => 1);
    });
    expect(events).toEqual([
      ["activity", { agent: "researcher", active: true }],
      ["started", { agent: "researcher", type: "summarise", waitMs: 10 }],
      [
        "step",
        { agent: "researcher", workflow: "report", step: "parse", durationMs: 5, outcome: "ok" },
      ],
      [
        "finished",
        {
          agent: "researcher",
          type: "summarise",
          waitMs: 10,
          durationMs: 5,
          limitMs: 50,
          outcome: "ok",
        },
      ],
      ["activity", { agent: "researcher", active: false }],
    ]);
    stop();
    researcher.task("summarise", () => 1);
    expect(events).toHaveLength(5);
  });

  it("that throws or rejects is counted, and keeps no other from being told", async () => {
    const { auspex, researcher } = setUp();
    const told = vi.fn();
    observeAgents(auspex, {
      taskStarted() {
        throw new Error("no");
      },
      taskFinished: async () => Promise.reject(new Error("no")),
    });
    observeAgents(auspex, { taskStarted: told, taskFinished: told });
    expect(researcher.task("a", () => 1)).toBe(1);
    expect(told).toHaveBeenCalledTimes(2);
    expect(auspex.snapshot("total").self.callbackErrors).toBe(1);
  });

  it("is one of a bounded number", () => {
    const { auspex, researcher, logger } = setUp();
    const told = vi.fn();
    for (let i = 0; i < 100; i++) observeAgents(auspex, { taskStarted: told });
    researcher.task("a", () => 1);
    expect(told).toHaveBeenCalledTimes(16);
    expect(logger.warn).toHaveBeenCalledOnce();
  });
});
