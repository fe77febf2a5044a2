import type { AlertsOptions } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import { listener, stage } from "./stage.js";

const rules: AlertsOptions["rules"] = [
  {
    name: "slow",
    severity: "warning",
    when: { signal: "latency", above: 500 },
    labels: { team: "shop" },
  },
  {
    name: "failing",
    severity: "critical",
    when: { signal: "errors", above: 0.1 },
    labels: { team: "pay" },
  },
];

function staff(...names: string[]) {
  const listeners = names.map((name) => listener(name));
  const told = () =>
    Object.fromEntries(listeners.map(({ notices }, at) => [names[at], notices.length]));
  const of = (name: string) => listeners[names.indexOf(name)]?.notices ?? [];
  return { notifiers: listeners.map(({ notifier }) => notifier), told, of };
}

const FAILING = { name: "POST /pay", errors: 50 };
const SLOW = { name: "GET /a", ms: 900 };

describe("a route", () => {
  it("takes alerts that fit to its notifiers; what fits none goes to all", async () => {
    const { notifiers, told } = staff("chat", "pager");
    const on = await stage({
      rules,
      notifiers,
      routes: [{ match: { severity: "critical" }, notifiers: ["pager"] }],
      groupBy: ["operation"],
    });
    on.show(FAILING, SLOW);
    await on.pass(60_000);
    expect(told()).toEqual({ chat: 1, pager: 2 });
  });

  it("that fits first has the alert to itself, unless it continues", async () => {
    const routes = (isContinuing: boolean): AlertsOptions["routes"] => [
      { match: { team: "pay" }, notifiers: ["chat"], continue: isContinuing },
      { match: { severity: ["critical", "warning"] }, notifiers: ["pager"] },
    ];
    const of = async (isContinuing: boolean) => {
      const { notifiers, told } = staff("chat", "pager");
      const on = await stage({ rules, notifiers, routes: routes(isContinuing) });
      on.show(FAILING);
      await on.pass(60_000);
      on.show({ ...FAILING, errors: 0 });
      await on.pass(60_000);
      return told();
    };
    expect(await of(false)).toEqual({ chat: 2, pager: 0 });
    expect(await of(true)).toEqual({ chat: 2, pager: 2 });
  });

  it("hands on what it says to the routes within it", async () => {
    const { notifiers, told, of } = staff("chat", "pager", "boss");
    const on = await stage({
      rules,
      notifiers,
      groupBy: ["alertname"],
      routes: [
        {
          match: { team: "*" },
          notifiers: ["chat"],
          groupWaitMs: 120_000,
          routes: [{ match: { team: "pay" }, notifiers: ["pager"] }],
        },
      ],
    });
    on.show(FAILING, SLOW);
    await on.pass(110_000);
    expect(told()).toEqual({ chat: 0, pager: 0, boss: 0 });
    await on.pass(30_000);
    expect(told()).toEqual({ chat: 1, pager: 1, boss: 0 });
    expect(of("pager")[0]?.group).toEqual({ alertname: "failing" });
  });

  it("fits the labels that every alert has", async () => {
    const { notifiers, told } = staff("chat", "pager");
    const match = { service: "shop", operation: "GET *", alertname: { not: "failing" } };
    const on = await stage({ rules, notifiers, routes: [{ match, notifiers: ["pager"] }] });
    on.show(SLOW);
    await on.pass(60_000);
    expect(told()).toEqual({ chat: 0, pager: 1 });
  });
});

describe("an escalation", () => {
  const escalate = [
    { afterMs: 1_200_000, notifiers: ["boss"] },
    { afterMs: 600_000, notifiers: ["pager"] },
  ];
  const options = { rules, escalate, routes: [{ notifiers: ["chat"] }] };

  it("tells others when nobody has acknowledged, step by step, and how it ended", async () => {
    const { notifiers, told, of } = staff("chat", "pager", "boss");
    const on = await stage({ ...options, notifiers });
    on.show(FAILING);
    await on.pass(600_000);
    expect(told()).toEqual({ chat: 1, pager: 0, boss: 0 });
    await on.pass(60_000);
    expect(told()).toEqual({ chat: 1, pager: 1, boss: 0 });
    expect(of("pager")[0]).toMatchObject({ cause: "escalation", escalation: 1, status: "firing" });
    expect(of("pager")[0]?.title).toMatch(/^shop: nobody has acknowledged: error ratio/);
    await on.pass(600_000);
    expect(of("boss")[0]).toMatchObject({ escalation: 2 });
    await on.pass(600_000);
    on.show({ ...FAILING, errors: 0 });
    await on.pass(60_000);
    expect(told()).toEqual({ chat: 2, pager: 2, boss: 2 });
    expect(of("boss")[1]?.status).toBe("resolved");
  });

  it("comes to nothing once somebody has", async () => {
    const { notifiers, told, of } = staff("chat", "pager", "boss");
    const on = await stage({ ...options, notifiers });
    on.show(FAILING);
    await on.pass(300_000);
    expect(on.alerts.acknowledge(String(of("chat")[0]?.incident?.id), "ann")).toBe(true);
    expect(on.incidentEvents.at(-1)?.state).toBe("open");
    await on.pass(3_600_000);
    expect(told()).toEqual({ chat: 1, pager: 0, boss: 0 });
    expect(on.incidentEvents.at(-1)?.state).toBe("acknowledged");
  });
});
