import type { AlertsOptions, Notice } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import { listener, type Stage, stage } from "./stage.js";

const slow = { name: "slow", when: { signal: "latency", above: 500 } } as const;
const failing = { name: "failing", when: { signal: "errors", above: 0.1 } } as const;
const A = { name: "GET /a", attributes: { route: "a" } };

const causes = (on: Stage) => on.notices.map(({ cause }) => cause);

async function firing(options: Partial<AlertsOptions> = {}): Promise<Stage> {
  const on = await stage({ rules: [slow], ...options });
  on.show({ ...A, ms: 900 });
  await on.pass(60_000);
  return on;
}

describe("a group", () => {
  it("waits for what belongs to it, and is told of once", async () => {
    const on = await stage({ rules: [slow], groupBy: ["alertname"] });
    on.show({ ...A, ms: 900 });
    await on.steps(2);
    on.show({ ...A, ms: 900 }, { name: "b", ms: 800 });
    await on.pass(60_000);
    expect(on.notices).toHaveLength(1);
    expect(on.notices[0]?.alerts.map(({ operation }) => operation)).toEqual(["GET /a", "b"]);
    expect(on.notices[0]?.group).toEqual({ alertname: "slow" });
  });

  it("has the alerts that share its labels, and no others", async () => {
    const on = await stage({ rules: [slow], groupBy: ["region"] });
    const of = (name: string, region: string) => ({ name, attributes: { region }, ms: 900 });
    on.show(of("a", "eu"), of("b", "us"), of("c", "eu"), { name: "d", ms: 900 });
    await on.pass(60_000);
    expect(on.notices.map(({ group, alerts }) => [group["region"], alerts.length])).toEqual([
      ["eu", 2],
      ["us", 1],
      ["", 1],
    ]);
  });

  it("says what came after its notice only after an interval, all at once", async () => {
    const on = await firing({ groupBy: ["alertname"] });
    for (let more = 1; more <= 20; more++) {
      const names = Array.from({ length: more }, (_, at) => ({ name: `b${at}`, ms: 900 }));
      on.show({ ...A, ms: 900 }, ...names);
      await on.steps();
    }
    expect(causes(on)).toEqual(["new"]);
    await on.pass(900_000);
    expect(causes(on)).toEqual(["new", "more"]);
    expect(on.notices[1]?.alerts).toHaveLength(21);
  });

  it("that gets worse says so at once", async () => {
    const rules = [
      { ...slow, severity: "warning" as const },
      {
        name: "very slow",
        severity: "critical" as const,
        when: { signal: "latency", above: 2000 } as const,
      },
    ];
    const on = await firing({ rules });
    on.show({ ...A, ms: 3000 });
    await on.steps(2);
    expect(on.notices).toMatchObject([
      { cause: "new", severity: "warning" },
      { cause: "worse", severity: "critical" },
    ]);
    await on.pass(3_600_000);
    expect(causes(on)).toEqual(["new", "worse"]);
  });

  it("that goes on is repeated after an interval, until somebody acknowledges", async () => {
    const on = await firing({ repeatIntervalMs: 600_000 });
    await on.pass(1_210_000);
    expect(causes(on)).toEqual(["new", "repeat", "repeat"]);
    expect(new Set(on.notices.map(({ dedupKey }) => dedupKey)).size).toBe(3);
    const [alert] = on.alerts.active();
    expect(on.alerts.acknowledge(String(alert?.key), "ann", "on it")).toBe(true);
    await on.pass(3_600_000);
    expect(causes(on)).toHaveLength(3);
    expect(on.alerts.active()[0]?.acknowledged).toMatchObject({ by: "ann", comment: "on it" });
    on.show({ ...A, ms: 1 });
    await on.pass(60_000);
    expect(causes(on).at(-1)).toBe("resolved");
    expect(on.notices.at(-1)?.alerts[0]).toMatchObject({ acknowledgedBy: "ann" });
  });

  it("whose alerts end one after the other is over with the last of them", async () => {
    const on = await stage({ rules: [slow], groupBy: ["alertname"] });
    on.show({ ...A, ms: 900 }, { name: "b", ms: 900 });
    await on.pass(60_000);
    on.show({ ...A, ms: 900 }, { name: "b" });
    await on.pass(600_000);
    expect(causes(on)).toEqual(["new"]);
    on.show(A, { name: "b" });
    await on.steps(3);
    expect(causes(on)).toEqual(["new"]);
    await on.steps();
    expect(on.notices.at(-1)).toMatchObject({ status: "resolved", cause: "resolved" });
    expect(on.notices.at(-1)?.alerts.map(({ status }) => status)).toEqual(["resolved", "resolved"]);
  });

  it("that comes back while its end waits to be told has never ended", async () => {
    const on = await firing({ flap: false });
    for (let round = 0; round < 5; round++) {
      on.show(A);
      await on.steps(2);
      on.show({ ...A, ms: 900 });
      await on.steps(2);
    }
    await on.pass(600_000);
    expect(causes(on)).toEqual(["new"]);
  });

  it("says nothing of its end where its route does not", async () => {
    const on = await firing({ sendResolved: false });
    on.show(A);
    await on.pass(60_000);
    expect(causes(on)).toEqual(["new"]);
    on.show({ ...A, ms: 900 });
    await on.pass(60_000);
    expect(causes(on)).toEqual(["new", "new"]);
  });

  it("does not tell of what was over before its wait was", async () => {
    const on = await stage({ rules: [slow] });
    on.show({ ...A, ms: 900 });
    await on.steps(2);
    on.show(A);
    await on.pass(120_000);
    expect(on.notices).toEqual([]);
    expect(on.counts.get("auspex.alerts.untold brief")).toBe(1);
  });
});

