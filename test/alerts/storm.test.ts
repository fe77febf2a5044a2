import { type AlertsOptions, NotifyError } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/state/memory-store.js";
import { listener, stage } from "./stage.js";

const rules: AlertsOptions["rules"] = [
  { name: "slow", severity: "critical", when: { signal: "latency", above: 500 } },
];

const storm = (count: number, ms = 900) =>
  Array.from({ length: count }, (_, at) => ({
    name: `op ${at}`,
    attributes: { shard: at },
    ms,
  }));

describe("a storm of 1,000 alerts (reliability case 25)", () => {
  it("is told of in five notices at most, from its beginning to its end", async () => {
    const on = await stage({ rules });
    on.show(...storm(1000, 1));
    await on.steps(3);
    // They come in over two minutes, stay for twenty, and go one after the other.
    for (let at = 0; at <= 1000; at += 100) {
      on.show(...storm(at), ...storm(1000, 1).slice(at));
      await on.steps();
    }
    await on.pass(1_200_000);
    for (let at = 1000; at >= 0; at -= 100) {
      on.show(...storm(at), ...storm(1000, 1).slice(at));
      await on.steps();
    }
    await on.pass(600_000);
    expect(on.notices.length).toBeLessThanOrEqual(5);
    expect(on.notices[0]?.status).toBe("firing");
    expect(on.notices.at(-1)?.status).toBe("resolved");
    expect(on.alerts.incidents()).toHaveLength(1);
  });

  it("goes through small slices, and a state that is kept in small slices", async () => {
    const on = await stage({ rules }, { store: memoryStore() });
    on.show(...storm(1000));
    on.clock.advance(10_000);
    const steps = on.alerts.step();
    let slices = 0;
    while (!steps?.next().done) slices++;
    expect(slices).toBeGreaterThan(40);
    await on.pass(60_000);
    expect(on.notices).toHaveLength(1);
    expect(on.notices[0]).toMatchObject({ omitted: 950 });
    expect(on.notices[0]?.alerts).toHaveLength(50);
    expect(JSON.stringify(on.notices[0]).length).toBeLessThan(100_000);
  });

  it("that never ends has no more alerts than there is room for; the rest is counted", async () => {
    const on = await stage({ rules, maxAlerts: 100 });
    on.show(...storm(1000));
    await on.pass(60_000);
    expect(on.alerts.active()).toHaveLength(100);
    expect(on.gauges.get("auspex.alerts.turned_away")).toBe(900);
    expect(on.warnings).toEqual(["auspex: alerts: no room for 900 more; raise maxAlerts"]);
    on.show(...storm(1000, 1));
    await on.steps();
    expect(on.gauges.get("auspex.alerts.turned_away")).toBe(0);
    expect(on.alerts.active()).toEqual([]);
  });

  it("of ever new series leaves nothing behind that grows", async () => {
    const store = memoryStore();
    const on = await stage({ rules, maxAlerts: 150 }, { store });
    const sizes: number[] = [];
    for (let generation = 0; generation < 40; generation++) {
      on.show(
        ...Array.from({ length: 100 }, (_, at) => ({ name: `op ${generation} ${at}`, ms: 900 })),
      );
      await on.steps(4);
      sizes.push([...store.values.values()].reduce((bytes, text) => bytes + text.length, 0));
    }
    const early = Math.max(...sizes.slice(10, 20));
    const late = Math.max(...sizes.slice(35));
    expect(late).toBeLessThan(early * 1.5);
  });
});

describe("a notifier that fails (reliability case 25)", () => {
  it("with status 500 is tried again a few times, then counted", async () => {
    let calls = 0;
    const { notifier } = listener("webhook", {
      notify: () => {
        calls++;
        throw new NotifyError("host answered 500", { reason: "http_500" });
      },
    });
    const on = await stage({ rules, notifiers: [notifier] });
    on.show(...storm(3));
    await on.pass(900_000);
    expect(calls).toBe(6);
    expect(on.counts.get("auspex.alerts.notices webhook dropped http_500")).toBe(1);
    expect(on.alerts.history().some(({ what }) => what === "dropped")).toBe(true);
  });

  it("does not hold up the others", async () => {
    const stuck = listener("stuck", { notify: () => new Promise<void>(() => {}) });
    const fine = listener("fine");
    const on = await stage({ rules, notifiers: [stuck.notifier, fine.notifier] });
    on.show(...storm(3));
    await on.pass(60_000);
    on.show(...storm(3, 1));
    await on.pass(60_000);
    expect(fine.notices).toHaveLength(2);
  });

  it("that finds nobody to tell is counted as undelivered", async () => {
    const { notifier } = listener("redis", {
      notify: () => {
        throw new NotifyError("0 subscribers", { permanent: true, reason: "undelivered" });
      },
    });
    const on = await stage({ rules, notifiers: [notifier] });
    on.show(...storm(1));
    await on.pass(60_000);
    expect(on.counts.get("auspex.alerts.notices redis dropped undelivered")).toBe(1);
  });

  it("is none: what would have been told is counted, and events tell of it", async () => {
    const on = await stage({ rules, notifiers: [] });
    on.show(...storm(1));
    await on.pass(60_000);
    expect([...on.counts]).toEqual([
      ["auspex.alerts.rule.firings slow fired", 1],
      ["auspex.alerts.notices  dropped no_notifier", 1],
    ]);
    expect(on.alertEvents).toHaveLength(1);
    expect(on.incidentEvents).toHaveLength(1);
  });
});
