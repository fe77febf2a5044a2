import type { AlertsOptions } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import type { DependencySnapshot } from "../../../src/snapshot/model.js";
import { operationOf, type Stage, saturationOf, stage } from "../stage.js";

const rules: AlertsOptions["rules"] = [
  { name: "slow", when: { signal: "latency", above: 500 } },
  { name: "failing", severity: "critical", when: { signal: "errors", above: 0.1 } },
  { name: "full", when: { saturation: "*", above: 0.9 } },
];

const route = (at: number, more: object = {}) => ({
  name: `GET /${at}`,
  attributes: { "http.route": `/${at}`, zone: at % 2 === 0 ? "a" : "b" },
  ...more,
});

const DB = "db.client.operation.duration";
const query = (ms: number, errors = 0) => ({
  name: "SELECT orders",
  instrument: DB,
  attributes: { "server.service.name": "postgres" },
  ms,
  errors,
});

function postgres(errorRatio = 0): DependencySnapshot {
  const { latency, traffic, errors, aborted, inFlight } = operationOf(query(10, errorRatio * 100));
  const base = { caller: "shop", name: "postgres", kind: "db", operations: 1 } as const;
  return { ...base, latency, traffic, errors, aborted, inFlight };
}

const open = (on: Stage) => on.alerts.incidents().filter(({ state }) => state !== "resolved");
const quietly = { flap: false } as const;

