import type { ChildProcess } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type ClusterFleet, clusterFleet } from "../../src/fleet/cluster-fleet.js";
import type { FleetSnapshot } from "../../src/fleet/model.js";
import { monitor } from "../helpers/monitor.js";
import { clustered, dist, forked, run, type Told, until } from "./members.js";
import { nearestRank } from "./parts.js";

beforeAll(() => void dist());

const children = new Set<ChildProcess>();
const fleets: ClusterFleet[] = [];
const seen: unknown[] = [];
/** What the host's own listener hears, beside what members of these tests say. */
function see(_: unknown, message: object): void {
  if (!("up" in message || "done" in message)) seen.push(message);
}

afterEach(async () => {
  for (const fleet of fleets.splice(0)) fleet.close();
  await Promise.all(
    [...children].map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    }),
  );
  children.clear();
  cluster.off("message", see);
});

function primary(options: { timeoutMs?: number; keepMs?: number } = {}) {
  const auspex = monitor({ service: "shop", saturation: false });
  const fleet = clusterFleet({ auspex, timeoutMs: 2000, ...options });
  fleets.push(fleet);
  cluster.on("message", see);
  seen.length = 0;
  return { auspex, fleet };
}

async function started(member: Promise<Told<ChildProcess>>): Promise<Told<ChildProcess>> {
  const told = await member;
  children.add(told.of);
  return told;
}

const work = ({ operations }: FleetSnapshot) => operations.find(({ name }) => name === "work");

/** A snapshot once so many processes are in it. */
const whole = (fleet: ClusterFleet, count: number, window: "1m" | "total" = "total") =>
  until(
    () => fleet.snapshot(window),
    ({ processes }) => processes.length === count,
  );

