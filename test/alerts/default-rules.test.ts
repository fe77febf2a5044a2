import { DEFAULT_RULES } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import type { AlertEvent, Anomaly } from "../../src/snapshot/events.js";
import { Stage, saturationOf } from "./stage.js";

const MINUTE = 60_000;

/** Alerts as they are without any setting: not even the tests' own. */
async function asTheyAre(): Promise<Stage> {
  const on = await new Stage({ groupWaitMs: undefined } as never).start();
  on.show({ name: "GET /cart" }, { name: "POST /pay" }, { name: "GET /item" });
  await on.pass(5 * MINUTE);
  return on;
}

const failing = (operation: string, more: Partial<Anomaly> = {}): Partial<Anomaly> => ({
  id: `errors of ${operation}`,
  operation,
  signal: "errors",
  severity: "critical",
  observed: 0.3,
  expected: 0.001,
  upper: 0.01,
  unit: "1",
  ...more,
});

function burns(on: Stage, parts: Partial<AlertEvent> = {}): void {
  const timeMs = on.clock.wall();
  on.context.emit({
    type: "alert",
    key: "slo:pay",
    rule: "slo:pay",
    state: "firing",
    operation: "pay",
    attributes: {},
    signal: "errors",
    severity: "critical",
    timeMs,
    sinceMs: timeMs,
    reason: "pay spends its error budget 20 times as fast as allowed",
    value: 20,
    labels: { slo: "pay" },
    annotations: {},
    ...parts,
  });
}

const titles = (on: Stage) => on.notices.map(({ cause, severity }) => `${cause} ${severity}`);

describe("alerts without rules of their own", () => {
  it("tell of what is critical within half a minute, and of a warning after five", async () => {
    const on = await asTheyAre();
    on.emitAnomaly(failing("POST /pay"));
    await on.pass(30_000);
    expect(titles(on)).toEqual(["new critical"]);
    on.emitAnomaly(failing("POST /pay", { state: "ended" }));
    await on.pass(16 * MINUTE);
    on.emitAnomaly({ id: "slow", operation: "GET /cart", severity: "warning" });
    await on.pass(4 * MINUTE);
    expect(titles(on).slice(2)).toEqual([]);
    await on.pass(MINUTE + 10_000);
    expect(titles(on).slice(2)).toEqual(["new warning"]);
  });

  it("say once, as critical, what begins as a warning and soon is more", async () => {
    const on = await asTheyAre();
    on.emitAnomaly({ severity: "warning" });
    await on.pass(4 * MINUTE);
    on.emitAnomaly({ severity: "critical", state: "ongoing" });
    await on.pass(10 * MINUTE);
    expect(titles(on)).toEqual(["new critical"]);
  });

  it("tell of no anomaly that is only worth knowing", async () => {
    const on = await asTheyAre();
    on.emitAnomaly({ severity: "info" });
    await on.pass(10 * MINUTE);
    expect(on.notices).toEqual([]);
  });

  it("tell of a budget that burns, once however many pairs of windows show it", async () => {
    const on = await asTheyAre();
    burns(on);
    await on.pass(10 * MINUTE);
    expect(titles(on)).toEqual(["new critical"]);
    expect(on.notices[0]?.alerts).toMatchObject([{ rule: "budget burns", operation: "pay" }]);
  });

  it("make no notice of a budget that a fault spends which was told of", async () => {
    const on = await asTheyAre();
    on.emitAnomaly(failing("POST /pay"));
    await on.pass(10 * MINUTE);
    on.emitAnomaly(failing("POST /pay", { state: "ongoing" }));
    await on.pass(10 * MINUTE);
    on.emitAnomaly(failing("POST /pay", { state: "ongoing" }));
    burns(on);
    await on.pass(14 * MINUTE);
    expect(titles(on)).toEqual(["new critical"]);
    const [incident] = on.alerts.incidents();
    expect(incident?.members).toHaveLength(3);
  });

  it("make an incident of its own of a budget that another operation spends", async () => {
    const on = await asTheyAre();
    on.emitAnomaly(failing("POST /pay"));
    await on.pass(5 * MINUTE);
    burns(on, { operation: "GET /cart" });
    await on.pass(5 * MINUTE);
    expect(titles(on)).toEqual(["new critical", "new critical"]);
  });

  it("tell of what stays full, but not of a processor that is busy", async () => {
    const on = await asTheyAre();
    on.parts = { saturation: [saturationOf("process.cpu.utilization", 1)] };
    await on.pass(10 * MINUTE);
    expect(on.notices).toEqual([]);
    on.parts = { saturation: [saturationOf("pg.pool", 0.99)] };
    await on.pass(2 * MINUTE);
    expect(on.notices).toEqual([]);
    await on.pass(MINUTE);
    expect(on.notices[0]?.alerts).toMatchObject([{ rule: "full", operation: "pg.pool" }]);
  });

  it("do not tell anew of what comes back within a quarter of an hour, time and again", async () => {
    const on = await asTheyAre();
    for (let round = 0; round < 6; round++) {
      on.emitAnomaly(failing("POST /pay", { id: `round ${round}` }));
      await on.pass(8 * MINUTE);
      on.emitAnomaly(failing("POST /pay", { id: `round ${round}`, state: "ended" }));
      await on.pass(14 * MINUTE);
    }
    expect(titles(on)).toEqual(["new critical"]);
    await on.pass(2 * MINUTE);
    expect(titles(on)).toEqual(["new critical", "resolved critical"]);
  });

  it("tell at once of what comes back after its end was told", async () => {
    const on = await asTheyAre();
    on.emitAnomaly(failing("POST /pay"));
    await on.pass(5 * MINUTE);
    on.emitAnomaly(failing("POST /pay", { state: "ended" }));
    await on.pass(16 * MINUTE);
    on.emitAnomaly(failing("POST /pay", { id: "again" }));
    await on.pass(30_000);
    expect(titles(on)).toEqual(["new critical", "resolved critical", "new critical"]);
  });

  it("repeat what is critical after four hours, and a warning after a day", async () => {
    const on = await asTheyAre();
    const lives = async (hours: number, severity: "warning" | "critical") => {
      for (let at = 0; at < hours * 6; at++) {
        on.emitAnomaly({ severity, state: "ongoing" });
        await on.pass(10 * MINUTE);
      }
    };
    await lives(5, "warning");
    expect(titles(on)).toEqual(["new warning"]);
    await lives(5, "critical");
    expect(titles(on)).toEqual(["new warning", "worse critical", "repeat critical"]);
  });

  it("are rules like others, to which more can be added", () => {
    expect(Object.isFrozen(DEFAULT_RULES)).toBe(true);
    expect(DEFAULT_RULES.map(({ name }) => name)).toEqual(["unusual", "budget burns", "full"]);
  });
});
