import type { AlertsOptions, Notice, Notifier } from "auspex/alerts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../helpers/manual-clock.js";
import { type OperationFigures, Stage, settled } from "../stage.js";
import { FakeShared } from "./fake-services.js";

const rules: AlertsOptions["rules"] = [
  { name: "slow", severity: "critical", when: { signal: "latency", above: 500 } },
];
const A = { name: "GET /a", ms: 900 };
const B = { name: "GET /b", ms: 900 };

/** Processes with one clock and one shared store. Killed ones do nothing any more. */
class Fleet {
  readonly clock = new ManualClock();
  readonly shared = new FakeShared(this.clock);
  readonly stages: Stage[] = [];
  /** What receivers got, and from whom. */
  readonly received: { readonly by: string; readonly notice: Notice }[] = [];

  async add(options: Partial<AlertsOptions> = {}, hold?: (notice: Notice) => unknown) {
    const id = `p${this.stages.length + 1}`;
    let isDead = false;
    const notifier: Notifier = {
      name: "log",
      notify: async (notice) => {
        await hold?.(notice);
        if (!isDead) this.received.push({ by: id, notice });
      },
    };
    const services = this.shared.services(id, () => isDead);
    const stage = new Stage(
      { rules, notifiers: [notifier], groupBy: ["operation"], ...options },
      { clock: this.clock, services, id },
    );
    this.stages.push(stage);
    await stage.start();
    const kill = () => {
      isDead = true;
      stage.isDead = true;
    };
    return { stage, kill, id };
  }

  async steps(count = 1): Promise<void> {
    for (let at = 0; at < count; at++) {
      this.clock.advance(10_000);
      for (const stage of this.stages) stage.evaluate();
      await settled();
      await settled();
    }
  }

  show(...operations: readonly OperationFigures[]): void {
    for (const stage of this.stages) stage.show(...operations);
  }

  /** Notices that a receiver keeps that drops doubles by their key. */
  kept(): readonly Notice[] {
    const byKey = new Map(this.received.map(({ notice }) => [notice.dedupKey, notice]));
    return [...byKey.values()];
  }

  leaders(): number {
    const leads = this.stages.filter((each) => !each.isDead);
    return leads.filter((each) => each.gauges.get("auspex.alerts.leader") === 1).length;
  }
}

const about = (notices: readonly Notice[]) =>
  notices.map(({ status, alerts }) => `${status} ${alerts.map(({ operation }) => operation)}`);

describe("alerts in a fleet", () => {
  it("are told of by one process, however many see them", async () => {
    const fleet = new Fleet();
    for (let at = 0; at < 5; at++) await fleet.add();
    await fleet.steps(2);
    fleet.show(A);
    await fleet.steps(6);
    expect(about(fleet.received.map(({ notice }) => notice))).toEqual(["firing GET /a"]);
    expect(fleet.leaders()).toBe(1);
    fleet.show({ ...A, ms: 1 });
    await fleet.steps(6);
    expect(about(fleet.kept())).toEqual(["firing GET /a", "resolved GET /a"]);
    expect(new Set(fleet.received.map(({ by }) => by)).size).toBe(1);
  });

  it("that only one process sees are told of by the one that notifies", async () => {
    const fleet = new Fleet();
    for (let at = 0; at < 4; at++) await fleet.add();
    await fleet.steps(2);
    fleet.stages[3]?.show(A);
    await fleet.steps(6);
    expect(fleet.received).toMatchObject([{ by: "p1", notice: { status: "firing" } }]);
    fleet.stages[3]?.show({ ...A, ms: 1 });
    await fleet.steps(7);
    expect(about(fleet.kept())).toEqual(["firing GET /a", "resolved GET /a"]);
  });

  it("all get into the list of those that have something to tell, though all come at once", async () => {
    const fleet = new Fleet();
    for (let at = 0; at < 12; at++)
      await fleet.add({ groupBy: ["alertname"], groupWaitMs: 60_000 });
    await fleet.steps(2);
    for (const [at, stage] of fleet.stages.entries()) stage.show({ name: `op ${at}`, ms: 900 });
    await fleet.steps(1);
    // Who finds the list taken waits a moment.
    for (let moment = 0; moment < 36; moment++) {
      fleet.clock.advance(250);
      await settled();
    }
    await fleet.steps(10);
    expect(fleet.received).toHaveLength(1);
    expect(fleet.stages[0]?.alerts.active()).toHaveLength(12);
  });

  it("of a process that dies end when it has been silent for a while", async () => {
    const fleet = new Fleet();
    await fleet.add();
    const other = await fleet.add();
    other.stage.show(A);
    await fleet.steps(7);
    other.kill();
    await fleet.steps(8);
    expect(about(fleet.kept())).toEqual(["firing GET /a"]);
    await fleet.steps(10);
    expect(about(fleet.kept())).toEqual(["firing GET /a", "resolved GET /a"]);
  });

  it("are acknowledged and silenced in whichever process it is said", async () => {
    const fleet = new Fleet();
    await fleet.add({ repeatIntervalMs: 60_000 });
    const other = await fleet.add({ repeatIntervalMs: 60_000 });
    fleet.show(A, B);
    await fleet.steps(8);
    const [first, second] = fleet.received.map(({ notice }) => notice);
    other.stage.alerts.acknowledge(String(first?.key), "ann");
    const until = fleet.clock.wall() + 3_600_000;
    other.stage.alerts.silence({
      matchers: { operation: String(second?.alerts[0]?.operation) },
      untilMs: until,
    });
    await fleet.steps(3);
    const before = fleet.received.length;
    await fleet.steps(20);
    expect(fleet.received).toHaveLength(before);
    const active = fleet.stages[0]?.alerts.active() ?? [];
    expect(active.map(({ acknowledged, quiet }) => acknowledged?.by ?? quiet?.kind)).toEqual([
      "ann",
      "silence",
    ]);
    expect(other.stage.alerts.active().every(({ isTold }) => isTold)).toBe(true);
  });

  it("without shared services are told of by each", async () => {
    const stages = await Promise.all(["a", "b"].map((id) => new Stage({ rules }, { id }).start()));
    for (const stage of stages) {
      stage.show(A);
      await stage.pass(60_000);
    }
    expect(stages.map(({ notices }) => notices.length)).toEqual([1, 1]);
    const [one, other] = stages.map(({ notices }) => notices[0]);
    expect(one?.key).toBe(other?.key);
  });
});

