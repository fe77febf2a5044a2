import { describe, expect, it } from "vitest";
import { atOnce } from "../../src/fleet/at-once.js";
import { unpackSnapshot } from "../../src/fleet/wire/snapshot.js";
import { ManualClock } from "../helpers/manual-clock.js";
import { join, type Member, member, settled } from "./neighbours.js";

const asks = (sent: readonly { to: string; kind: string }[]) =>
  sent.filter(({ to, kind }) => to === "child" && kind === "ask").length;

function record({ auspex }: Member, ...values: number[]): void {
  const work = auspex.operation("work");
  for (const ms of values) work.record(ms);
}

async function gathered({ node, clock }: Member, what: "total" | "1m" = "total", timeoutMs = 900) {
  const answer = node.gather(what, timeoutMs);
  await settled();
  clock.advance(timeoutMs + 1);
  const { parts, missing } = await answer;
  const counts = parts.map(({ packed }) => {
    return atOnce(unpackSnapshot(packed)).operations[0]?.traffic.count ?? 0;
  });
  return { counts, missing, ids: parts.map(({ process }) => process.id) };
}

describe.each([
  ["clones", false],
  ["JSON", true],
])("a node among neighbours over %s", (_, isJson) => {
  it("gathers what they have, and they what it and the others have", async () => {
    const clock = new ManualClock();
    const [parent, a, b] = [member(clock), member(clock), member(clock)];
    join(parent, a, { isJson });
    join(parent, b, { isJson });
    record(parent, 1);
    record(a, 1, 2);
    record(b, 1, 2, 3, 4);
    await settled();
    expect((await gathered(parent)).counts.sort()).toEqual([2, 4]);
    const whole = await gathered(a);
    expect(whole.counts.sort()).toEqual([1, 4]);
    expect(whole.missing).toEqual([]);
  });

  it("reaches through a tree, every member once", async () => {
    const clock = new ManualClock();
    const [root, left, right, leaf] = [clock, clock, clock, clock].map((each) => member(each));
    const all = [root, left, right, leaf] as Member[];
    for (const each of all) record(each, 5);
    join(root as Member, left as Member, { isJson });
    join(root as Member, right as Member, { isJson });
    join(left as Member, leaf as Member, { isJson });
    await settled();
    for (const [at, each] of all.entries()) {
      const answer = each.node.gather("total", 900);
      await settled(40);
      const { parts } = await answer;
      const ids = parts.map(({ process }) => process.id);
      const others = all.filter((_, i) => i !== at).map(({ node }) => node.process.id);
      expect(ids.sort()).toEqual(others.sort());
    }
  });
});

