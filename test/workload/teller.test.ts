import { describe, expect, it } from "vitest";
import type { AlertEvent, Insight } from "../../src/index.js";
import { type Finding, Teller } from "../../src/workload/insights/teller.js";

const finding = (operation: string): Finding => ({
  kind: "gpu",
  alert: "gpu",
  operation,
  signal: "saturation",
  severity: "critical",
  reason: "hot",
  advice: "cool it",
  data: { type: "high_temperature" },
});

function telling(coolDownMs = 1000) {
  const events: (AlertEvent | Insight)[] = [];
  const teller = new Teller(coolDownMs, (event) => void events.push(event));
  const insights = () => events.filter((event): event is Insight => event.type === "insight");
  return { teller, events, insights };
}

describe("conditions that are told of", () => {
  it("are ended when nobody judges them any more", () => {
    const { teller, insights } = telling();
    teller.judge("a", true, 0, () => finding("a"));
    teller.judge("b", true, 0, () => finding("b"));
    teller.judge("b", true, 600, () => finding("b"));
    teller.expire(999, 1000);
    expect(insights()).toHaveLength(2);
    teller.expire(1000, 1000);
    teller.expire(1100, 1000);
    expect(insights().slice(2)).toMatchObject([
      { operation: "a", severity: "info", data: { state: "ended" } },
    ]);
    expect(teller.isOn("a")).toBe(false);
    expect(teller.isOn("b")).toBe(true);
  });

  it("are ended when too many others take their place", () => {
    const { teller, insights, events } = telling();
    for (let i = 0; i < 5003; i++) teller.judge(String(i), true, i, () => finding(String(i)));
    const ended = insights().filter(({ data }) => data.state === "ended");
    expect(ended.map(({ operation }) => operation)).toEqual(["0", "1", "2"]);
    const alerts = events.filter((event) => event.type === "alert");
    expect(alerts.filter(({ state }) => state === "resolved")).toHaveLength(3);
  });

  it("are begun and ended in pairs, an alert beside each insight", () => {
    const { teller, events } = telling();
    teller.judge("a", true, 5, () => finding("a"));
    teller.judge("a", true, 6, () => finding("a"));
    teller.judge("a", false, 7, () => ({ ...finding("a"), reason: "cool" }));
    expect(events).toMatchObject([
      { type: "insight", data: { state: "begun" }, advice: "cool it" },
      { type: "alert", state: "firing", key: "workload:a", sinceMs: 5 },
      { type: "insight", data: { state: "ended" }, reason: "over: cool", severity: "info" },
      { type: "alert", state: "resolved", key: "workload:a", sinceMs: 5, timeMs: 7 },
    ]);
    expect("advice" in (events[2] as object)).toBe(false);
  });
});
