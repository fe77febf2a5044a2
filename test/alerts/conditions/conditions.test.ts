import type { AlertRule, Condition, Selection } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import { operationOf, type Stage, saturationOf, stage } from "../stage.js";

const CART = { name: "GET /cart", attributes: { "http.route": "/cart", region: "eu" } };
const PAY = { name: "POST /pay", attributes: { "http.route": "/pay", region: "us" } };

function one(when: Condition, more: Partial<AlertRule> = {}): Promise<Stage> {
  return stage({ rules: [{ name: "rule", when, ...more }] });
}

const firing = (on: Stage) =>
  on.alerts
    .active()
    .filter(({ state }) => state === "firing")
    .map(({ operation }) => operation);

describe("a condition on operations", () => {
  it("is an alert for each series that is beyond its threshold", async () => {
    const on = await one({ signal: "latency", percentile: 99.9, above: 500 });
    on.show({ ...CART, ms: 501 }, { ...PAY, ms: 500 }, { name: "GET /", ms: 900 });
    await on.steps();
    expect(on.alerts.active()).toMatchObject([
      { operation: "GET /cart", value: 501, threshold: 500, unit: "ms" },
      { operation: "GET /", reason: "p99.9 latency of GET / is 900 ms, above 500 ms" },
    ]);
  });

  it("selects by name and attributes", async () => {
    const when = { signal: "latency", above: 1 } as const;
    const of = async (more: Selection) => {
      const on = await one({ ...when, ...more });
      on.show(CART, PAY, { name: "job" });
      await on.steps();
      return firing(on);
    };
    expect(await of({ operation: "GET *" })).toEqual(["GET /cart"]);
    expect(await of({ operation: { not: ["GET *", "job"] } })).toEqual(["POST /pay"]);
    expect(await of({ attributes: { region: ["eu", "us"] } })).toEqual(["GET /cart", "POST /pay"]);
    expect(await of({ operation: "job", attributes: { region: "*" } })).toEqual(["job"]);
    expect(await of({ attributes: { region: { not: "" } }, operation: "*a*" })).toEqual([
      "GET /cart",
      "POST /pay",
    ]);
  });

  it("judges errors by ratio, and traffic by rate, in both directions", async () => {
    const errors = await one({ signal: "errors", above: 0.05 });
    errors.show({ ...CART, errors: 6 }, { ...PAY, errors: 5 });
    await errors.steps();
    expect(firing(errors)).toEqual(["GET /cart"]);
    expect(errors.alerts.active()[0]?.reason).toBe("error ratio of GET /cart is 6 %, above 5 %");
    const traffic = await one({ signal: "traffic", below: 1 });
    traffic.show({ ...CART, count: 59 }, { ...PAY, count: 60 }, { name: "still", count: 0 });
    await traffic.steps();
    expect(firing(traffic)).toEqual(["GET /cart", "still"]);
  });

  it("does not judge what is too little to judge", async () => {
    const on = await one({ signal: "errors", above: 0.05, minCount: 20 });
    on.show({ ...CART, count: 19, errors: 19 }, { ...PAY, count: 20, errors: 20 });
    await on.steps();
    expect(firing(on)).toEqual(["POST /pay"]);
    const latency = await one({ signal: "latency", above: 5 });
    latency.show({ ...CART, count: 9 }, { ...PAY, count: 10 });
    await latency.steps();
    expect(firing(latency)).toEqual(["POST /pay"]);
  });

  it("resolves where it says, or with the hysteresis of its rule", async () => {
    const on = await stage({
      rules: [
        { name: "at", when: { signal: "latency", above: 500, resolveAt: 300 } },
        { name: "share", when: { signal: "latency", above: 500 }, hysteresis: 0.2 },
        { name: "below", when: { signal: "traffic", below: 10, resolveAt: 20 } },
      ],
    });
    const rules = async (ms: number, count: number) => {
      on.show({ ...CART, ms, count });
      await on.steps(7);
      return on.alerts.active().map(({ rule }) => rule);
    };
    expect(await rules(600, 60)).toEqual(["at", "share", "below"]);
    expect(await rules(450, 700)).toEqual(["at", "share", "below"]);
    expect(await rules(400, 1200)).toEqual(["at"]);
    expect(await rules(301, 1200)).toEqual(["at"]);
    expect(await rules(300, 1200)).toEqual([]);
    expect(await rules(450, 700)).toEqual([]);
  });

  it("tells two instruments with operations of one name apart", async () => {
    const on = await one({ signal: "latency", above: 500 });
    const server = { ...CART, instrument: "http.server.request.duration", ms: 600 };
    const client = { ...CART, instrument: "http.client.request.duration", ms: 700 };
    on.show(server, client);
    await on.steps();
    expect(on.alerts.active().map(({ value }) => value)).toEqual([600, 700]);
    expect(new Set(on.alerts.active().map(({ key }) => key)).size).toBe(2);
  });
});

