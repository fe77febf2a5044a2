import type { Incident } from "auspex";
import { alerts, type Notice } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import { slo } from "../../src/slo/index.js";
import { manualMonitor } from "../helpers/monitor.js";
import { settled } from "./stage.js";

/** Minutes of a monitor, second by second. */
async function seconds(
  clock: { advance(ms: number): void },
  count: number,
  each: () => void = () => {},
): Promise<void> {
  for (let at = 0; at < count; at++) {
    each();
    clock.advance(1000);
    if (at % 5 === 4) await settled();
  }
}

describe("alerts in a monitor", () => {
  it("tell of a slow operation within two minutes, and of its end", async () => {
    const notices: Notice[] = [];
    const watch = alerts({
      rules: [
        {
          name: "slow",
          severity: "critical",
          when: { signal: "latency", percentile: 99, above: 500, operation: "charge *" },
          annotations: {
            summary: "{{operation}} by {{payment.provider}} takes {{value}}",
            runbook_url: "https://wiki.example/slow",
          },
        },
      ],
      notifiers: [{ name: "log", notify: (notice) => void notices.push(notice) }],
    });
    const { auspex, clock } = manualMonitor({ alerts: watch, state: false });
    const incidents: Incident[] = [];
    auspex.on("incident", (incident) => void incidents.push(incident));
    const charge = auspex.operation("charge card", { "payment.provider": "acme" });
    const other = auspex.operation("other");
    const work = (ms: number) => () => {
      for (let at = 0; at < 5; at++) charge.record(ms);
      other.record(5000);
    };
    await seconds(clock, 60, work(20));
    expect(notices).toEqual([]);
    const began = clock.wall();
    await seconds(clock, 120, work(2000));
    expect(notices).toHaveLength(1);
    expect((notices[0]?.timeMs ?? 0) - began).toBeLessThanOrEqual(120_000);
    expect(notices[0]).toMatchObject({
      title: expect.stringMatching(/^test: charge card by acme takes 2(\.\d+)? s$/),
      links: [{ title: "runbook", url: "https://wiki.example/slow" }],
      alerts: [{ operation: "charge card", labels: { "payment.provider": "acme" } }],
    });
    expect(incidents).toMatchObject(
      incidents.map(() => ({ state: "open", operation: "charge card" })),
    );
    // Said again once, when it has become most of the requests: the minute fills.
    expect(incidents.map(({ affectedRatio }) => affectedRatio >= 0.5)).toEqual([false, true]);
    const gauges = auspex
      .snapshot("1m")
      .gauges.filter(({ name }) => name === "auspex.alerts.firing");
    expect(
      gauges.find(({ attributes }) => attributes["alert.severity"] === "critical")?.value,
    ).toBe(1);
    await seconds(clock, 180, work(20));
    expect(notices.map(({ status }) => status)).toEqual(["firing", "resolved"]);
  });

  it("tell of a budget that burns, of an SLO by its name or itself", async () => {
    const notices: Notice[] = [];
    const checkout = slo({ name: "checkout", operation: "pay", sli: "availability" });
    const watch = alerts({
      rules: [
        { name: "by name", when: { slo: "checkout" } },
        { name: "itself", when: { slo: checkout } },
      ],
      notifiers: [{ name: "log", notify: (notice) => void notices.push(notice) }],
    });
    const { auspex, clock } = manualMonitor({ alerts: watch, slos: [checkout], state: false });
    const pay = auspex.operation("pay");
    let at = 0;
    await seconds(clock, 1800, () => {
      for (let each = 0; each < 5; each++)
        pay.record(5, ++at % 2 === 0 ? new Error("no") : undefined);
    });
    const told = notices[0]?.alerts.map(({ rule, operation }) => `${rule} ${operation}`);
    expect(told).toEqual(["by name checkout", "itself checkout"]);
    expect(notices[0]?.title).toMatch(/checkout spends its error budget [\d.]+ times as fast/);
  });

  it("can be asked before they run, and after they have ended", async () => {
    const watch = alerts({ rules: [{ name: "never", when: () => false }] });
    expect([watch.active(), watch.incidents(), watch.history(), watch.quality()]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    const { auspex, clock } = manualMonitor({ alerts: watch, state: false });
    watch.marker({ kind: "deploy", text: "v1" });
    watch.marker(undefined as never);
    await seconds(clock, 30);
    expect(watch.history().map(({ what, text }) => `${what} ${text}`)).toEqual([
      "marker v1",
      "marker ",
    ]);
    await auspex.shutdown({ timeoutMs: 100 });
    expect(watch.acknowledge("x")).toBe(false);
    expect(JSON.parse(JSON.stringify(watch))).toEqual({
      name: "alerts",
      active: [],
      incidents: [],
    });
  });

  it("belong to one monitor: a second one is refused, and the first goes on", async () => {
    const watch = alerts({ rules: [{ name: "always", when: () => true }] });
    const { clock } = manualMonitor({ alerts: watch, state: false });
    expect(() => manualMonitor({ alerts: watch, state: false })).toThrow(
      /is at work in another monitor; make one for each/,
    );
    await seconds(clock, 30);
    expect(watch.active()).toHaveLength(1);
  });
});
