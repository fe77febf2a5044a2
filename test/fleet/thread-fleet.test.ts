import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FleetSnapshot } from "../../src/fleet/model.js";
import { type ThreadFleet, threadFleet } from "../../src/fleet/thread-fleet.js";
import { monitor } from "../helpers/monitor.js";
import { dist, run, type Told, thread, until } from "./members.js";
import { nearestRank } from "./parts.js";

beforeAll(() => void dist());

const workers: Worker[] = [];
const fleets: ThreadFleet[] = [];

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  for (const fleet of fleets.splice(0)) fleet.close();
});

function main(options: { saturation?: boolean; timeoutMs?: number } = {}) {
  const { saturation = false, timeoutMs = 2000 } = options;
  const auspex = monitor({ service: "shop", saturation });
  const fleet = threadFleet({ auspex, timeoutMs });
  fleets.push(fleet);
  return { auspex, fleet };
}

async function start(options?: Parameters<typeof thread>[0]): Promise<Told<Worker>> {
  const started = await thread(options);
  workers.push(started.of);
  return started;
}

const work = ({ operations }: FleetSnapshot) => operations.find(({ name }) => name === "work");

describe("a fleet of threads", () => {
  it("has the percentiles of all values pooled and exact counts, asked from any thread", async () => {
    const { auspex, fleet } = main();
    const own = auspex.operation("work");
    const members = await Promise.all(Array.from({ length: 8 }, () => start()));
    const values = members.map((_, at) => {
      return Array.from({ length: 500 }, (_, i) => Math.round(1.4 ** (at + (i % 20)) * 100) / 100);
    });
    await Promise.all(members.map((member, at) => member.act("record", values[at])));
    const pooled = [...values.flat(), 77].sort((a, b) => a - b);
    own.record(77);
    const whole = await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.length === 9,
    );
    expect([whole.partial, whole.missing]).toEqual([false, []]);
    const { latency, traffic, processes } = work(whole) as NonNullable<ReturnType<typeof work>>;
    expect([traffic.count, processes]).toEqual([4001, 9]);
    for (const p of [1, 50, 95, 99, 99.9, 100]) {
      const exact = nearestRank(pooled, p);
      expect(latency.percentile(p)).toBeGreaterThanOrEqual(exact - 1e-9);
      expect(latency.percentile(p)).toBeLessThanOrEqual(exact * 1.01 + 0.001);
    }
    expect(whole.counters.find(({ name }) => name === "jobs")?.count).toBe(4000);
    const asked = await (members[3] as Told<Worker>).act("ask", "total");
    expect(asked).toMatchObject({ count: 4001, p50: latency.p50, p99: latency.p99, processes: 9 });
    expect(asked.partial).toBe(false);
    for (const { strange } of members) expect(strange).toEqual([]);
  });

  it("joins threads with the CommonJS build and with the ESM build of the library", async () => {
    const { fleet } = main();
    const members = await Promise.all([start({ file: "member.cjs" }), start()]);
    for (const member of members) await member.act("record", [5, 5]);
    const { operations } = await until(
      () => fleet.snapshot("1m"),
      ({ processes }) => processes.length === 3,
    );
    expect(operations.map(({ name, traffic }) => [name, traffic.count])).toEqual([["work", 4]]);
  });

  it("finds threads that were there before it", async () => {
    const member = await start();
    await member.act("record", [1]);
    const { fleet } = main();
    const found = await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.length === 2,
    );
    expect(work(found)?.traffic.count).toBe(1);
  });

  it("is partial while a thread is blocked, names it, and is whole again afterwards", async () => {
    const { fleet } = main({ timeoutMs: 200 });
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const [blocked, other] = await Promise.all([start({ gate }), start()]);
    for (const member of [blocked, other]) await member.act("record", [5]);
    await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.length === 3,
    );
    await fleet.text();
    const unblocked = blocked.act("block");
    // On a busy machine the other one may be late, too, once.
    const partial = await until(
      () => fleet.snapshot("total"),
      ({ missing }) => missing.length === 1 && missing[0]?.threadId === blocked.of.threadId,
    );
    expect(partial.missing).toMatchObject([{ reason: "timeout", pid: process.pid }]);
    expect(partial.missing[0]?.lastSeenMs).toBeGreaterThan(0);
    expect(work(partial)?.traffic.count).toBe(1);
    const page = await until(
      () => fleet.text(),
      (text) => text.includes('auspex_fleet_members{state="missing"} 1'),
    );
    // What it told last stands in for it: a counter that shrinks has been reset, to Prometheus.
    expect(page).toContain('auspex_operation_duration_seconds_count{operation_name="work"} 2');
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await unblocked;
    const whole = await until(
      () => fleet.snapshot("total"),
      (snapshot) => !snapshot.partial,
    );
    expect(work(whole)?.traffic.count).toBe(2);
  });

  it("keeps the totals of a thread that ends by itself, to the last value", async () => {
    const { fleet } = main();
    const member = await start();
    await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.length === 2,
    );
    await member.act("record", [1, 2, 3]);
    void member.act("exit");
    await once(member.of, "exit");
    const after = await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.some(({ live }) => !live),
    );
    expect([after.partial, work(after)?.traffic.count]).toEqual([false, 3]);
    expect(after.processes.map(({ live }) => live)).toEqual([true, false]);
    const recent = await fleet.snapshot("1m");
    expect(recent.missing).toMatchObject([{ reason: "ended", threadId: expect.any(Number) }]);
    expect(await fleet.text()).toContain("jobs_total 3");
  });

  it("keeps what it knew last of a thread that is terminated; a new one is a new life", async () => {
    const { fleet } = main();
    const first = await start();
    await first.act("record", [1, 2]);
    await until(
      () => fleet.text(),
      (page) => page.includes("jobs_total 2"),
    );
    fleet.add(first.of);
    await first.of.terminate();
    const second = await start();
    await second.act("record", [3]);
    const after = await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.length === 3,
    );
    expect(work(after)?.traffic.count).toBe(3);
    expect(new Set(after.processes.map(({ id }) => id)).size).toBe(3);
    expect(after.processes.filter(({ live }) => !live)).toHaveLength(1);
    expect(await fleet.text()).toContain("jobs_total 3");
  });

  it("misses a thread that was added and never says a word", async () => {
    const { fleet } = main({ timeoutMs: 100 });
    const mute = new Worker("setInterval(() => {}, 1000)", { eval: true });
    workers.push(mute);
    fleet.add(mute);
    const { missing, partial } = await fleet.snapshot("1m");
    expect(partial).toBe(true);
    const { threadId } = mute;
    expect(missing).toEqual([
      { id: `thread ${threadId}`, reason: "silent", pid: process.pid, threadId },
    ]);
    await mute.terminate();
    await until(
      () => fleet.snapshot("total"),
      (snapshot) => !snapshot.partial,
    );
  });

  it("tells of the process once, and of each thread's own loop and heap", async () => {
    const { auspex, fleet } = main({ saturation: true });
    await Promise.all([1, 2].map(() => start({ env: { FLEET_SATURATION: "1" } })));
    const { saturation, counters } = await until(
      () => fleet.snapshot("total"),
      ({ saturation }) =>
        saturation.some(({ name }) => name.startsWith("system.")) &&
        saturation.some(({ name, byProcess }) => {
          return name === "nodejs.eventloop.utilization" && byProcess.length === 3;
        }),
    );
    const tellers = (prefix: string) =>
      saturation.filter(({ name }) => name.startsWith(prefix)).map((each) => each.byProcess.length);
    expect(new Set(tellers("process."))).toEqual(new Set([1]));
    expect(new Set(tellers("system."))).toEqual(new Set([1]));
    expect(new Set(tellers("nodejs."))).toEqual(new Set([3]));
    const cpu = (all: typeof counters) =>
      all
        .filter(({ name }) => name === "process.cpu.time")
        .reduce((sum, each) => sum + each.count, 0);
    const alone = cpu(auspex.snapshot("total").counters as typeof counters);
    expect(cpu(counters)).toBeLessThanOrEqual(alone);
    const page = await fleet.text();
    expect(page.match(/^nodejs_eventloop_utilization_ratio\{/gm)).toHaveLength(3);
    expect(page.match(/^process_cpu_utilization_ratio\{/gm)).toHaveLength(1);
  });

  it("is let go of by close(): nobody misses who has closed, and who reopens is there again", async () => {
    const { fleet } = main();
    const member = await start();
    await member.act("record", [1]);
    await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.length === 2,
    );
    await member.act("close");
    await until(
      () => fleet.snapshot("total"),
      ({ processes, partial }) => processes.length === 1 && !partial,
    );
    await member.act("reopen");
    const again = await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.length === 2,
    );
    expect(work(again)?.traffic.count).toBe(1);
    fleet.close();
    fleet.close();
    expect((await fleet.snapshot("total")).processes).toHaveLength(1);
  });

  it("takes only threads, and says so without throwing", () => {
    const { fleet } = main();
    for (const foreign of [undefined, null, 7, "x", {}, () => {}, process]) {
      expect(fleet.add(foreign as never)).toBe(fleet);
    }
  });
});

describe("a host with a fleet of threads", () => {
  it("ends by itself, and so do its threads; nothing is printed, and nobody sees a message", async () => {
    const { code, output } = await run("threads-end.mjs");
    expect([code, output.split("\n").sort()]).toEqual([0, ["", "asked 2", "thread 0"]]);
  });
});
