import { describe, expect, it, vi } from "vitest";
import type { AlertEvent, Insight } from "../../src/index.js";
import { agent } from "../../src/integrations/agents/index.js";
import type { FleetServices } from "../../src/state/services.js";
import { series, workload } from "../../src/workload/index.js";
import { HOSTILE, unhandledIn } from "../helpers/hostile.js";
import { manualMonitor } from "../helpers/monitor.js";

const TASKS = "events:tasks:updates";
const STATUS = "events:agents:status";
const TRAINING = "events:training:progress";

function started(options?: Parameters<typeof workload>[1], monitorOptions = {}) {
  const { auspex, clock } = manualMonitor(monitorOptions);
  const insights: Insight[] = [];
  auspex.on("insight", (insight) => void insights.push(insight));
  const work = workload(auspex, options);
  const told = (kind: string) => insights.filter((insight) => insight.kind === kind);
  /** Steps are run in slices, so the loop must turn between them. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 5000) {
      clock.advance(5000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const say = (channel: string, message: object) => work.accept(channel, JSON.stringify(message));
  return { auspex, clock, work, told, pass, say };
}

/** An exporter to nowhere whose store, lease and channels are there and do nothing, but for what is given. */
function exporterWith(given: Partial<FleetServices>) {
  const services: FleetServices = {
    store: { name: "fake", load: async () => undefined, save: async () => {} },
    lease: () => ({ hold: async () => 1, release: async () => {} }),
    publish: () => {},
    writeHash: async () => {},
    ...given,
  };
  return {
    name: "fake",
    services,
    temporality: () => "cumulative" as const,
    export: async () => ({ status: "success" as const }),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

describe("a workload", () => {
  it("hears of tasks, steps and activity of the agents of its monitor", async () => {
    const { auspex, clock, work } = started({ limits: { review: 50 } });
    const writer = agent(auspex, "writer");
    writer.task("review", () => clock.advance(40));
    writer.task("review", () => clock.advance(60));
    expect(() =>
      writer.task("review", () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    writer.workflow("publish", () => writer.step("check", () => clock.advance(10)));
    expect(work.tasks()).toMatchObject({
      running: 0,
      throughputPerHour: 2,
      sla: { limited: 3, late: 1 },
      today: { completed: 2, failed: 1, late: 1 },
    });
    expect(work.rankings()).toMatchObject([{ agent: "writer", tasks: 3, averageDurationMs: 50 }]);
    expect(work.steps()).toMatchObject([{ workflow: "publish", step: "check", share: 1 }]);
    expect(work.agents()).toMatchObject({ activeCount: 0 });
    await writer.task("review", async () => {
      expect(work.agents()).toMatchObject({ activeCount: 1, load: { tasks: 1 } });
    });
  });

  it("is one per monitor, and lists every fault of its options", () => {
    const { auspex, work } = started();
    expect(workload(auspex)).toBe(work);
    const bad = { limits: { a: -1 }, slots: 0, other: 1 } as object;
    expect(() => workload(auspex, bad)).toThrow(
      /3 to mend[\s\S]*other[\s\S]*slots is 0[\s\S]*limits.a is -1/,
    );
    for (const make of Object.values(HOSTILE)) {
      try {
        workload(auspex, make() as object);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
  });

  it("tells once of a compliance below 90 %, and once when it is over", async () => {
    const { told, pass, say } = started({ limits: { t: 1000 } });
    const task = (seconds: number) => {
      say(TASKS, { agent: "a", type: "t", status: "done", duration_seconds: seconds });
    };
    for (let i = 0; i < 8; i++) task(0.5);
    for (let i = 0; i < 2; i++) task(2);
    await pass(60_000);
    expect(told("sla")).toMatchObject([
      { severity: "critical", data: { state: "begun", slaCompliancePercent: 80 } },
    ]);
    for (let i = 0; i < 40; i++) task(0.5);
    await pass(60_000);
    expect(told("sla")).toHaveLength(2);
    expect(told("sla")[1]).toMatchObject({ severity: "info", data: { state: "ended" } });
  });

  it("tells of unbalanced agents when they stay so, and not of two that idle", async () => {
    const { told, pass, say } = started();
    say(STATUS, { agentType: "a", status: "idle" });
    say(STATUS, { agentType: "b", status: "idle" });
    await pass(30_000);
    say(STATUS, { agentType: "a", status: "busy", taskCount: 12 });
    say(STATUS, { agentType: "b", status: "busy", taskCount: 2 });
    await pass(10_000);
    expect(told("unbalanced")).toEqual([]);
    await pass(60_000);
    expect(told("unbalanced")).toMatchObject([
      { operation: "a", data: { type: "unbalanced_load" } },
    ]);
    // 9 and 5 are 28.6 % off: below the limit, but not by enough to be over.
    say(STATUS, { agentType: "a", status: "busy", taskCount: 9 });
    say(STATUS, { agentType: "b", status: "busy", taskCount: 5 });
    await pass(60_000);
    expect(told("unbalanced")).toHaveLength(1);
    say(STATUS, { agentType: "b", status: "busy", taskCount: 9 });
    await pass(10_000);
    expect(told("unbalanced")).toMatchObject([{}, { data: { state: "ended" } }]);
  });

  it("tells of GPUs that are hot, full, or idle while a training goes on", async () => {
    const { auspex, told, pass, say, work } = started();
    const gauge = (name: string, value: number) => {
      auspex.gauge(name).set(value, { "hw.id": "0" });
    };
    gauge("hw.temperature", 90);
    gauge("hw.gpu.memory.usage", 98 * 2 ** 20);
    gauge("hw.gpu.memory.limit", 100 * 2 ** 20);
    gauge("hw.gpu.utilization", 0.1);
    await pass(10_000);
    const types = () =>
      told("gpu")
        .map(({ data }) => `${data.type} ${data.state}`)
        .sort();
    expect(types()).toEqual(["high_temperature begun", "memory_exhaustion begun"]);
    say(TRAINING, { projectId: "p", step: 1, loss: 2 });
    await pass(5000);
    expect(types()).toContain("low_utilization begun");
    expect(work.dashboard().gpu).toEqual({
      utilizationPercent: 10,
      memoryUsedMB: 98,
      memoryTotalMB: 100,
      temperatureCelsius: 90,
      powerDrawWatts: null,
    });
    gauge("hw.temperature", 60);
    await pass(20_000);
    expect(types()).toContain("high_temperature ended");
    expect(types()).toHaveLength(4);
  });

  it("tells of a slow step once", async () => {
    const { auspex, clock, told, pass } = started();
    const a = agent(auspex, "a");
    const step = (ms: number, times: number) => {
      for (let i = 0; i < times; i++) a.step("fetch", () => clock.block(ms));
    };
    step(10, 60);
    await pass(5000);
    expect(told("workflows")).toEqual([]);
    step(40, 20);
    await pass(30_000);
    expect(told("workflows")).toMatchObject([{ data: { why: "departed", stepId: "fetch" } }]);
  });

  it("finds what preceded rises of errors again and again, and nothing that did not", async () => {
    const { auspex, clock, told } = started();
    const temperature = auspex.gauge("hw.temperature");
    const noise = auspex.gauge("noise");
    const operation = auspex.operation("work");
    const window = async (errors: number, celsius: number, at: number) => {
      temperature.set(celsius, { "hw.id": "0", "hw.type": "gpu" });
      noise.set(at % 7);
      for (let i = 0; i < 10; i++) {
        operation.record(1, i < errors ? new Error("failed") : undefined);
      }
      for (let i = 0; i < 2; i++) {
        clock.advance(5000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    let at = 0;
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 120; i++) await window(0, 60, at++);
      for (let i = 0; i < 3; i++) await window(0, 90, at++);
      for (let i = 0; i < 4; i++) await window(5, 60, at++);
      if (round < 2) expect(told("correlations")).toEqual([]);
    }
    const found = told("correlations");
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ operation: of }) => of === "hw.temperature")).toBe(true);
    expect(found[0]).toMatchObject({
      data: { type: "error_performance_correlation", possibleCause: "high_gpu_temperature" },
    });
    expect(found[0].reason).toMatch(/preceded by hw\.temperature .*above 85 °C/);
  });

  it("has room until its slots are taken, and says why", async () => {
    const { work, pass, say } = started({ slots: 2 });
    expect(work.capacity()).toMatchObject({
      accepting: true,
      freeTaskSlots: 2,
      gpuAvailable: null,
    });
    for (const taskId of ["1", "2"]) say(TASKS, { taskId, agent: "a", status: "started" });
    await pass(5000);
    expect(work.capacity()).toMatchObject({
      accepting: false,
      reasons: ["every task slot is taken"],
      tasksRunning: 2,
    });
    say(TASKS, { taskId: "1", agent: "a", status: "done", duration_seconds: 1 });
    await pass(5000);
    expect(work.capacity().accepting).toBe(true);
  });

  it("publishes its dashboard and capacity each 5 s, and survives a store that refuses", async () => {
    const published: [string, string][] = [];
    let refuses = false;
    const exporter = exporterWith({
      publish: (channel, message) => void published.push([channel, message]),
      writeHash: async () => {
        if (refuses) throw new Error("refused");
      },
    });
    const { work, pass, say } = started(undefined, { exporters: [exporter] });
    say(TRAINING, {
      projectId: "p",
      step: 3,
      loss: 2.5,
      wer: 0.4,
      timestamp: "2026-01-01T00:00:00Z",
    });
    await pass(10_000);
    const [channel, message] = published.at(-1) as [string, string];
    expect(channel).toBe("events:dashboard:update");
    expect(JSON.parse(message)).toMatchObject({
      training: {
        projectId: "p",
        currentLoss: 2.5,
        currentWER: 0.4,
        lossTrend: [{ step: 3, value: 2.5 }],
      },
      tasks: { throughputPerHour: 0, avgDurationSeconds: null, slaCompliancePercent: null },
      agents: { activeCount: 0, loadVariancePercent: 0, avgTasksPerAgent: 0 },
    });
    expect(work.tally).toMatchObject({ capacityFailed: 0 });
    refuses = true;
    expect(await unhandledIn(() => pass(10_000))).toEqual([]);
    expect(work.tally.capacityFailed).toBeGreaterThan(0);
  });

  it("tells alerts on the documents' topics too, and resolves what it fired", async () => {
    const { auspex, told, pass, say } = started({ limits: { t: 1000 } });
    const alerts: AlertEvent[] = [];
    auspex.on("alert", (alert) => void alerts.push(alert));
    const task = (seconds: number) => {
      say(TASKS, { agent: "a", type: "t", status: "done", duration_seconds: seconds });
    };
    for (let i = 0; i < 10; i++) task(i < 2 ? 2 : 0.5);
    say(STATUS, { agentType: "a", status: "busy", taskCount: 12 });
    say(STATUS, { agentType: "b", status: "busy", taskCount: 2 });
    auspex.gauge("hw.temperature").set(90, { "hw.id": "0" });
    for (let step = 0; step < 40; step++) {
      say(TRAINING, { projectId: "p", step, loss: null });
    }
    await pass(70_000);
    const known = () => alerts.map(({ rule, labels, state }) => `${rule} ${labels.type} ${state}`);
    expect(known().sort()).toEqual([
      "distribution unbalanced_load firing",
      "gpu high_temperature firing",
      "system sla_breach firing",
      "training diverging firing",
    ]);
    const gpu = alerts.find(({ rule }) => rule === "gpu");
    expect(gpu).toMatchObject({ severity: "critical", operation: "gpu 0" });
    expect(gpu?.annotations.recommendation).toMatch(/cooling/);
    auspex.gauge("hw.temperature").set(60, { "hw.id": "0" });
    await pass(20_000);
    const over = alerts.at(-1);
    expect(over).toMatchObject({ rule: "gpu", state: "resolved", key: gpu?.key });
    expect(over?.sinceMs).toBe(gpu?.timeMs);
    expect(told("correlations")).toEqual([]);
  });

  it("tells the ranking every five minutes while it changes", async () => {
    const { told, pass, say } = started();
    const task = (name: string, seconds: number) => {
      say(TASKS, { agent: name, type: "t", status: "done", duration_seconds: seconds });
    };
    for (let i = 0; i < 20; i++) task(i % 2 === 0 ? "ada" : "bob", i % 2 === 0 ? 1 : 5);
    await pass(290_000);
    expect(told("agent_performance")).toMatchObject([
      {
        operation: "ada",
        data: {
          type: "performance_rankings_updated",
          rankings: [{ rank: 1, agent: "ada" }, { agent: "bob" }],
        },
      },
    ]);
    await pass(600_000);
    expect(told("agent_performance")).toHaveLength(1);
    task("bob", 1);
    await pass(5000);
    expect(told("agent_performance")).toHaveLength(2);
  });

  it("saves its capacity as a hash under the documented name", async () => {
    const hashes: [string, Readonly<Record<string, string>>, number][] = [];
    const exporter = exporterWith({
      writeHash: async (...given) => void hashes.push(given),
    });
    const { auspex, pass, work } = started({ slots: 2 }, { exporters: [exporter] });
    auspex.gauge("hw.gpu.utilization").set(0.1, { "hw.id": "0" });
    auspex.gauge("hw.gpu.memory.usage").set(2 ** 20, { "hw.id": "0" });
    auspex.gauge("hw.gpu.memory.limit").set(80_000 * 2 ** 20, { "hw.id": "0" });
    await pass(10_000);
    const [name, fields, ttlMs] = hashes.at(-1) as (typeof hashes)[number];
    expect(name).toBe("context:system:capacity");
    expect(fields).toMatchObject({
      service: "test",
      accepting: "true",
      reasons: "",
      free_task_slots: "2",
      gpu_available: "true",
    });
    expect(Object.values(fields).every((value) => typeof value === "string")).toBe(true);
    expect(ttlMs).toBeLessThanOrEqual(60_000);
    expect(work.tally.capacitySaved).toBeGreaterThan(0);
  });

  it("stays readable when its monitor is disabled or shut down", async () => {
    const { auspex, work } = started();
    await auspex.shutdown({ timeoutMs: 50 });
    agent(auspex, "a").task("t", () => {});
    expect(work.tasks().today.completed).toBe(0);
    vi.stubEnv("OTEL_SDK_DISABLED", "true");
    const off = started().work;
    vi.unstubAllEnvs();
    expect(off.capacity().accepting).toBe(true);
    expect(off.dashboard().tasks.throughputPerHour).toBe(0);
    expect(work.dashboard().agents.activeCount).toBe(0);
  });
});

describe("messages of other programs", () => {
  it("are each counted once, by what became of them", () => {
    const { work, say } = started();
    const good = { taskId: 1, agent: "py", status: "done", duration_seconds: 3 };
    expect(say(TASKS, good)).toBe(true);
    const bad: [string, unknown][] = [
      [TASKS, JSON.stringify(good)],
      [TASKS, "{"],
      [TASKS, `${"[".repeat(20_000)}`],
      [TASKS, `{"a":${"[".repeat(20)}${"]".repeat(20)}}`],
      [TASKS, JSON.stringify({ ...good, pad: "x".repeat(70_000) })],
      [TASKS, '{"__proto__":{"polluted":1},"agent":"a","status":"done","duration_seconds":1}'],
      [TASKS, '{"agent":"a","status":"done","duration_seconds":-1}'],
      [TASKS, '{"agent":"a","status":"done"}'],
      [TASKS, '{"agent":"a","status":"constructor"}'],
      [TASKS, "[]"],
      [TASKS, "null"],
      [TASKS, "1e999"],
      [STATUS, '{"agentType":"a","status":"busy","taskCount":1.5}'],
      [STATUS, '{"agentType":"","status":"busy"}'],
      [TRAINING, '{"projectId":"p","step":-1,"loss":1}'],
      [TRAINING, '{"projectId":"p","step":1}'],
      ["events:other", "{}"],
      ...Object.values(HOSTILE).map((make): [string, unknown] => [TASKS, make()]),
    ];
    for (const [channel, message] of bad) {
      expect(work.accept(channel, message as string), String(channel)).toBe(false);
    }
    const { received, accepted, published, capacitySaved, capacityFailed, ...faults } = work.tally;
    expect(accepted).toBe(1);
    expect(Object.values(faults).every((count) => count > 0)).toBe(true);
    expect(Object.values(faults).reduce((a, b) => a + b, 0)).toBe(received - accepted);
    expect(received).toBe(bad.length + 1);
    expect([published, capacitySaved, capacityFailed]).toEqual([0, 0, 0]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(work.tasks().today.completed).toBe(1);
  });

  it("keep names like those of Object.prototype apart, and what is running exact", () => {
    const { work, say } = started();
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      say(TASKS, { taskId: name, agent: name, type: name, status: "started" });
      say(TASKS, { taskId: name, agent: name, type: name, status: "started" });
    }
    expect(work.tasks().running).toBe(3);
    expect(work.agents().activeCount).toBe(3);
    say(TASKS, { taskId: "toString", agent: "toString", type: "toString", status: "failed" });
    expect(work.tasks()).toMatchObject({ running: 2, today: { failed: 1 } });
    say(TRAINING, { projectId: "constructor", step: 1, loss: 1, constructor: 2 });
    expect(work.dashboard().training).toMatchObject({ projectId: "constructor", currentLoss: 1 });
  });

  it("leave nothing behind of 20,000 tasks whose end nobody told of", async () => {
    const { work, clock, pass, say } = started();
    for (let i = 0; i < 20_000; i++)
      say(TASKS, { taskId: i, agent: `a${i % 7}`, status: "started" });
    expect(work.tasks().running).toBe(10_000);
    expect(work.agents().load.tasks).toBe(10_000);
    clock.block(86_400_001);
    await pass(10_000);
    expect(work.tasks().running).toBe(0);
    expect(work.agents().load.tasks).toBe(0);
  });

  it("cannot make series without end", () => {
    const { auspex, say } = started();
    for (let i = 0; i < 10_000; i++) say(TRAINING, { projectId: `p${i}`, step: 1, loss: 1 });
    const full = series(auspex, "training:one-more:loss");
    full.append(1, 1);
    expect(full.points()).toEqual([]);
    expect(full.tally.turnedAway).toBe(9501);
  });
});