describe("a failover", () => {
  it("tells nothing twice, and ends what its predecessor began", async () => {
    const fleet = new Fleet();
    const first = await fleet.add();
    await fleet.add();
    fleet.show(A);
    await fleet.steps(7);
    expect(fleet.received).toHaveLength(1);
    first.kill();
    await fleet.steps(12);
    expect(fleet.received).toHaveLength(1);
    expect(fleet.leaders()).toBe(1);
    fleet.show({ ...A, ms: 1 });
    await fleet.steps(12);
    expect(about(fleet.received.map(({ notice }) => notice))).toEqual([
      "firing GET /a",
      "resolved GET /a",
    ]);
    expect(fleet.received[1]?.by).toBe("p2");
    expect(fleet.received[1]?.notice.key).toBe(fleet.received[0]?.notice.key);
  });

  it("between decision and sending loses nothing", async () => {
    const fleet = new Fleet();
    let isHeld = true;
    const first = await fleet.add({}, () => (isHeld ? new Promise(() => {}) : undefined));
    await fleet.add();
    fleet.show(A);
    await fleet.steps(6);
    expect(fleet.received).toEqual([]);
    first.kill();
    isHeld = false;
    await fleet.steps(6);
    expect(about(fleet.received.map(({ notice }) => notice))).toEqual(["firing GET /a"]);
  });

  it("after sending, before that was kept, may tell it again: with the same key", async () => {
    const fleet = new Fleet();
    const sent: Notice[] = [];
    const first = await fleet.add({}, (notice) => {
      sent.push(notice);
      first.kill();
    });
    await fleet.add();
    fleet.show(A);
    await fleet.steps(14);
    expect(sent).toHaveLength(1);
    expect(fleet.received.map(({ notice }) => notice.dedupKey)).toEqual([sent[0]?.dedupKey]);
  });

  it("from one that only paused ends in one that notifies, and no second notice of its own", async () => {
    const fleet = new Fleet();
    const first = await fleet.add();
    await fleet.add();
    fleet.show(A);
    await fleet.steps(7);
    first.stage.isDead = true;
    await fleet.steps(8);
    first.stage.isDead = false;
    fleet.show(A, B);
    await fleet.steps(8);
    expect(fleet.leaders()).toBe(1);
    expect(about(fleet.kept())).toEqual(["firing GET /a", "firing GET /b"]);
    expect(fleet.received).toHaveLength(2);
  });

  it("at a shutdown comes at once, without waiting for the lease", async () => {
    const fleet = new Fleet();
    const first = await fleet.add();
    await fleet.add();
    fleet.show(A);
    await fleet.steps(7);
    await first.stage.alerts.stop(1000);
    first.stage.isDead = true;
    fleet.show(A, B);
    await fleet.steps(7);
    expect(fleet.received.map(({ by }) => by)).toEqual(["p1", "p2"]);
  });

  it("of the shared store holds notices back, and loses none", async () => {
    const fleet = new Fleet();
    await fleet.add();
    await fleet.add();
    await fleet.steps(2);
    fleet.shared.isDown = true;
    fleet.show(A);
    await fleet.steps(12);
    fleet.shared.isDown = false;
    await fleet.steps(10);
    expect(about(fleet.kept())).toEqual(["firing GET /a"]);
  });

  it("at any moment, again and again, loses no notice and doubles none without the same key", async () => {
    const moves = fc.constantFrom("step", "kill", "pause", "wake", "expire", "outage", "flip");
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { minLength: 5, maxLength: 25 }), async (plan) => {
        const fleet = new Fleet();
        const options = { flap: false as const, fatigue: { burst: 1000 } };
        const add = () => fleet.add(options);
        const living = [await add(), await add(), await add()];
        let isFiring = false;
        for (const move of plan) {
          if (move === "flip") {
            isFiring = !isFiring;
            fleet.show({ ...A, ms: isFiring ? 900 : 1 });
          } else if (move === "kill") {
            living.shift()?.kill();
            living.push(await add());
            fleet.show({ ...A, ms: isFiring ? 900 : 1 });
          } else if (move === "pause") living[0]!.stage.isDead = true;
          else if (move === "wake") for (const { stage } of living) stage.isDead = false;
          else if (move === "expire") fleet.shared.expire();
          else if (move === "outage") {
            fleet.shared.isDown = true;
            await fleet.steps(2);
            fleet.shared.isDown = false;
          }
          await fleet.steps(3);
        }
        for (const { stage } of living) stage.isDead = false;
        fleet.show({ ...A, ms: 900 });
        await fleet.steps(30);
        expect(fleet.kept().at(-1)?.status).toBe("firing");
        fleet.show({ ...A, ms: 1 });
        await fleet.steps(30);
        const kept = fleet.kept().map(({ status }) => status);
        expect(kept.at(-1)).toBe("resolved");
        // A receiver that drops doubles sees it begin and end by turns.
        for (const [at, status] of kept.entries()) {
          expect(status, JSON.stringify(kept)).toBe(at % 2 === 0 ? "firing" : "resolved");
        }
      }),
      { numRuns: 30 },
    );
  });
});