describe("an incident", () => {
  it("has all alerts that begin at about the same time, in one notice", async () => {
    const on = await stage({ rules });
    on.show(...Array.from({ length: 14 }, (_, at) => route(at, { ms: 900 })));
    await on.steps();
    on.show(...Array.from({ length: 15 }, (_, at) => route(at, { ms: 900 })));
    await on.pass(120_000);
    expect(open(on)).toHaveLength(1);
    expect(open(on)[0]?.members).toHaveLength(15);
    expect(open(on)[0]?.title).toBe("latency of 15 operations");
    expect(on.notices).toHaveLength(1);
    expect(on.notices[0]).toMatchObject({
      title: "shop: latency of 15 operations",
      incident: { id: open(on)[0]?.id },
      group: { incident: open(on)[0]?.id },
    });
  });

  it("is another one when nothing but the rule is common and time lies between", async () => {
    const on = await stage({ rules });
    on.show(route(1, { ms: 900 }), route(2), route(4), route(6), route(3));
    await on.pass(300_000);
    on.show(route(1, { ms: 900 }), route(2, { ms: 900 }), route(4), route(6), route(3));
    await on.pass(60_000);
    expect(open(on)).toHaveLength(2);
    expect(on.notices).toHaveLength(2);
  });

  it("has what calls and what is called, though minutes lie between", async () => {
    const on = await stage({ rules });
    on.parts = { dependencies: [postgres()] };
    on.show(query(900), route(1));
    await on.pass(300_000);
    on.show(query(900), route(1, { errors: 50 }));
    await on.pass(60_000);
    expect(open(on)).toHaveLength(1);
    expect(open(on)[0]?.members).toHaveLength(2);
  });

  it("goes by declared links where there are some", async () => {
    const links = [{ caller: "GET /1", dependency: "postgres" }];
    const of = async (at: number) => {
      const on = await stage({ rules, links });
      on.parts = { dependencies: [postgres()] };
      on.show(query(900), route(at), route(8));
      await on.pass(300_000);
      on.show(query(900), route(at, { errors: 50 }), route(8));
      await on.pass(60_000);
      return open(on).length;
    };
    expect(await of(1)).toBe(1);
    expect(await of(2)).toBe(2);
  });

  it("has alerts of one pattern: the same attribute, and the same shape", async () => {
    const others = Array.from({ length: 8 }, (_, at) => route(100 + at));
    const tenant = (at: number, more: object) => ({
      name: `GET /t${at}`,
      attributes: { tenant: "acme" },
      ...more,
    });
    const of = async (more: object) => {
      const on = await stage({ rules });
      on.show(tenant(1, { ms: 900 }), tenant(2, {}), ...others);
      await on.pass(300_000);
      on.show(tenant(1, { ms: 900 }), tenant(2, more), ...others);
      await on.pass(60_000);
      return open(on).length;
    };
    expect(await of({ ms: 900 })).toBe(1);
    expect(await of({ errors: 50 })).toBe(2);
  });

  it("swallows another one that it turns out to belong to; its receivers hear of its end", async () => {
    const on = await stage({ rules });
    on.parts = { dependencies: [postgres()] };
    on.show(query(900), route(1), route(2));
    await on.pass(180_000);
    // Of an operation that no dependency is known to be called from: its attributes do not say.
    on.parts = { ...on.parts, saturation: [saturationOf("cpu", 0.95)] };
    on.parts = { ...on.parts, dependencies: [] };
    await on.pass(60_000);
    expect(open(on)).toHaveLength(2);
    on.parts = { ...on.parts, dependencies: [{ ...postgres(), caller: "cpu" }] };
    on.show(query(900), { name: "cpu", errors: 50 }, route(2));
    await on.pass(60_000);
    expect(open(on)).toHaveLength(1);
    expect(open(on)[0]?.members).toHaveLength(3);
    const merged = on.incidentEvents.filter(({ reason }) => reason.startsWith("merged into"));
    expect(merged).toMatchObject([{ state: "resolved" }]);
    on.show(query(1), { name: "cpu" });
    on.parts = { ...on.parts, saturation: [] };
    await on.pass(120_000);
    const ends = on.notices.filter(({ status }) => status === "resolved").map(({ key }) => key);
    const begins = on.notices.filter(({ status }) => status === "firing").map(({ key }) => key);
    expect(new Set(ends)).toEqual(new Set(begins));
  });

  it("lasts until it has been calm for a while, then is told to be over", async () => {
    const on = await stage({ rules, ...quietly });
    on.show(route(1, { ms: 900 }));
    await on.pass(60_000);
    on.show(route(1));
    await on.pass(100_000);
    expect(open(on)).toHaveLength(1);
    on.show(route(1, { ms: 900 }));
    await on.pass(60_000);
    on.show(route(1));
    await on.pass(140_000);
    expect(open(on)).toEqual([]);
    expect(on.alerts.incidents()).toMatchObject([{ state: "resolved" }]);
    expect(new Set(on.incidentEvents.map(({ id }) => id)).size).toBe(1);
    expect(on.incidentEvents.map(({ state }) => state)).toEqual(["open", "resolved"]);
  });

  it("says what share of the requests it affects, each once", async () => {
    const on = await stage({
      rules: [
        ...rules,
        { name: "very slow", severity: "critical", when: { signal: "latency", above: 800 } },
      ],
    });
    // 100 requests each: all of one are slow, by two rules; 20 of another fail; a call is not a request.
    on.show(route(1, { ms: 900 }), route(2, { errors: 20 }), route(3), route(4), query(900));
    await on.pass(60_000);
    expect(open(on)[0]?.affectedRatio).toBe(0.3);
    expect(open(on)[0]?.reason).toMatch(/30 % of requests affected/);
    expect(on.notices[0]?.text).toMatch(/30 % of requests affected/);
  });

  it("is acknowledged with its alerts, or they with it", async () => {
    const on = await stage({ rules });
    on.show(route(1, { ms: 900 }), route(2, { ms: 900 }));
    await on.pass(60_000);
    for (const { key } of on.alerts.active()) on.alerts.acknowledge(key, "ann");
    await on.steps();
    expect(open(on)[0]?.state).toBe("acknowledged");
  });
});