describe("an inhibition", () => {
  const down = {
    name: "down",
    severity: "critical" as const,
    when: { signal: "errors", above: 0.9 } as const,
  };
  const inhibit = [
    { source: { alertname: "down" }, target: { alertname: "slow" }, equal: ["host"] },
  ];
  const of = (name: string, host: string, more: object) => ({
    name,
    attributes: { host },
    ...more,
  });

  it("keeps alerts quiet while another one fires that shares its labels", async () => {
    const on = await stage({ rules: [slow, down], inhibit, groupBy: ["operation"] });
    on.show(of("a", "1", { errors: 99 }), of("b", "1", { ms: 900 }), of("c", "2", { ms: 900 }));
    await on.pass(120_000);
    const told = on.notices.flatMap(({ alerts }) => alerts.map(({ operation }) => operation));
    expect(told.sort()).toEqual(["a", "c"]);
    const kept = on.alerts.active().find(({ operation }) => operation === "b");
    expect(kept).toMatchObject({
      isTold: false,
      quiet: { kind: "inhibited", text: "by down of a" },
    });
  });

  it("ends with its source: what still fires is told of then, after a minute", async () => {
    const on = await stage({ rules: [slow, down], inhibit, groupBy: ["operation"] });
    on.show(of("a", "1", { errors: 99 }), of("b", "1", { ms: 900 }));
    await on.pass(120_000);
    on.show(of("a", "1", {}), of("b", "1", { ms: 900 }));
    await on.steps(5);
    expect(on.notices.map(({ cause }) => cause)).toEqual(["new", "resolved"]);
    await on.pass(90_000);
    expect(on.notices.at(-1)).toMatchObject({ cause: "new", alerts: [{ operation: "b" }] });
  });

  it("says nothing at all when both end together", async () => {
    const on = await stage({ rules: [slow, down], inhibit, groupBy: ["operation"] });
    on.show(of("a", "1", { errors: 99 }), of("b", "1", { ms: 900 }));
    await on.pass(120_000);
    on.show(of("a", "1", {}), of("b", "1", {}));
    await on.pass(300_000);
    expect(on.notices.map(({ cause }) => cause)).toEqual(["new", "resolved"]);
    expect(on.counts.get("auspex.alerts.untold inhibited")).toBe(1);
  });

  it("does not keep an alert quiet that is a source of it itself", async () => {
    const both = [{ source: { severity: "*" }, target: { severity: "*" } }];
    const on = await stage({ rules: [slow, failing], inhibit: both });
    on.show({ ...A, ms: 900, errors: 50 });
    await on.pass(60_000);
    expect(on.notices[0]?.alerts).toHaveLength(2);
  });
});

