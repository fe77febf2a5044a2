import { describe, expect, it } from "vitest";
import { workers } from "../../../src/integrations/resources/index.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { callbackErrors, gaugeOf, saturationOf } from "./levels.js";

const BUSY = "auspex.workers.busy";

/** Piscina, which tells only its utilization since it was made. */
class FakePiscina {
  readonly threads: object[];
  readonly options: { maxThreads: number };
  queueSize = 0;
  duration = 0;
  #workedMs = 0;

  constructor(size: number, maxThreads = size) {
    this.threads = Array.from({ length: size }, () => ({}));
    this.options = { maxThreads };
  }

  get utilization() {
    return this.#workedMs / (this.duration * this.options.maxThreads);
  }

  run(elapsedMs: number, busy: number) {
    this.duration += elapsedMs;
    this.#workedMs += elapsedMs * busy;
  }
}

describe("workers", () => {
  it("of callbacks show size, busy and queued, and are full when all are busy", () => {
    const { auspex, clock } = manualMonitor();
    const state = { size: 4, busy: 3, queued: 0 };
    workers(auspex, "agents", state);
    expect(gaugeOf(auspex, "auspex.workers.size", { "auspex.workers.name": "agents" })).toBe(4);
    expect(saturationOf(auspex, BUSY)).toBe(0.75);
    state.busy = 4;
    state.queued = 6;
    clock.advance(1000);
    expect(saturationOf(auspex, BUSY)).toBe(1);
    expect(gaugeOf(auspex, "auspex.workers.queued")).toBe(6);
  });

  it("that may grow are full at their most", () => {
    const { auspex } = manualMonitor();
    workers(auspex, "agents", { size: 2, busy: 2, max: 8 });
    expect(saturationOf(auspex, BUSY)).toBe(0.25);
  });

  it("of piscina are as busy as their utilization has grown, and all of them while tasks wait", () => {
    const { auspex, clock } = manualMonitor();
    const piscina = new FakePiscina(4);
    piscina.run(100_000, 4);
    workers(auspex, "piscina", piscina);
    for (const busy of [1, 3, 0]) {
      piscina.run(1000, busy);
      clock.advance(1000);
      expect(gaugeOf(auspex, BUSY)).toBeCloseTo(busy, 3);
      expect(saturationOf(auspex, BUSY)).toBeCloseTo(busy / 4, 3);
    }
    piscina.run(1000, 1);
    piscina.queueSize = 2;
    clock.advance(1000);
    expect(gaugeOf(auspex, BUSY)).toBe(4);
    expect(callbackErrors(auspex)).toBe(0);
  });

  it("of tinypool tell only that all are busy", () => {
    const { auspex, clock } = manualMonitor();
    const tinypool = { threads: [{}, {}], queueSize: 0, options: { maxThreads: 2 } };
    workers(auspex, "tinypool", tinypool);
    expect(gaugeOf(auspex, BUSY)).toBeUndefined();
    expect(gaugeOf(auspex, "auspex.workers.size")).toBe(2);
    tinypool.queueSize = 1;
    clock.advance(1000);
    expect(saturationOf(auspex, BUSY)).toBe(1);
  });

  it("of workerpool and poolifier are known by their shape", () => {
    const { auspex } = manualMonitor();
    const stats = { totalWorkers: 3, busyWorkers: 1, idleWorkers: 2, pendingTasks: 5 };
    workers(auspex, "workerpool", { maxWorkers: 4, stats: () => stats, exec() {} });
    const info = { workerNodes: 5, busyWorkerNodes: 2, maxSize: 5 };
    workers(auspex, "poolifier", { info });
    const of = (name: string) => [
      gaugeOf(auspex, "auspex.workers.size", { "auspex.workers.name": name }),
      saturationOf(auspex, BUSY, { "auspex.workers.name": name }),
    ];
    expect(of("workerpool")).toEqual([3, 0.25]);
    expect(of("poolifier")).toEqual([5, 0.4]);
  });

  it("that are stopped show nothing", () => {
    const { auspex, clock } = manualMonitor();
    workers(auspex, "agents", { size: 4, busy: 3 }).stop();
    clock.advance(1000);
    expect(auspex.snapshot("1m").saturation).toEqual([]);
    expect(auspex.snapshot("1m").gauges).toEqual([]);
  });
});

describe("resources of several kinds", () => {
  it("may share a name, and a page of Prometheus tells them apart", async () => {
    const { auspex } = manualMonitor();
    const { pool, queue, cache } = await import("../../../src/integrations/resources/index.js");
    pool(auspex, "x", { max: 4, used: 1 });
    queue(auspex, "x", [1, 2]);
    cache(auspex, "x", new Map());
    workers(auspex, "x", { size: 1, busy: 1 });
    const page = await auspex.text();
    expect(page).toContain(
      'db_client_connection_count{db_client_connection_pool_name="x",db_client_connection_state="used"} 1',
    );
    expect(page).toContain('auspex_queue_depth{auspex_queue_name="x"} 2');
    expect(page).toContain('auspex_cache_size{auspex_cache_name="x"} 0');
    expect(page).toContain('auspex_workers_busy{auspex_workers_name="x"} 1');
    expect(page).not.toContain("wait_time_seconds_bucket");
  });

  it("are read no more once the monitor has shut down, and their handles stay harmless", async () => {
    const { auspex, clock } = manualMonitor();
    const { pool } = await import("../../../src/integrations/resources/index.js");
    let asked = 0;
    const handle = pool(auspex, "x", { max: 4, used: () => ++asked });
    await auspex.shutdown({ timeoutMs: 10 });
    clock.advance(10_000);
    expect(asked).toBe(1);
    handle.waited(1);
    handle.timedOut();
    expect(await handle.acquire(async () => 1)).toBe(1);
    handle.stop();
  });

  it("beyond the series limit are neither lost nor an error", () => {
    const { auspex } = manualMonitor({ cardinalityLimit: 10 });
    return import("../../../src/integrations/resources/index.js").then(({ queue }) => {
      for (let i = 0; i < 50; i++) queue(auspex, `q${i}`, { depth: i }).enqueued(2);
      const { counters } = auspex.snapshot("1m");
      const sum = counters
        .filter(({ name }) => name === "auspex.queue.enqueued")
        .reduce((total, { count }) => total + count, 0);
      expect(sum).toBe(100);
    });
  });
});