describe("probable causes", () => {
  const causes = (on: Stage) => open(on)[0]?.causes ?? [];
  const slowRoutes = Array.from({ length: 14 }, (_, at) => route(at, { ms: 900 }));
  const fine = Array.from({ length: 14 }, (_, at) => route(at));

  it("are a deploy before it, and what ran full before it, with how long before", async () => {
    const on = await stage({ rules });
    on.show(...fine);
    const delay = (value: number) => {
      on.parts = { ...on.parts, saturation: [saturationOf("nodejs.eventloop.utilization", value)] };
    };
    delay(0.2);
    await on.pass(300_000);
    on.alerts.marker({ kind: "deploy", text: "v2" });
    await on.steps(3);
    delay(0.8);
    await on.steps();
    on.show(...slowRoutes);
    await on.pass(60_000);
    expect(
      causes(on)
        .map(({ what }) => what)
        .slice(0, 2),
    ).toEqual(["deploy: v2", "nodejs.eventloop.utilization"]);
    expect(causes(on)[0]?.evidence).toEqual([
      "a deploy marker 50 s before latency of 14 operations",
    ]);
    expect(causes(on)[1]?.evidence).toEqual([
      "nodejs.eventloop.utilization rose 10 s before latency of 14 operations",
      "it went from 20 % to 80 %",
    ]);
    expect(on.notices[0]?.text).toMatch(
      /^probable cause: deploy: v2 \(a deploy marker 50 s before/m,
    );
  });

  it("are what detectors saw first, to the second", async () => {
    const on = await stage({ rules });
    on.show(...fine);
    await on.pass(60_000);
    on.clock.advance(4000);
    on.emitAnomaly({
      operation: "nodejs.eventloop.delay",
      signal: "saturation",
      reason: "event-loop delay is 20 times as high as usual",
    });
    on.show(...slowRoutes);
    await on.pass(60_000);
    const [cause] = causes(on);
    expect(cause?.what).toBe("nodejs.eventloop.delay");
    expect(cause?.evidence).toEqual([
      "nodejs.eventloop.delay rose 10 s before latency of 14 operations",
      "event-loop delay is 20 times as high as usual",
    ]);
    expect(open(on)[0]?.members).toContain("n1");
  });

  it("are a dependency that fails, where that came first", async () => {
    const on = await stage({ rules });
    on.parts = { dependencies: [postgres(0.4)] };
    on.show(query(10, 40), ...fine);
    await on.steps(4);
    on.show(query(10, 40), ...slowRoutes);
    await on.pass(60_000);
    expect(causes(on)[0]).toMatchObject({
      what: "postgres (db)",
      evidence: [
        "calls to postgres were off 40 s before latency of 14 operations",
        "40 % of 100 calls to it fail",
        "error ratio of SELECT orders is 40 %, above 10 %",
      ],
    });
  });

  it("are a surge of traffic, and what all of them have in common", async () => {
    const on = await stage({ rules });
    const zone = (name: string, at: number, ms: number) => ({
      name: `GET /${at}`,
      attributes: { zone: name },
      ms,
    });
    const shop = (ms: number) => [
      ...[1, 2, 3].map((at) => zone("eu-3", at, ms)),
      ...[4, 5, 6, 7, 8, 9].map((at) => zone("eu-1", at, 10)),
    ];
    on.show(...shop(10));
    await on.steps(3);
    on.emitAnomaly({ signal: "traffic", observed: 900, reason: "3 times the usual traffic" });
    await on.steps();
    on.show(...shop(900));
    await on.pass(60_000);
    const found = new Map(causes(on).map(({ what, evidence }) => [what, evidence]));
    expect(found.get("more traffic of GET /cart")?.[1]).toBe("3 times the usual traffic");
    expect(found.get("zone=eu-3")).toEqual([
      "all 3 alerts have zone=eu-3, and 33.3 % of all operations",
    ]);
  });

  it("name a deploy once, though every process of a fleet tells of it", async () => {
    const on = await stage({ rules });
    for (let process = 0; process < 100; process++) {
      on.alerts.marker({ kind: "deploy", text: "v2", timeMs: on.clock.wall() - process * 100 });
    }
    on.show(...slowRoutes);
    await on.pass(60_000);
    expect(causes(on).filter(({ what }) => what === "deploy: v2")).toHaveLength(1);
  });

  it("are ranked the same in every step, and are at most five", async () => {
    const on = await stage({ rules });
    for (let at = 0; at < 20; at++) on.alerts.marker({ kind: "flag", text: `flag ${at}` });
    on.show(...slowRoutes);
    await on.pass(60_000);
    const before = causes(on);
    expect(before).toHaveLength(5);
    await on.pass(60_000);
    expect(causes(on)).toEqual(before);
    const likelihoods = before.map(({ likelihood }) => likelihood);
    expect(likelihoods).toEqual(likelihoods.toSorted((one, other) => other - one));
    expect(on.incidentEvents).toHaveLength(1);
  });
});