describe("a silence", () => {
  it("keeps what fits quiet until it ends; what still fires is told of then", async () => {
    const on = await stage({ rules: [slow], groupBy: ["operation"] });
    const untilMs = on.clock.wall() + 600_000;
    const id = on.alerts.silence({ matchers: { route: "a" }, untilMs, by: "ann", comment: "test" });
    expect(on.alerts.silences()).toMatchObject([{ id, by: "ann", untilMs }]);
    on.show({ ...A, ms: 900 }, { name: "b", ms: 900 });
    await on.pass(590_000);
    const told = () => on.notices.flatMap(({ alerts }) => alerts.map(({ operation }) => operation));
    expect(told()).toEqual(["b"]);
    expect(on.alerts.active()[0]?.quiet).toEqual({
      kind: "silence",
      text: `silence ${id} by ann: test`,
    });
    await on.pass(60_000);
    expect(told().sort()).toEqual(["GET /a", "b"]);
    expect(on.alerts.silences()).toEqual([]);
  });

  it("can begin later, and be ended before its time", async () => {
    const on = await stage({ rules: [slow] });
    const now = on.clock.wall();
    const untilMs = now + 1e9;
    const id = on.alerts.silence({ matchers: { severity: "*" }, fromMs: now + 300_000, untilMs });
    on.show({ ...A, ms: 900 });
    await on.pass(60_000);
    expect(on.notices).toHaveLength(1);
    await on.pass(300_000);
    expect(on.alerts.active()[0]?.quiet?.kind).toBe("silence");
    expect(on.alerts.unsilence(String(id))).toBe(true);
    expect(on.alerts.unsilence(String(id))).toBe(false);
    await on.steps();
    expect(on.alerts.active()[0]?.quiet).toBeUndefined();
  });

  it("follows the clock on the wall, which may be set", async () => {
    const on = await stage({ rules: [slow] });
    const untilMs = on.clock.wall() + 3_600_000;
    on.alerts.silence({ matchers: { severity: "*" }, untilMs });
    on.show({ ...A, ms: 900 });
    await on.steps(2);
    on.clock.epoch += 3_600_000;
    await on.pass(60_000);
    expect(on.notices).toHaveLength(1);
    expect(on.notices[0]?.alerts[0]?.startsAtMs).toBeGreaterThan(untilMs - 3_600_000);
  });

  it("that has a fault is none, and says why", async () => {
    const on = await stage({ rules: [slow] });
    expect(on.alerts.silence({ matchers: {}, untilMs: 1 })).toBeUndefined();
    expect(on.alerts.silence(undefined as never)).toBeUndefined();
    expect(on.warnings[0]).toMatch(/matchers is empty/);
  });

  it("does not hide the end of what was told", async () => {
    const on = await firing();
    on.alerts.silence({ matchers: { severity: "*" }, untilMs: on.clock.wall() + 1e9 });
    on.show(A);
    await on.pass(60_000);
    expect(causes(on)).toEqual(["new", "resolved"]);
  });
});

describe("a cooldown", () => {
  it("keeps an alert quiet that comes back too soon, but not for ever", async () => {
    const on = await stage({ rules: [{ ...slow, cooldownMs: 600_000 }], flap: false });
    const show = async (ms: number, forMs: number) => {
      on.show({ ...A, ms });
      await on.pass(forMs);
    };
    await show(900, 60_000);
    await show(1, 60_000);
    await show(900, 120_000);
    expect(causes(on)).toEqual(["new", "resolved"]);
    expect(on.alerts.active()[0]?.quiet?.kind).toBe("cooldown");
    await show(1, 20_000);
    expect(on.counts.get("auspex.alerts.untold cooldown")).toBe(1);
    await show(900, 700_000);
    expect(causes(on)).toEqual(["new", "resolved", "new"]);
  });
});

describe("an alert that flaps", () => {
  it("is told of once, as flapping, and once when it is calm", async () => {
    const on = await stage({ rules: [slow] });
    for (let round = 0; round < 30; round++) {
      on.show({ ...A, ms: 900 });
      await on.pass(60_000);
      on.show(A);
      await on.pass(60_000);
    }
    const before = on.notices.length;
    expect(before).toBeLessThanOrEqual(5);
    expect(on.alerts.active()[0]?.flapping).toMatch(/^fired \d+ times in/);
    await on.pass(3_600_000);
    expect(on.notices).toHaveLength(before + 1);
    expect(on.notices.at(-1)?.status).toBe("resolved");
    const flapping = on.alerts.history().filter(({ what }) => what === "flapping");
    expect(flapping).toHaveLength(1);
  });

  it("is told of even when no single firing lasts as long as its group waits", async () => {
    const on = await stage({ rules: [slow] });
    for (let round = 0; round < 12; round++) {
      on.show({ ...A, ms: 900 });
      await on.steps();
      on.show(A);
      await on.steps();
    }
    expect(causes(on)).toEqual(["new"]);
    expect(on.notices[0]?.alerts[0]?.flapping).toMatch(/^fired \d+ times/);
  });

  it("is not held back where that is not wanted", async () => {
    const on = await stage({ rules: [slow], flap: false, fatigue: { burst: 1000 } });
    for (let round = 0; round < 10; round++) {
      on.show({ ...A, ms: 900 });
      await on.pass(60_000);
      on.show(A);
      await on.pass(60_000);
    }
    expect(on.notices).toHaveLength(20);
  });
});