describe("a neighbour that does not answer", () => {
  it("is missing at the deadline, by name, and the others are there", async () => {
    const clock = new ManualClock();
    const [parent, a, b] = [member(clock), member(clock), member(clock)];
    const wire = join(parent, a);
    join(parent, b);
    record(b, 1);
    await settled();
    wire.frozen = true;
    const { counts, missing } = await gathered(parent);
    expect(counts).toEqual([1]);
    expect(missing).toEqual([
      {
        id: a.node.process.id,
        reason: "timeout",
        pid: process.pid,
        host: a.node.process.host,
        lastSeenMs: expect.any(Number),
      },
    ]);
  });

  it("is asked once however many wait, and answers them all when it thaws", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    record(child, 1, 2);
    await settled();
    wire.frozen = true;
    const before = asks(wire.sent);
    for (let i = 0; i < 50; i++) void parent.node.gather("1m", 900);
    await settled();
    expect(asks(wire.sent) - before).toBe(1);
    const late = parent.node.gather("1m", 900);
    wire.thaw();
    await settled();
    expect((await late).parts).toHaveLength(1);
  });

  it("is asked again after a while: a message may be lost", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    await settled();
    wire.frozen = true;
    await gathered(parent);
    const before = asks(wire.sent);
    clock.advance(10_000);
    await gathered(parent);
    // Its totals are asked for meanwhile as well.
    expect(asks(wire.sent) - before).toBe(2);
  });

  it("is shown with the totals it told last, so that no total shrinks", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    record(child, 1, 2);
    await settled();
    const first = parent.node.gather("batch", 900);
    await settled();
    expect((await first).missing).toEqual([]);
    wire.frozen = true;
    const second = parent.node.gather("batch", 900);
    await settled();
    clock.advance(901);
    const { parts, missing } = await second;
    expect(parts).toHaveLength(1);
    expect(missing).toMatchObject([{ reason: "timeout" }]);
  });

  it("is silent as long as it has not said who it is, which is waited for while it may be starting", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const link = parent.node.link({
      name: "process 9",
      known: { pid: 9 },
      isExpected: true,
      isDownstream: true,
      send: () => true,
      close() {},
    });
    const early = parent.node.gather("1m", 900);
    await settled();
    clock.advance(901);
    expect((await early).missing).toEqual([{ id: "process 9", reason: "silent", pid: 9 }]);
    clock.advance(6000);
    // Nobody waits any more.
    expect((await parent.node.gather("1m", 900)).missing).toMatchObject([{ reason: "silent" }]);
    link?.receive({ auspex: 1, ...child.node.hello() });
    const heard = parent.node.gather("1m", 900);
    await settled();
    clock.advance(901);
    expect((await heard).missing).toMatchObject([{ reason: "timeout", id: child.node.process.id }]);
  });

  it("that nobody expects is not missed", async () => {
    const parent = member();
    parent.node.link({
      name: "the parent",
      isExpected: false,
      isDownstream: false,
      send: () => true,
      close() {},
    });
    expect(await parent.node.gather("1m", 900)).toEqual({ parts: [], missing: [] });
  });

  it("because its way is closed is unreachable at once", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    let isOpen = true;
    const link = parent.node.link({
      name: "process 9",
      isExpected: true,
      isDownstream: true,
      send: () => isOpen,
      close() {},
    });
    link?.receive({ auspex: 1, ...child.node.hello() });
    isOpen = false;
    expect((await parent.node.gather("1m", 900)).missing).toMatchObject([
      { reason: "unreachable" },
    ]);
  });
});

describe("messages that are none", () => {
  it("are passed over, or counted by reason, and break nothing", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    await settled();
    for (const foreign of [undefined, null, 7, "x", {}, [], { kind: "ask" }, { cmd: "other" }]) {
      wire.down.receive(foreign);
    }
    expect([...parent.node.faults]).toEqual([]);
    const envelope = { auspex: 1 };
    for (const broken of [
      { ...envelope },
      { ...envelope, kind: "constructor" },
      { ...envelope, kind: "hello" },
      { ...envelope, kind: "hello", process: { ...child.node.process, pid: "x" } },
      { ...envelope, kind: "ask", n: -1, what: "1m", timeoutMs: 1 },
      { ...envelope, kind: "ask", n: 1, what: "2m", timeoutMs: 1 },
      { ...envelope, kind: "answer", n: 1, parts: {}, missing: [] },
      { ...envelope, kind: "answer", n: 1, parts: [{}], missing: [] },
      { ...envelope, kind: "answer", n: 1, parts: [], missing: [{ id: "x", reason: "y" }] },
      { ...envelope, kind: "bye" },
    ]) {
      wire.down.receive(broken);
    }
    expect([...parent.node.faults]).toEqual([["malformed", 10]]);
    record(child, 1);
    expect((await gathered(parent)).counts).toEqual([1]);
  });

  it("of another version make their sender missing for that reason, until it speaks this one", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    await settled();
    wire.down.receive({ auspex: 2, kind: "hello" });
    expect((await gathered(parent)).missing).toMatchObject([{ reason: "version" }]);
    wire.up.greet();
    await settled();
    expect((await gathered(parent)).missing).toEqual([]);
  });

  it("that answer what nobody asked are passed over", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    await settled();
    wire.down.receive({ auspex: 1, kind: "answer", n: 12, parts: [], missing: [] });
    record(child, 1);
    expect((await gathered(parent)).counts).toEqual([1]);
  });
});

