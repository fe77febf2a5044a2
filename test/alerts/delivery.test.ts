import { type Notice, type Notifier, NotifyError } from "auspex/alerts";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { Delivery, type Outcome, type Parcel } from "../../src/alerts/delivery.js";
import { Diag } from "../../src/diag/diag.js";
import { HOSTILE, unhandledIn } from "../helpers/hostile.js";
import { ManualClock } from "../helpers/manual-clock.js";
import { noticeLike } from "./notifiers/notices.js";
import { settled } from "./stage.js";

interface Told {
  readonly atMs: number;
  readonly notice: Notice;
}

function deliver(notify: (notice: Notice, signal: AbortSignal, attempt: number) => unknown) {
  const clock = new ManualClock();
  const attempts: Told[] = [];
  const outcomes: { parcel: Parcel; outcome: Outcome; atMs: number }[] = [];
  const warnings: string[] = [];
  let may = true;
  const notifier: Notifier = {
    name: "a",
    notify(notice, signal) {
      attempts.push({ atMs: clock.now(), notice });
      return notify(notice, signal, attempts.length) as Promise<void>;
    },
  };
  const delivery = new Delivery({
    clock,
    diag: new Diag({ warn: (text) => void warnings.push(text), debug() {} }),
    notifiers: [notifier],
    maySend: () => may,
    onOutcome: (parcel, outcome) => void outcomes.push({ parcel, outcome, atMs: clock.now() }),
    random: () => 1,
  });
  const add = (parts: Partial<Notice> = {}) =>
    delivery.add({ notifier: "a", notice: noticeLike(parts) });
  /** Lets time pass in steps small enough that promises settle in between. */
  const pass = async (ms: number) => {
    await settled();
    for (let at = 0; at < ms; at += 500) {
      clock.advance(500);
      await settled();
    }
  };
  const ends = () => outcomes.map(({ outcome }) => ({ reason: undefined, ...outcome }));
  return {
    ...{ clock, delivery, attempts, outcomes, warnings, add, pass, ends },
    forbid: () => {
      may = false;
    },
  };
}

const down = () => {
  throw new Error("down");
};

afterEach(() => settled());