describe("a condition on other series", () => {
  it("watches what can run full, gauges and counters", async () => {
    const on = await stage({
      rules: [
        { name: "full", when: { saturation: "pg.pool", above: 0.9 } },
        { name: "queue", when: { gauge: "queue.*", above: 100, of: "max" } },
        { name: "failures", when: { counter: "failures", above: 0.5 } },
      ],
    });
    on.parts = {
      saturation: [saturationOf("pg.pool", 0.95, { pool: "a" }), saturationOf("cpu", 1)],
      gauges: [
        { name: "queue.a", attributes: {}, unit: "{job}", value: 5, mean: 5, min: 0, max: 200 },
      ],
      counters: [{ name: "failures", attributes: {}, unit: "", count: 60, perSecond: 1 }],
    };
    await on.steps();
    expect(on.alerts.active().map(({ reason }) => reason)).toEqual([
      "saturation of pg.pool is 95 %, above 90 %",
      "max of queue.a is 200 {job}, above 100 {job}",
      "rate of failures is 1/s, above 0.5/s",
    ]);
  });

  it("forecasts when something will be full, and leaves noise alone", async () => {
    const within = 3 * 3_600_000;
    const on = await one({ forecast: { saturation: "*", withinMs: within } });
    let growing = 0.2;
    for (let step = 0; step < 120; step++) {
      // Full in a little less than two hours at first.
      growing += 0.8 / 700;
      const noise = step % 2 === 0 ? 0.85 : 0.95;
      on.parts = { saturation: [saturationOf("disk", growing), saturationOf("noise", noise)] };
      await on.steps();
    }
    expect(on.alerts.active()).toMatchObject([{ operation: "disk", unit: "ms" }]);
    const [alert] = on.alerts.active();
    expect(alert?.reason).toMatch(/^disk will be full in 1\.\d+ h if it goes on like this$/);
    expect(Math.abs((alert?.value ?? 0) - (700 - 120) * 10_000)).toBeLessThan(600_000);
  });
});

describe("a condition on events", () => {
  it("fires while an anomaly lasts, with its severity, and ends with it", async () => {
    const on = await one({ anomaly: { signal: "latency", severity: "warning" } });
    on.emitAnomaly({ severity: "info", id: "too mild" });
    on.emitAnomaly({ signal: "traffic", id: "another signal" });
    await on.steps();
    expect(firing(on)).toEqual([]);
    on.emitAnomaly({ id: "n2", severity: "critical" });
    await on.steps();
    expect(on.alerts.active()).toMatchObject([
      { operation: "GET /cart", severity: "critical", value: 400, threshold: 150 },
    ]);
    on.emitAnomaly({ id: "n2", state: "ended" });
    await on.steps();
    expect(firing(on)).toEqual([]);
  });

  it("forgets an anomaly that nobody speaks of any more", async () => {
    const on = await one({ anomaly: {} });
    on.emitAnomaly();
    await on.pass(890_000);
    expect(firing(on)).toEqual(["GET /cart"]);
    await on.pass(30_000);
    expect(firing(on)).toEqual([]);
  });

  it("fires for an SLO by its name, as the SLO tells of itself", async () => {
    const on = await one({ slo: "checkout", severity: "warning" });
    const tell = (state: "firing" | "resolved", severity: "critical" | "info", name = "checkout") =>
      on.context.emit({
        type: "alert",
        key: `slo:${name}`,
        rule: `slo:${name}`,
        state,
        operation: "POST /pay",
        attributes: {},
        signal: "errors",
        severity,
        timeMs: 0,
        sinceMs: 0,
        reason: "checkout spends its error budget 20 times as fast as allowed",
        value: 20,
        labels: { slo: name },
        annotations: {},
      });
    tell("firing", "critical", "another");
    tell("firing", "info");
    await on.steps();
    expect(firing(on)).toEqual([]);
    tell("firing", "critical");
    await on.steps();
    expect(on.alerts.active()).toMatchObject([
      { operation: "checkout", severity: "critical", value: 20, signal: "slo" },
    ]);
    tell("resolved", "critical");
    await on.steps();
    expect(firing(on)).toEqual([]);
  });

  it("asks an SLO that it was given, and takes what it throws for missing data", async () => {
    let burn: unknown = [
      { severity: "info", factor: 1, long: 1.2, firing: true },
      { severity: "critical", factor: 14.4, long: 20, firing: true },
    ];
    const source = {
      name: "checkout",
      status() {
        if (burn === undefined) throw new Error("not yet");
        return { burn } as never;
      },
    };
    const on = await one({ slo: source });
    await on.steps();
    expect(on.alerts.active()).toMatchObject([
      { severity: "critical", value: 20, threshold: 14.4, unit: "×" },
    ]);
    burn = undefined;
    await on.steps(3);
    expect(firing(on)).toEqual(["checkout"]);
    burn = [{ severity: "critical", factor: 14.4, long: 2, firing: false }, null, 5];
    await on.steps();
    expect(firing(on)).toEqual([]);
  });
});