describe("a notifier that is asked to tell too much", () => {
  const many = (count: number, ms: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `op ${at}`, ms }));

  it("gets digests instead, which say what they stand for", async () => {
    const on = await stage({
      rules: [{ ...slow, severity: "warning" }],
      groupBy: ["operation"],
      fatigue: { burst: 3, digestMs: 600_000 },
    });
    on.show(...many(40, 900));
    await on.pass(60_000);
    expect(on.notices).toHaveLength(3);
    expect(on.alerts.fatigue()["log"]).toBeGreaterThan(0.9);
    await on.pass(600_000);
    expect(on.notices).toHaveLength(4);
    const digest = on.notices[3] as Notice;
    expect(digest).toMatchObject({ status: "digest", cause: "digest", severity: "warning" });
    expect(digest.parts).toHaveLength(37);
    expect(digest.title).toBe("shop: 37 notices in one");
    const told = new Set(on.notices.flatMap(({ alerts }) => alerts.map(({ key }) => key)));
    expect(told.size).toBe(40);
  });

  it("hears of what is critical within a minute, still as few notices", async () => {
    const on = await stage({ rules: [{ ...slow, severity: "critical" }], groupBy: ["operation"] });
    on.show(...many(1000, 900));
    await on.pass(180_000);
    expect(on.notices).toHaveLength(5);
    expect(on.notices[4]).toMatchObject({ status: "digest", severity: "critical", omitted: 946 });
    expect(on.notices[4]?.parts).toHaveLength(50);
  });

  it("with a restraint of its own gets every notice", async () => {
    const { notices, notifier } = listener("pager", { digests: false });
    const on = await stage({ rules: [slow], notifiers: [notifier], groupBy: ["operation"] });
    on.show(...many(40, 900));
    await on.pass(60_000);
    expect(notices).toHaveLength(40);
    expect(notices.every(({ status }) => status === "firing")).toBe(true);
  });

  it("is rested again after a while", async () => {
    const on = await stage({
      rules: [slow],
      groupBy: ["operation"],
      fatigue: { burst: 3, perHour: 6 },
    });
    on.show(...many(3, 900));
    await on.pass(60_000);
    expect(on.alerts.fatigue()["log"]).toBeCloseTo(1, 1);
    await on.pass(1_800_000);
    expect(on.alerts.fatigue()["log"]).toBe(0);
  });
});

describe("what somebody does by hand", () => {
  it("to resolve is told at once, and it stays over until it has been over", async () => {
    const on = await firing();
    const [notice] = on.notices;
    expect(on.alerts.resolve(String(notice?.key), "ann")).toBe(true);
    await on.pass(600_000);
    expect(causes(on)).toEqual(["new", "resolved"]);
    expect(on.notices[1]?.timeMs).toBeLessThanOrEqual(Number(notice?.timeMs) + 40_000);
    expect(on.alerts.active()[0]?.quiet?.kind).toBe("resolved-by-hand");
    on.show(A);
    await on.pass(60_000);
    on.show({ ...A, ms: 900 });
    await on.pass(60_000);
    expect(causes(on)).toEqual(["new", "resolved", "new"]);
  });

  it("to resolve what goes on is forgotten when a repeat would be due", async () => {
    const on = await firing({ repeatIntervalMs: 600_000 });
    on.alerts.resolve(String(on.notices[0]?.key), "ann");
    await on.pass(660_000);
    expect(causes(on)).toEqual(["new", "resolved", "new"]);
  });

  it("is shown with the alert, and in the history", async () => {
    const on = await firing();
    const key = String(on.alerts.active()[0]?.key);
    expect(on.alerts.comment(key, "looking", "ann")).toBe(true);
    expect(on.alerts.comment("nothing", "looking")).toBe(false);
    expect(on.alerts.acknowledge("nothing")).toBe(false);
    expect(on.alerts.active()[0]?.comments).toMatchObject([{ by: "ann", text: "looking" }]);
    expect(on.alerts.history().map(({ what }) => what)).toEqual([
      "fired",
      "notice",
      "delivered",
      "comment",
    ]);
  });

  it("before the monitor runs is done as soon as it does", async () => {
    const { Stage } = await import("./stage.js");
    const on = new Stage({ rules: [slow] });
    expect(on.alerts.active()).toEqual([]);
    expect(on.alerts.silence({ matchers: { route: "a" }, untilMs: 1e15 })).toMatch(/^[0-9a-f]+$/);
    await on.start();
    on.show({ ...A, ms: 900 });
    await on.pass(60_000);
    expect(on.alerts.active()[0]?.quiet?.kind).toBe("silence");
  });
});