describe("a neighbour that ends", () => {
  it("leaves the totals it told last, exactly those where it said farewell", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    record(child, 1, 2);
    await settled();
    record(child, 3);
    const bye = child.node.farewell();
    if (bye !== undefined) wire.up.tell(bye);
    await settled();
    parent.node.unlink(wire.down, true);
    await settled();
    const [ended, ...more] = parent.node.ended.parts();
    expect(more).toEqual([]);
    expect(ended?.processes).toMatchObject([{ id: child.node.process.id, live: false }]);
    const [metric] = ended?.batch.metrics ?? [];
    expect(metric?.points[0]).toMatchObject({ histogram: { count: 3 } });
  });

  it("is not asked for totals to keep that a page has just asked for", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    await settled();
    clock.advance(9000);
    const page = parent.node.gather("batch", 900);
    await settled();
    await page;
    const before = asks(wire.sent);
    clock.advance(1000);
    await settled();
    expect(asks(wire.sent)).toBe(before);
    clock.advance(10_000);
    await settled();
    expect(asks(wire.sent)).toBe(before + 1);
  });

  it("without a word leaves what was asked for last", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    record(child, 1, 2);
    const wire = join(parent, child);
    await settled();
    record(child, 3);
    clock.advance(10_000);
    await settled();
    record(child, 4);
    parent.node.unlink(wire.down, true);
    expect(parent.node.ended.parts()[0]?.batch.metrics[0]?.points[0]).toMatchObject({
      histogram: { count: 3 },
    });
  });

  it("is missing in the windows that it was in, and in totals only if nothing is known of it", async () => {
    const clock = new ManualClock();
    const [parent, child, mute] = [member(clock), member(clock), member(clock)];
    const wire = join(parent, child);
    const silent = join(parent, mute);
    silent.frozen = true;
    await settled();
    parent.node.unlink(wire.down, true);
    parent.node.unlink(silent.down, true);
    const reasons = async (what: "10s" | "1m" | "total") => {
      const { missing } = await parent.node.gather(what, 900);
      return missing.map(({ id, reason }) => [id, reason]);
    };
    const known = [child.node.process.id, "ended"];
    const lost = [mute.node.process.id, "ended"];
    expect(await reasons("10s")).toEqual([known, lost]);
    expect(await reasons("total")).toEqual([lost]);
    clock.advance(30_000);
    expect(await reasons("10s")).toEqual([]);
    expect(await reasons("1m")).toEqual([known, lost]);
  });

  it("is told to those who ask the node that kept its totals", async () => {
    const clock = new ManualClock();
    const [parent, a, b] = [member(clock), member(clock), member(clock)];
    const wire = join(parent, a);
    join(parent, b);
    record(a, 1, 2);
    await settled();
    const bye = a.node.farewell();
    if (bye !== undefined) wire.up.tell(bye);
    await settled();
    parent.node.unlink(wire.down, true);
    await settled();
    const { counts, ids } = await gathered(b);
    expect(counts.sort()).toEqual([0, 2]);
    expect(ids.some((id) => id.includes("/ended/"))).toBe(true);
  });

  it("settles whoever waits for it", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    await settled();
    wire.frozen = true;
    const answer = parent.node.gather("1m", 900);
    await settled();
    parent.node.unlink(wire.down, true);
    expect((await answer).missing).toMatchObject([{ reason: "ended" }]);
  });
});

describe("a node that is closed", () => {
  it("is missed by nobody, and lets go of its timer", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    join(parent, child);
    await settled();
    child.node.close();
    await settled();
    expect(await parent.node.gather("1m", 900)).toEqual({ parts: [], missing: [] });
    parent.node.close();
    expect(parent.node.links.size).toBe(0);
    expect(parent.node.link({} as never)).toBeUndefined();
  });

  it("may come back", async () => {
    const clock = new ManualClock();
    const [parent, child] = [member(clock), member(clock)];
    const wire = join(parent, child);
    await settled();
    wire.down.receive({ auspex: 1, kind: "leave" });
    expect((await gathered(parent)).missing).toEqual([]);
    wire.up.greet();
    await settled();
    expect((await gathered(parent)).counts).toEqual([0]);
  });
});