describe("a condition of the host's", () => {
  it("fires for true and for numbers that are not 0, which are its value", async () => {
    let answer: unknown = false;
    const on = await one(() => answer as boolean);
    for (const [each, count] of [
      [false, 0],
      [0, 0],
      [true, 1],
      [7, 1],
    ] as const) {
      answer = each;
      await on.steps();
      expect(on.alerts.active().length, String(each)).toBe(count);
    }
    expect(on.alerts.active()[0]).toMatchObject({ operation: "rule", value: 7 });
  });

  it("that throws, hangs or answers nonsense harms nothing, and is told of once", async () => {
    const answers: readonly (() => unknown)[] = [
      () => {
        throw new Error("called");
      },
      () => Promise.reject(new Error("awaited")),
      () => new Promise(() => {}),
      () => Number.NaN,
      () => undefined,
      () => "true",
    ];
    for (const answer of answers) {
      const on = await stage({
        rules: [
          { name: "bad", when: answer as () => boolean },
          { name: "good", when: () => true },
        ],
      });
      await on.steps(3);
      expect(on.alerts.active().map(({ rule }) => rule)).toEqual(["good"]);
      expect(on.warnings.length).toBeLessThanOrEqual(1);
    }
  });

  it("is given the snapshot of the last minute", async () => {
    const on = await one(({ window, operations }) => window === "1m" && operations.length);
    on.show(CART, PAY);
    await on.steps();
    expect(on.alerts.active()[0]?.value).toBe(2);
  });
});

describe("conditions together", () => {
  const late = { signal: "latency", above: 500 } as const;
  const failing = { signal: "errors", above: 0.1 } as const;

  it("join by operation in allOf", async () => {
    const on = await one({ allOf: [late, failing] });
    on.show({ ...CART, ms: 600, errors: 50 }, { ...PAY, ms: 600 }, { name: "a", errors: 50 });
    await on.steps();
    expect(firing(on)).toEqual(["GET /cart"]);
    on.show({ ...CART, ms: 600, errors: 0 });
    await on.steps();
    expect(firing(on)).toEqual([]);
  });

  it("in allOf, what is of no operation holds for all of them or for none", async () => {
    const on = await one({ allOf: [{ saturation: "cpu", above: 0.9 }, late] });
    on.show({ ...CART, ms: 600 }, { ...PAY, ms: 700 });
    const cpu = (value: number) => {
      on.parts = { ...on.parts, saturation: [saturationOf("cpu", value, { core: 1 })] };
    };
    cpu(0.5);
    await on.steps();
    expect(firing(on)).toEqual([]);
    cpu(0.95);
    await on.steps();
    expect(firing(on)).toEqual(["GET /cart", "POST /pay"]);
    cpu(0.5);
    await on.steps();
    expect(firing(on)).toEqual([]);
  });

  it("are one alert a series in anyOf", async () => {
    const on = await one({ anyOf: [late, failing, { saturation: "cpu", above: 0.9 }] });
    on.show({ ...CART, ms: 600, errors: 50 }, { ...PAY, errors: 50 });
    on.parts = { ...on.parts, saturation: [saturationOf("cpu", 0.95)] };
    await on.steps();
    expect(firing(on)).toEqual(["GET /cart", "POST /pay", "cpu"]);
  });

  it("are turned round by not", async () => {
    const on = await one({ allOf: [late, { not: failing }] });
    on.show({ ...CART, ms: 600, errors: 50 }, { ...PAY, ms: 600 });
    await on.steps();
    expect(firing(on)).toEqual(["POST /pay"]);
  });

  it("see every series at work once however many there have been", async () => {
    const on = await one(late);
    for (let generation = 0; generation < 5; generation++) {
      const operations = Array.from({ length: 400 }, (_, at) =>
        operationOf({ name: `${generation}-${at}`, ms: at === 7 ? 900 : 1 }),
      );
      on.parts = { operations };
      await on.steps(2);
      expect(firing(on)).toContain(`${generation}-7`);
    }
    await on.pass(60_000);
    expect(firing(on)).toEqual(["4-7"]);
  });
});
