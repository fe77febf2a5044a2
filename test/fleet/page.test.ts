import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { atOnce } from "../../src/fleet/at-once.js";
import { mergedStreams } from "../../src/fleet/merge-batches.js";
import { type Collected, FleetPage } from "../../src/fleet/page.js";
import { packBatch, unpackBatch } from "../../src/fleet/wire/batch.js";
import type { Auspex } from "../../src/index.js";
import { monitor } from "../helpers/monitor.js";
import { peer } from "../helpers/peers.js";
import { processOf, sourceOf } from "./parts.js";

function told(record: (auspex: Auspex) => void, process: object = {}) {
  const auspex = monitor({ service: "shop", saturation: false, selfMetrics: true });
  record(auspex);
  return {
    process: processOf(process),
    batch: atOnce(unpackBatch(atOnce(packBatch(sourceOf(auspex))))),
  };
}

const record = (auspex: Auspex): void => {
  const work = auspex.operation("work", { queue: "a" });
  for (let ms = 1; ms <= 100; ms++) work.record(ms);
  work.record(5, new TypeError("no"));
  work.start();
  auspex.counter("jobs").add(3);
  auspex.gauge("level").set(4);
  auspex.histogram("sizes", { unit: "By" }).bind({}).record(100);
};

function page(collected: Partial<Collected>, onCollect = () => {}): FleetPage {
  const source = sourceOf(monitor({ service: "shop", saturation: false }));
  return new FleetPage(source, async () => {
    onCollect();
    return { parts: [], missing: [], ended: 0, faults: new Map(), ...collected };
  });
}

const lines = (text: string, start: string): string[] =>
  text.split("\n").filter((line) => line.startsWith(start));

describe("a page of a fleet", () => {
  it("has the sums of what adds up, and gauges of each with its identity", async () => {
    const parts = [
      told(record, { pid: 11 }),
      told(record, { pid: 12 }),
      told(record, { pid: 12, threadId: 3 }),
      told(record, { pid: 13, live: false }),
    ];
    const text = await page({ parts, ended: 1 }).text();
    expect(lines(text, "jobs_total")).toEqual(["jobs_total 12"]);
    expect(lines(text, "auspex_operation_duration_seconds_count")).toEqual([
      'auspex_operation_duration_seconds_count{operation_name="work",queue="a"} 400',
      'auspex_operation_duration_seconds_count{error_type="TypeError",operation_name="work",queue="a"} 4',
    ]);
    expect(
      lines(
        text,
        'auspex_operation_duration_seconds_bucket{operation_name="work",queue="a",le="0.05"',
      ),
    ).toEqual([
      'auspex_operation_duration_seconds_bucket{operation_name="work",queue="a",le="0.05"} 200',
    ]);
    expect(lines(text, "auspex_operation_active{")).toEqual([
      'auspex_operation_active{operation_name="work",queue="a"} 3',
    ]);
    expect(lines(text, "level")).toEqual([
      'level{process_pid="11"} 4',
      'level{process_pid="12"} 4',
      'level{process_pid="12",thread_id="3"} 4',
    ]);
    expect(lines(text, "auspex_fleet_members")).toEqual([
      'auspex_fleet_members{state="live"} 3',
      'auspex_fleet_members{state="missing"} 0',
      'auspex_fleet_members{state="ended"} 1',
    ]);
    expect(lines(text, "target_info")[0]).toContain('service_name="shop"');
    expect(text).not.toMatch(/^target_info.*process_/m);
  });

  it("counts faults by reason, and members that are missing though their last totals are shown", async () => {
    const part = told(record, { id: "late" });
    const missing = [{ id: "late", reason: "timeout" as const }];
    const text = await page({ parts: [part], missing, faults: new Map([["malformed", 2]]) }).text();
    expect(lines(text, "auspex_fleet_members")).toEqual([
      'auspex_fleet_members{state="live"} 0',
      'auspex_fleet_members{state="missing"} 1',
      'auspex_fleet_members{state="ended"} 0',
    ]);
    expect(lines(text, "auspex_fleet_faults_total")).toEqual([
      'auspex_fleet_faults_total{reason="malformed"} 2',
    ]);
    expect(lines(text, "jobs_total")).toEqual(["jobs_total 3"]);
  });

  it("names the host of a gauge where there are several", async () => {
    const parts = [told(record, { host: "a", pid: 1 }), told(record, { host: "b", pid: 1 })];
    expect(lines(await page({ parts }).text(), "level")).toEqual([
      'level{host_name="a",process_pid="1"} 4',
      'level{host_name="b",process_pid="1"} 4',
    ]);
  });

  it("collects once for all who ask at a time", async () => {
    let collected = 0;
    const one = page({}, () => void collected++);
    await Promise.all(Array.from({ length: 50 }, () => one.text()));
    expect(collected).toBe(1);
    await one.text();
    expect(collected).toBe(2);
  });

  it("may be read in two formats at a time: each has every point", () => {
    const streams = atOnce(mergedStreams([told(record), told(record)]));
    const counts = () => streams.map(({ points }) => [...points].length);
    expect(counts()).toEqual(counts());
    expect(counts().every((count) => count > 0)).toBe(true);
  });

  it("is one that promtool has no complaint about", async () => {
    const odd = (auspex: Auspex): void => {
      record(auspex);
      auspex.counter("odd.name", { unit: "{job}" }).bind({ 'q"\\\n': "x\ny" }).add(1);
    };
    const text = await page({ parts: [told(odd, { pid: 1 }), told(odd, { pid: 2 })] }).text();
    const { status, stderr, stdout } = spawnSync(peer("promtool"), ["check", "metrics"], {
      input: text,
      encoding: "utf8",
    });
    expect([status, stdout + stderr]).toEqual([0, ""]);
  });
});
