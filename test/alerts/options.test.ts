import { type AlertsOptions, AlertsOptionsError, alerts, DEFAULT_RULES } from "auspex/alerts";
import { describe, expect, it } from "vitest";
import { HOSTILE } from "../helpers/hostile.js";

const rule = { name: "slow", when: { signal: "latency", above: 500 } } as const;

function faultsOf(options: unknown): readonly string[] {
  try {
    alerts(options as AlertsOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(AlertsOptionsError);
    return (error as AlertsOptionsError).faults;
  }
  return [];
}

describe("the options of alerts", () => {
  it("that are wrong are told of all at once, each with its mend", () => {
    const faults = faultsOf({
      name: "my alerts",
      rules: [
        { ...rule, severity: "urgent", forMs: -1, missing: "so" },
        { ...rule, when: { signal: "latency" } },
        { name: "", when: { signal: "speed", above: 1 } },
        {
          name: "b",
          when: { signal: "latency", above: 1, below: 2, window: "2m", percentile: 101 },
        },
        { name: "c", when: { signal: "errors", above: 1, resolveAt: 2, minimum: 3 } },
        { name: "d", when: { allOf: [] }, annotations: { summary: "{{value" } },
        { name: "e", when: {}, labels: { severity: "x", team: 5 } },
        { name: "f", when: { signal: "latency", saturation: "x", above: 1 } },
      ],
      notifiers: [{ name: "a", notify() {} }, { name: "a", notify: 5 }, null],
      routes: [{ notifiers: ["nobody"], match: { severity: null }, groupWaitMs: "soon" }],
      inhibit: [{ source: {} }],
      maintenance: [
        { from: "25:00", until: "02:00", timeZone: "Mars" },
        { fromMs: 5, untilMs: 4 },
      ],
      silences: [{ matchers: {} }],
      links: [{ caller: "a" }],
      fatigue: { burst: 0 },
      flap: true,
      intervalMs: 10,
      leaseMs: 5000,
      nonsense: true,
    });
    const expected = [
      "nonsense is not an option; known are name, rules",
      'name is "my alerts"; give letters',
      'rules[0].severity is "urgent"; give "critical", "warning" or "info"',
      "rules[0].forMs is -1; give a number from 0",
      'rules[0].missing is "so"; give "ok", "firing" or "keep"',
      "rules[1].when.above and rules[1].when.below: give one of them",
      'rules[1].name is "slow" again; give each rule its own',
      'rules[2].name is ""; give a name',
      'rules[2].when.signal is "speed"; give "latency", "errors" or "traffic"',
      'rules[3].when.window is "2m"; give one of "10s", "1m"',
      "rules[3].when.above and rules[3].when.below: give one of them",
      "rules[3].when.percentile is 101; give a number from 0 to 100",
      "rules[4].when.minimum is not an option; known are signal",
      "rules[4].when.resolveAt is 2; give one that is not above 1",
      "rules[5].when.allOf has 0; give a list of 1 to 50 conditions",
      "rules[5].annotations.summary has {{ without }}",
      "rules[6].when is {}; give a function, or an object with one of signal",
      "rules[6].labels.severity is set by the alert; leave it out",
      "rules[6].labels.team is 5; give a text",
      'rules[7].when is {"signal":"latency","saturation":"x","above":1}; give a function',
      'notifiers[1].name is "a" again',
      "notifiers[1].notify is 5; give a function of a notice",
      "notifiers[2].name is undefined; give a name",
      'routes[0].notifiers has "nobody"; give the names of notifiers: a',
      "routes[0].match.severity is null; give a text",
      'routes[0].groupWaitMs is "soon"; give a number',
      "inhibit[0].target is null; give matchers by label",
      'maintenance[0].from is "25:00"; give a time of day',
      'maintenance[0].timeZone is "Mars"; give an IANA name',
      "maintenance[1].untilMs is 4; give one after fromMs",
      "silences[0].matchers is empty",
      "silences[0].untilMs is null; give a number",
      'links[0] is {"caller":"a"}; give { caller, dependency }',
      "fatigue.burst is 0; give a whole number from 1 to 1000",
      "flap is true, which it is anyway",
      "intervalMs is 10; give a whole number from 1000",
      "leaseMs is 5000; give at least twice intervalMs",
    ];
    for (const text of expected) {
      expect(
        faults.some((fault) => fault.startsWith(text)),
        text,
      ).toBe(true);
    }
    expect(faults).toHaveLength(expected.length);
  });

  it("have rules of their own where none are given; an empty list is a fault", () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf(undefined)).toEqual([]);
    expect(faultsOf({ rules: DEFAULT_RULES })).toEqual([]);
    expect(faultsOf({ rules: [] })).toEqual(["rules has 0; give 1 to 5000"]);
    expect(faultsOf({ rules: null })).toHaveLength(1);
    expect(faultsOf({ rules: [rule] })).toEqual([]);
  });

  it("are a list of faults, or alerts, whatever else is handed in", () => {
    for (const make of Object.values(HOSTILE)) {
      const given = make();
      // An object with nothing that is known in it is as good as none.
      if (typeof given !== "object" || given === null) {
        expect(faultsOf(given).length > 0).toBe(given !== undefined);
      } else faultsOf(given);
      for (const name of [
        "rules",
        "notifiers",
        "routes",
        "inhibit",
        "maintenance",
        "silences",
        "links",
        "fatigue",
        "groupBy",
        "escalate",
      ]) {
        faultsOf({ rules: [rule], [name]: make() });
        faultsOf({ rules: [rule], [name]: [make()] });
      }
      for (const name of [
        "name",
        "when",
        "severity",
        "labels",
        "annotations",
        "missing",
        "forMs",
      ]) {
        faultsOf({ rules: [{ ...rule, [name]: make() }] });
      }
      for (const when of ["signal", "saturation", "anomaly", "slo", "forecast", "allOf", "not"]) {
        faultsOf({ rules: [{ name: "a", when: { [when]: make() } }] });
        faultsOf({ rules: [{ name: "a", when: { signal: "latency", above: make() } }] });
      }
    }
  });

  it("nested without end are a fault, not an overflow of the stack", () => {
    let when: object = { signal: "latency", above: 1 };
    for (let depth = 0; depth < 10_000; depth++) when = { not: when };
    expect(faultsOf({ rules: [{ name: "deep", when }] })).toHaveLength(1);
    const circle: { routes?: unknown[] } = {};
    circle.routes = [circle];
    expect(faultsOf({ rules: [rule], routes: [circle] }).length).toBeGreaterThan(0);
  });

  it("stay as they were, whatever becomes of the host's objects", async () => {
    const given = { rules: [{ ...rule, labels: { team: "a" } }] };
    const made = alerts(given);
    given.rules[0]!.labels.team = "b";
    const { stage } = await import("./stage.js");
    const on = await stage({ rules: [rule] });
    expect(made.intervalMs).toBe(10_000);
    on.show({ name: "a", ms: 900 });
    await on.steps();
    expect(on.alerts.active()[0]?.labels).toEqual({
      alertname: "slow",
      severity: "warning",
      service: "shop",
      operation: "a",
    });
  });
});