describe("a delivery", () => {
  it("sends one notice at a time, in order", async () => {
    let release = () => {};
    const on = deliver(() => new Promise<void>((resolve) => (release = resolve)));
    on.add({ key: "1" });
    on.add({ key: "2" });
    await settled();
    expect(on.attempts).toHaveLength(1);
    release();
    await settled();
    expect(on.attempts.map(({ notice }) => notice.key)).toEqual(["1", "2"]);
    release();
    await settled();
    expect(on.ends()).toMatchObject([{ status: "delivered" }, { status: "delivered" }]);
  });

  it("tries again after longer and longer times, then gives up and says why", async () => {
    const on = deliver(down);
    on.add();
    await on.pass(400_000);
    const waits = on.attempts.slice(1).map(({ atMs }, at) => atMs - (on.attempts[at]?.atMs ?? 0));
    expect(waits).toEqual([1000, 4000, 16_000, 64_000, 120_000]);
    expect(on.ends()).toMatchObject([{ status: "dropped", reason: "failed" }]);
    expect(on.warnings).toEqual(["auspex: notifier a: Error: down"]);
  });

  it("sends the same notice, key and all, until it arrives", async () => {
    const on = deliver((_notice, _signal, attempt) => (attempt < 3 ? down() : undefined));
    on.add();
    await on.pass(10_000);
    expect(new Set(on.attempts.map(({ notice }) => notice)).size).toBe(1);
    expect(on.ends()).toMatchObject([{ status: "delivered" }]);
  });

  it("does not ask again where that is in vain, and waits where it is asked to", async () => {
    const rejected = deliver(() => {
      throw new NotifyError("no such channel", { permanent: true });
    });
    rejected.add();
    await settled();
    expect(rejected.ends()).toMatchObject([{ status: "dropped", reason: "rejected" }]);

    const busy = deliver((_notice, _signal, attempt) => {
      if (attempt < 4) throw new NotifyError("busy", { retryAfterMs: 90_000 });
    });
    busy.add();
    await busy.pass(300_000);
    expect(busy.attempts.map(({ atMs }) => atMs)).toEqual([1000, 91_000, 181_000, 271_000]);
    expect(busy.ends()).toMatchObject([{ status: "delivered" }]);
  });

  it("counts a drop by the notifier's own reason: nobody listens, say", async () => {
    const on = deliver(() => {
      throw new NotifyError("0 subscribers", { permanent: true, reason: "undelivered" });
    });
    on.add();
    await settled();
    expect(on.ends()).toMatchObject([{ status: "dropped", reason: "undelivered" }]);
  });

  it("gives a notifier ten seconds, aborts, and is not held up by one that never ends", async () => {
    const signals: AbortSignal[] = [];
    const on = deliver((_notice, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    on.add();
    await on.pass(9500);
    expect(signals[0]?.aborted).toBe(false);
    await on.pass(500);
    expect(signals[0]?.aborted).toBe(true);
    await on.pass(600_000);
    expect(on.ends()).toMatchObject([{ status: "dropped", reason: "timeout" }]);
    // What hangs is not called again and again.
    for (let more = 0; more < 5; more++) {
      on.add({ key: `more ${more}` });
      await on.pass(600_000);
    }
    expect(on.attempts).toHaveLength(4);
    expect(on.ends()).toHaveLength(6);
  });

  it("has room for a hundred notices; the least severe of the oldest give way", async () => {
    const on = deliver(() => new Promise(() => {}));
    on.add({ key: "sent" });
    for (let at = 0; at < 150; at++) {
      on.add({ key: String(at), severity: at % 3 === 0 ? "info" : "critical" });
    }
    expect([...on.delivery.queued()]).toEqual([["a", 100]]);
    const gone = on.outcomes.map(({ parcel }) => parcel.notice);
    expect(gone.slice(0, 50).every(({ severity }) => severity === "info")).toBe(true);
    expect(gone[0]?.key).toBe("0");
    expect(new Set(on.ends().map(({ reason }) => reason))).toEqual(new Set(["queue_full"]));
  });

  it("has room for two megabytes", async () => {
    const on = deliver(() => new Promise(() => {}));
    for (let at = 0; at < 20; at++) on.add({ key: String(at), text: "x".repeat(200_000) });
    const [[, queued]] = [...on.delivery.queued()] as [[string, number]];
    expect(queued).toBe(10);
    expect(on.outcomes).toHaveLength(10);
  });

  it("drops what a newer notice of the same group says as well", async () => {
    const on = deliver(() => new Promise(() => {}));
    on.add({ key: "sending" });
    on.add({ key: "k", dedupKey: "1" });
    on.add({ key: "k", dedupKey: "2", status: "resolved" });
    on.add({ key: "k", dedupKey: "3" });
    expect(on.outcomes.map(({ parcel }) => parcel.notice.dedupKey)).toEqual(["1"]);
    expect(on.ends()).toMatchObject([{ reason: "superseded" }]);
  });

  it("sends nothing that is another process's to send", async () => {
    const on = deliver(down);
    on.add({ key: "1" });
    on.add({ key: "2" });
    await settled();
    on.forbid();
    await on.pass(2000);
    expect(on.attempts).toHaveLength(1);
    expect(on.ends()).toMatchObject([{ status: "withdrawn" }, { status: "withdrawn" }]);
  });

  it("at its end tries once more what waits, and gives the rest back in time", async () => {
    const on = deliver((notice) => {
      if (notice.key !== "good") throw new Error("down");
    });
    on.add({ key: "bad" });
    on.add({ key: "good" });
    await settled();
    expect(on.attempts).toHaveLength(1);
    await on.delivery.stop(1000);
    expect(on.attempts.map(({ notice }) => notice.key)).toEqual(["bad", "bad", "good"]);
    expect(on.ends()).toMatchObject([{ status: "withdrawn" }, { status: "delivered" }]);

    const hanging = deliver(() => new Promise(() => {}));
    hanging.add();
    const stopping = hanging.delivery.stop(1000);
    hanging.clock.advance(1000);
    await stopping;
    expect(hanging.ends()).toMatchObject([{ status: "withdrawn" }]);
    expect(hanging.clock.pending).toBeLessThanOrEqual(1);
  });

  it("survives whatever a notifier answers, throws or rejects with", async () => {
    const found = await unhandledIn(async () => {
      for (const make of Object.values(HOSTILE)) {
        for (const notify of [
          () => make(),
          () => {
            throw make();
          },
          () => Promise.reject(make()),
        ]) {
          const on = deliver(notify);
          on.add();
          await on.pass(20_000);
          await on.pass(600_000);
          expect(on.outcomes).toHaveLength(1);
        }
      }
    });
    expect(found).toEqual([]);
  });

  it("gives every notice exactly one end", async () => {
    const kinds = fc.constantFrom("ok", "throw", "reject", "permanent", "hang");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), kinds), { maxLength: 40 }),
        async (plan) => {
          const answers = plan.map(([, kind]) => kind);
          const on = deliver((_notice, _signal, attempt) => {
            const kind = answers[attempt % answers.length];
            if (kind === "throw") throw new Error("down");
            if (kind === "reject") return Promise.reject(new Error("down"));
            if (kind === "permanent") throw new NotifyError("no", { permanent: true });
            return kind === "hang" ? new Promise(() => {}) : undefined;
          });
          for (const [at, [key]] of plan.entries()) {
            on.add({ key: String(key), dedupKey: String(at) });
          }
          for (let minute = 0; minute < 200 && on.outcomes.length < plan.length; minute++) {
            on.clock.advance(10_000);
            await settled();
          }
          const stopping = on.delivery.stop(1000);
          await settled();
          on.clock.advance(1000);
          await stopping;
          const ended = on.outcomes.map(({ parcel }) => parcel.notice.dedupKey);
          expect(new Set(ended).size).toBe(plan.length);
          expect(ended).toHaveLength(plan.length);
        },
      ),
      { numRuns: 25 },
    );
  });
});