describe("a fleet of processes", () => {
  it.each(["json", "advanced"] as const)(
    "has pooled percentiles and exact counts, asked from any of them, over %s channels",
    async (serialization) => {
      const { fleet } = primary();
      const members = await Promise.all(
        Array.from({ length: 4 }, () => started(clustered(serialization))),
      );
      const values = members.map((_, at) => {
        return Array.from(
          { length: 300 },
          (_, i) => Math.round(1.5 ** (at * 2 + (i % 15)) * 10) / 10,
        );
      });
      await Promise.all(members.map((member, at) => member.act("record", values[at])));
      const snapshot = await whole(fleet, 5);
      expect([snapshot.partial, snapshot.missing]).toEqual([false, []]);
      const { latency, traffic, processes } = work(snapshot) as NonNullable<
        ReturnType<typeof work>
      >;
      expect([traffic.count, processes]).toEqual([1200, 4]);
      const pooled = values.flat().sort((a, b) => a - b);
      for (const p of [1, 50, 95, 99, 99.9, 100]) {
        const exact = nearestRank(pooled, p);
        expect(latency.percentile(p)).toBeGreaterThanOrEqual(exact - 1e-9);
        expect(latency.percentile(p)).toBeLessThanOrEqual(exact * 1.01 + 0.001);
      }
      const asked = await until(
        () => (members[2] as Told<ChildProcess>).act("ask", "total"),
        (answer) => answer.processes === 5,
      );
      expect(asked).toMatchObject({
        count: 1200,
        partial: false,
        p50: latency.p50,
        p99: latency.p99,
      });
      expect(seen).toEqual([]);
      for (const { strange } of members) expect(strange).toEqual([]);
    },
  );

  it("gives four workers that observe 1…100 a median of 50", async () => {
    const { fleet } = primary();
    const members = await Promise.all(Array.from({ length: 4 }, () => started(clustered())));
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    await Promise.all(members.map((member) => member.act("record", values)));
    const found = work(await whole(fleet, 5, "1m"));
    expect(found?.traffic.count).toBe(400);
    expect(Math.floor(found?.latency.p50 as number)).toBe(50);
  });

  it("case 18: with a frozen worker is partial, from primary and worker alike, and names it", async () => {
    const { fleet } = primary({ timeoutMs: 300 });
    const [frozen, other] = await Promise.all([started(clustered()), started(clustered())]);
    for (const member of [frozen, other]) await member.act("record", [5, 5]);
    await whole(fleet, 3);
    await fleet.text();
    frozen.of.kill("SIGSTOP");
    const isOnly = ({ missing }: Pick<FleetSnapshot, "missing">) =>
      missing.length === 1 && missing[0]?.pid === frozen.of.pid;
    // On a busy machine the other one may be late, too, once.
    const partial = await until(() => fleet.snapshot("total"), isOnly);
    expect(partial.missing).toMatchObject([{ reason: "timeout" }]);
    expect(partial.missing[0]?.lastSeenMs).toBeGreaterThan(0);
    expect(work(partial)?.traffic.count).toBe(2);
    const asked = await until(() => other.act("ask", "total"), isOnly);
    expect(asked.missing).toMatchObject([{ reason: "timeout" }]);
    const page = await until(
      () => fleet.text(),
      (text) => text.includes('auspex_fleet_members{state="missing"} 1'),
    );
    expect(page).toContain("jobs_total 4");
    frozen.of.kill("SIGCONT");
    const again = await until(
      () => fleet.snapshot("total"),
      (snapshot) => !snapshot.partial,
    );
    expect(work(again)?.traffic.count).toBe(4);
  });

  it("keeps what it knew last of one that was killed; the next is a new life", async () => {
    const { fleet } = primary({ keepMs: 100 });
    const killed = await started(clustered());
    await killed.act("record", [1, 2]);
    await until(
      () => fleet.text(),
      (page) => page.includes("jobs_total 2"),
    );
    killed.of.kill("SIGKILL");
    const next = await started(clustered());
    await next.act("record", [3]);
    const after = await whole(fleet, 3);
    expect(work(after)?.traffic.count).toBe(3);
    expect(after.processes.map(({ live, pid }) => [live, pid])).toEqual([
      [true, process.pid],
      [true, next.of.pid],
      [false, killed.of.pid],
    ]);
    expect(await next.act("ask", "total")).toMatchObject({ count: 3, processes: 3 });
  });

  it("keeps every value of one that ends by itself", async () => {
    const { fleet } = primary();
    const member = await started(clustered());
    await whole(fleet, 2);
    await member.act("record", [1, 2, 3]);
    void member.act("exit");
    const after = await until(
      () => fleet.snapshot("total"),
      ({ processes }) => processes.some(({ live }) => !live),
    );
    expect([work(after)?.traffic.count, after.partial]).toEqual([3, false]);
    expect((await fleet.snapshot("1m")).missing).toMatchObject([{ reason: "ended" }]);
  });

  it("cannot reach one that has closed its channel, and says so at once", async () => {
    const { fleet } = primary({ timeoutMs: 60_000 });
    const member = await started(forked());
    fleet.add(member.of);
    await whole(fleet, 2);
    const cut = once(member.of, "disconnect");
    void member.act("disconnect");
    await cut;
    expect((await fleet.snapshot("1m")).missing).toMatchObject([
      { reason: "unreachable", pid: member.of.pid },
    ]);
  });

  it("takes forks that are added, and misses one that never says a word", async () => {
    const { fleet } = primary({ timeoutMs: 3000 });
    const [known, mute] = await Promise.all([
      started(forked("advanced")),
      started(forked("json", { FLEET_KIND: "none" })),
    ]);
    fleet.add(known.of).add(known.of);
    await known.act("record", [7]);
    expect(work(await whole(fleet, 2))?.traffic.count).toBe(1);
    await mute.act("close");
    fleet.add(mute.of);
    expect((await fleet.snapshot("1m")).missing).toEqual([
      { id: `process ${mute.of.pid}`, reason: "silent", pid: mute.of.pid },
    ]);
  });

  it("merges the forks of a program that is no cluster, as those of PM2 are", async () => {
    const { fleet } = primary();
    const fork = async () => {
      const member = await started(forked());
      fleet.add(member.of);
      return member;
    };
    const members = await Promise.all(Array.from({ length: 4 }, fork));
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    await Promise.all(members.map((member) => member.act("record", values)));
    const found = work(await whole(fleet, 5));
    expect([found?.traffic.count, Math.floor(found?.latency.p50 as number)]).toEqual([400, 50]);
    // What a program and its forks say to each other over the same channel is theirs alone.
    for (const { strange } of members) expect(strange).toEqual([]);
    const [asked, frozen, killed] = members;
    expect(await asked?.act("ask", "total")).toMatchObject({ count: 400, processes: 5 });
    expect(await asked?.act("text")).toContain("jobs_total 400");
    frozen?.of.kill("SIGSTOP");
    killed?.of.kill("SIGKILL");
    const gone = [frozen?.of.pid, killed?.of.pid].sort();
    const partial = await until(
      () => fleet.snapshot("1m", { timeoutMs: 500 }),
      ({ missing }) =>
        `${missing.map(({ pid }) => pid).sort()}` === `${gone}` &&
        missing.some(({ reason }) => reason === "ended"),
    );
    expect(partial.missing.map(({ pid, reason }) => [pid, reason]).sort()).toEqual(
      [
        [frozen?.of.pid, "timeout"],
        [killed?.of.pid, "ended"],
      ].sort(),
    );
    frozen?.of.kill("SIGCONT");
    await (await fork()).act("record", [7]);
    const again = await until(
      () => fleet.snapshot("total"),
      (snapshot) => !snapshot.partial,
    );
    // What the killed one had counted was told with the page.
    expect(work(again)?.traffic.count).toBe(401);
    expect(again.processes.map(({ live }) => live)).toEqual([true, true, true, true, true, false]);
  });

  it("takes only children, and says so without throwing", () => {
    const { fleet } = primary();
    for (const foreign of [undefined, null, 7, "x", {}, () => {}, { process: {} }]) {
      expect(fleet.add(foreign as never)).toBe(fleet);
    }
  });

  it("case 17: fifty scrapes at a time ask each process once, and all get the whole page", async () => {
    const { fleet } = primary({ keepMs: 3_600_000 });
    const members = await Promise.all([started(clustered()), started(clustered())]);
    for (const member of members) await member.act("record", [5, 5]);
    await until(
      () => fleet.text(),
      (page) => page.includes("jobs_total 4"),
    );
    const server = createServer((request, response) => fleet.metrics(request, response));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const sends = members.map(({ of }) => vi.spyOn(of, "send"));
    // All fifty are there before the one that is frozen is given up.
    members[0]?.of.kill("SIGSTOP");
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fetch(`http://127.0.0.1:${port}/metrics`)),
    );
    const pages = await Promise.all(answers.map((answer) => answer.text()));
    server.close();
    for (const page of pages) {
      expect(page).toContain("jobs_total 4");
      expect(page).toContain('auspex_fleet_members{state="live"} 2');
      expect(page).toContain('auspex_fleet_members{state="missing"} 1');
    }
    for (const send of sends) {
      const kinds = send.mock.calls.map(([message]) => (message as { kind?: string }).kind);
      expect(kinds).toEqual(["ask"]);
    }
  });
});

describe("a host with a fleet of processes", () => {
  it("ends by itself, and so do its children; nothing is printed, and nobody sees a message", async () => {
    const { code, output } = await run("cluster-end.mjs");
    expect([code, output.split("\n").sort()]).toEqual([0, ["", "asked 3", "fork 0", "worker 0"]]);
  });
});
