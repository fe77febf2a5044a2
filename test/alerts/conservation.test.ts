import type { AlertsOptions, Notice } from "auspex/alerts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Stage, stage } from "./stage.js";

const REPEAT_MS = 1_200_000;
const GROUP_MS = 300_000;

const rules: AlertsOptions["rules"] = [
  { name: "slow", severity: "warning", when: { signal: "latency", above: 500 } },
  {
    name: "failing",
    severity: "critical",
    when: { signal: "errors", above: 0.1 },
    forMs: 20_000,
    cooldownMs: 120_000,
  },
];

const NAMES = ["a", "b", "c", "d", "e"];

const looks = fc.record({
  slow: fc.subarray(NAMES),
  failing: fc.subarray(NAMES),
  steps: fc.integer({ min: 1, max: 30 }),
  act: fc.constantFrom("", "", "", "acknowledge", "resolve", "silence", "unsilence"),
});

const settings = fc.record({
  groupBy: fc.constantFrom(["incident"], ["operation"], ["alertname"], ["service"]),
  burst: fc.constantFrom(1, 4, 100),
  flap: fc.constantFrom(false as const, {}),
  inhibit: fc.constantFrom(
    [],
    [{ source: { alertname: "failing" }, target: { alertname: "slow" }, equal: ["operation"] }],
  ),
});

async function play(
  { groupBy, burst, flap, inhibit }: typeof settings extends fc.Arbitrary<infer T> ? T : never,
  plan: readonly (typeof looks extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<Stage> {
  const on = await stage({
    rules,
    groupBy,
    inhibit,
    flap,
    fatigue: { burst, perHour: 6, digestMs: 600_000 },
    repeatIntervalMs: REPEAT_MS,
    groupIntervalMs: GROUP_MS,
  });
  const show = (slow: readonly string[], failing: readonly string[]) =>
    on.show(
      ...NAMES.map((name) => ({
        name,
        ms: slow.includes(name) ? 900 : 1,
        errors: failing.includes(name) ? 50 : 0,
      })),
    );
  let silence = "";
  for (const { slow, failing, steps, act } of plan) {
    show(slow, failing);
    await on.steps(steps);
    const [first] = on.alerts.active();
    if (act === "acknowledge" && first) on.alerts.acknowledge(first.key, "ann");
    if (act === "resolve" && first) on.alerts.resolve(first.key, "ann");
    if (act === "silence") {
      const matchers = { operation: ["a", "b"] };
      silence = String(on.alerts.silence({ matchers, untilMs: on.clock.wall() + 900_000 }));
    }
    if (act === "unsilence") on.alerts.unsilence(silence);
  }
  show([], []);
  // Long enough for whatever flaps to be calm, and for the last digest.
  await on.pass(6 * 3_600_000);
  return on;
}

function sum(on: Stage, prefix: string): number {
  let count = 0;
  for (const [name, value] of on.counts) if (name.startsWith(prefix)) count += value;
  return count;
}

describe("alerts, whatever happens", () => {
  it("each end in a notice, in a reason to keep quiet, or in a counted drop", async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(looks, { maxLength: 8 }), async (how, plan) => {
        const on = await play(how, plan);
        expect(on.alerts.active()).toEqual([]);
        const fired = on.alertEvents.filter(({ state }) => state === "firing").length;
        const quality = on.alerts.quality();
        expect(quality.reduce((all, each) => all + each.fired, 0)).toBe(fired);
        expect(quality.reduce((all, each) => all + each.resolved, 0)).toBe(fired);
        // Every firing that was not counted as untold is in some notice as having fired.
        const untold = sum(on, "auspex.alerts.untold");
        expect(quality.reduce((all, each) => all + each.untold, 0)).toBe(untold);
        if (untold < fired) expect(on.notices.length).toBeGreaterThan(0);
        if (fired === untold) expect(on.notices.filter(isFiring).every(hasFlapping)).toBe(true);
        // Everything decided came out: as a notice, or as part of a digest.
        const decided = on.alerts.history().filter(({ what }) => what === "notice").length;
        const digests = on.notices.filter(({ status }) => status === "digest");
        const direct = on.notices.length - digests.length;
        const digested = sum(on, "auspex.alerts.notices log digested");
        if (decided < 500) expect(direct + digested).toBe(decided);
        expect(
          digests.reduce((all, { title }) => all + Number(/(\d+) notice/.exec(title)?.[1]), 0),
        ).toBe(digested);
      }),
      { numRuns: 40 },
    );
  });

  it("are told of as firing again only after an end, an interval, or something new", async () => {
    await fc.assert(
      fc.asyncProperty(settings, fc.array(looks, { maxLength: 8 }), async (how, plan) => {
        const on = await play({ ...how, burst: 100 }, plan);
        const last = new Map<string, Notice>();
        for (const notice of on.notices) {
          const before = last.get(notice.key);
          last.set(notice.key, notice);
          if (before === undefined || before.status !== "firing") {
            expect(notice).toMatchObject({ status: "firing", cause: "new" });
            continue;
          }
          if (notice.status === "resolved") continue;
          const ms = notice.timeMs - before.timeMs;
          if (notice.cause === "repeat") expect(ms).toBeGreaterThanOrEqual(REPEAT_MS);
          else if (notice.cause === "more") {
            expect(ms).toBeGreaterThanOrEqual(GROUP_MS);
            const told = new Set(before.alerts.map(({ key }) => key));
            expect(notice.alerts.some(({ key }) => !told.has(key))).toBe(true);
          } else {
            expect(notice.cause).toBe("worse");
            expect([before.severity, notice.severity]).toEqual(["warning", "critical"]);
          }
        }
        // Whoever was told that something fires was told that it is over.
        for (const { status } of last.values()) expect(status).toBe("resolved");
        const keys = on.notices.map(({ dedupKey }) => dedupKey);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 40 },
    );
  });
});

const isFiring = ({ status }: Notice) => status === "firing";
const hasFlapping = ({ alerts }: Notice) => alerts.some(({ flapping }) => flapping !== undefined);
