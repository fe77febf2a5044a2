import { Socket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { statsd } from "../../../src/exporters/statsd/index.js";
import { ManualClock } from "../../helpers/manual-clock.js";
import { monitor } from "../../helpers/monitor.js";
import { deltaBatch, never, number, timings } from "./batches.js";
import { totalsOf } from "./fake-server.js";
import { Reader, SERIES } from "./reader.js";
import { Sink, until } from "./sink.js";
import { parse } from "./strict-parser.js";

const sinks = new Set<Sink>();

afterEach(async () => {
  await Promise.all([...sinks].map((sink) => sink.close()));
  sinks.clear();
});

function expectTotals(sink: Sink, { recorded }: Reader): void {
  const totals = totalsOf(sink.datagrams.flatMap(parse));
  for (let i = 0; i < SERIES; i++) {
    expect(totals.get(`c${i} `)).toBe(recorded.counters[i]);
    expect(totals.get(`t${i} `)).toBeCloseTo(recorded.timings[i]?.length as number, 6);
  }
}

async function sinkOf(): Promise<Sink> {
  const sink = await Sink.start();
  sinks.add(sink);
  return sink;
}

const jobs = (from: number) => deltaBatch([number("counter", "jobs", 1)], { from });

describe("StatsD over UDP", () => {
  it("sends nothing and opens nothing before the first export", async () => {
    const exporter = statsd({ port: 9 });
    expect(process.getActiveResourcesInfo()).not.toContain("UDPWRAP");
    await exporter.shutdown();
  });

  it("keeps no process alive with its socket", async () => {
    const sink = await sinkOf();
    const before = process.getActiveResourcesInfo().filter((name) => name === "UDPWRAP").length;
    const exporter = statsd({ port: sink.port });
    expect(await exporter.export(jobs(0), never())).toEqual({ status: "success" });
    const after = process.getActiveResourcesInfo().filter((name) => name === "UDPWRAP").length;
    expect(after).toBe(before);
    await until(() => sink.lines.includes("jobs:1|c"));
    await exporter.shutdown();
  });

  it("names the refusal of a closed port, and loses nothing while it is closed", async () => {
    const sink = await sinkOf();
    await sink.close();
    const exporter = statsd({ port: sink.port, maxDatagramBytes: 128 });
    const reader = new Reader(exporter);
    for (let round = 0; round < 5; round++) {
      for (let series = 0; series < SERIES; series++) reader.record(series, 30);
      const result = await reader.export();
      expect(result).toMatchObject({ status: "retryable", error: { code: "ECONNREFUSED" } });
    }
    await sink.listen();
    reader.record(0, 1);
    expect(await reader.export()).toEqual({ status: "success" });
    await until(() => sink.lines.includes(`g${SERIES - 1}:150|g`));
    expectTotals(sink, reader);
    await exporter.shutdown();
  });

  it("is told of a closed port whenever in a turn of the event loop it sends", async () => {
    const sink = await sinkOf();
    await sink.close();
    const exporter = statsd({ port: sink.port, dialect: "dogstatsd" });
    const from = {
      "a timer": () => new Promise((resolve) => setTimeout(resolve, 1)),
      "an immediate": () => new Promise((resolve) => setImmediate(resolve)),
      "a file that was read": () => readFile(import.meta.filename),
      "a promise": () => Promise.resolve(),
    };
    for (let round = 0; round < 5; round++) {
      for (const [what, wait] of Object.entries(from)) {
        await wait();
        const answer = await exporter.event({ title: "deployed" });
        expect(answer.status, what).toBe("retryable");
      }
    }
    await exporter.shutdown();
  });

  for (const dialect of ["statsd", "dogstatsd"] as const) {
    it(`stands a server that comes and goes: it gets what was recorded, in ${dialect}`, async () => {
      const sink = await sinkOf();
      const exporter = statsd({ port: sink.port, dialect, maxDatagramBytes: 256 });
      const reader = new Reader(exporter);
      for (let round = 0; round < 10; round++) {
        for (let series = 0; series < SERIES; series++) reader.record(series, 40 + round);
        const isDown = round % 3 === 1;
        if (isDown) await sink.close();
        expect((await reader.export()).status).toBe(isDown ? "retryable" : "success");
        if (isDown) await sink.listen();
        // What a server has not read yet goes down with it.
        else await until(() => sink.lines.includes(`g0:${reader.recorded.counters[0]}|g`));
      }
      reader.record(SERIES - 1, 1);
      expect(await reader.export()).toEqual({ status: "success" });
      await until(() => sink.lines.some((line) => line.startsWith(`g${SERIES - 1}:446|g`)));
      expectTotals(sink, reader);
      await exporter.shutdown();
    });
  }

  it("is an exporter of a monitor: its failures are told, and made good", async () => {
    const sink = await sinkOf();
    await sink.close();
    const exporter = statsd({ port: sink.port, name: "agent" });
    const auspex = monitor({ exporters: [exporter], saturation: false });
    const jobs = auspex.counter("jobs");
    jobs.add(2);
    expect((await auspex.forceFlush({ timeoutMs: 100 })).ok).toBe(false);
    await sink.listen();
    jobs.add(3);
    expect(await auspex.forceFlush()).toMatchObject({ ok: true });
    await until(() => sink.lines.includes("jobs:5|c"));
    expect(auspex.snapshot().self.exports.agent?.failed).toBeGreaterThan(0);
  });

  it("looks a host up once per TTL, whatever comes of it", async () => {
    const sink = await sinkOf();
    const clock = new ManualClock();
    const asked: string[] = [];
    let answer: () => Promise<{ address: string }> = async () => ({ address: "127.0.0.1" });
    const lookup = (host: string) => {
      asked.push(host);
      return answer();
    };
    const exporter = statsd({
      host: "agent.example",
      port: sink.port,
      lookup,
      clock,
      dnsTtlMs: 60_000,
    });
    for (let i = 0; i < 50; i++) {
      expect(await exporter.export(jobs(i), never())).toEqual({ status: "success" });
      clock.advance(1000);
    }
    expect(asked).toEqual(["agent.example"]);
    await until(() => sink.lines.length === 50);

    // The resolver fails later on: the last address still stands.
    answer = async () => {
      throw Object.assign(new Error("queryA ETIMEOUT"), { code: "ETIMEOUT" });
    };
    clock.advance(60_000);
    expect(await exporter.export(jobs(50), never())).toEqual({ status: "success" });
    expect(asked).toHaveLength(2);
    await exporter.shutdown();
  });

  it("asks for a host that is not there every 5 s, and finds it when it comes", async () => {
    const sink = await sinkOf();
    const clock = new ManualClock();
    let asked = 0;
    let isThere = false;
    const lookup = async () => {
      asked++;
      if (!isThere)
        throw Object.assign(new Error("getaddrinfo ENOTFOUND nowhere"), { code: "ENOTFOUND" });
      return { address: "127.0.0.1" };
    };
    const exporter = statsd({ host: "nowhere", port: sink.port, lookup, clock });
    for (let i = 0; i < 5; i++) {
      const result = await exporter.export(jobs(0), never());
      expect(result).toMatchObject({ status: "retryable", error: { code: "ENOTFOUND" } });
    }
    expect(asked).toBe(1);
    isThere = true;
    clock.advance(5000);
    expect(await exporter.export(jobs(0), never())).toEqual({ status: "success" });
    expect(asked).toBe(2);
    await exporter.shutdown();
  });

  it("moves to another address when the name does", async () => {
    const sink = await sinkOf();
    const clock = new ManualClock();
    const addresses = ["127.0.0.2", "127.0.0.1"];
    const lookup = async () => ({ address: addresses.shift() as string });
    const exporter = statsd({ host: "agent", port: sink.port, lookup, clock, dnsTtlMs: 1000 });
    expect(await exporter.export(jobs(0), never())).toMatchObject({ status: "retryable" });
    clock.advance(1000);
    // This one does not wait for the lookup.
    expect(await exporter.export(jobs(0), never())).toMatchObject({ status: "retryable" });
    expect(await exporter.export(jobs(0), never())).toEqual({ status: "success" });
    await until(() => sink.lines.length === 1);
    await exporter.shutdown();
  });

  it("reaches a server that listens on IPv4 only, by a name that is ::1 as well", async () => {
    const sink = await sinkOf();
    const lookup = async () => [{ address: "::1" }, { address: "127.0.0.1" }];
    for (const more of [{ lookup }, {}]) {
      const exporter = statsd({ host: "localhost", port: sink.port, ...more });
      expect(await exporter.export(jobs(0), never())).toEqual({ status: "success" });
      await exporter.shutdown();
    }
    await until(() => sink.lines.length === 2);
  });

  it("tries the next address of a name when one refuses, and stays with the one that answers", async () => {
    const sink = await sinkOf();
    const clock = new ManualClock();
    const lookup = async () =>
      ["127.0.0.3", "127.0.0.2", "127.0.0.1"].map((address) => ({ address }));
    const exporter = statsd({ host: "agent", port: sink.port, lookup, clock, dnsTtlMs: 1000 });
    for (const status of ["retryable", "retryable", "success", "success", "success"]) {
      expect(await exporter.export(jobs(0), never())).toMatchObject({ status });
      clock.advance(600);
    }
    await until(() => sink.lines.length === 3);
    await exporter.shutdown();
  });

  it("does not get stuck at an address that cannot be connected to", async () => {
    const sink = await sinkOf();
    await sink.close();
    const lookup = async () => [{ address: "fe80::1%nowhere" }, { address: "127.0.0.1" }];
    const exporter = statsd({ host: "agent", port: sink.port, lookup });
    const refused = await exporter.export(jobs(0), never());
    expect(refused).toMatchObject({ status: "retryable", error: { code: "ECONNREFUSED" } });
    await sink.listen();
    expect(await exporter.export(jobs(0), never())).toMatchObject({ status: "retryable" });
    expect(await exporter.export(jobs(0), never())).toEqual({ status: "success" });
    await exporter.shutdown();
  });

  it("outlives resolvers that throw, hang or answer nonsense", async () => {
    for (const lookup of [
      () => {
        throw new Error("thrown");
      },
      async () => undefined,
      async () => ({ address: "not an address" }),
    ]) {
      const exporter = statsd({ host: "agent", lookup: lookup as never });
      expect(await exporter.export(jobs(0), never())).toMatchObject({ status: "retryable" });
      await exporter.shutdown();
    }
    const hanging = statsd({ host: "agent", lookup: () => new Promise(() => {}) });
    const abort = new AbortController();
    const exporting = hanging.export(jobs(0), abort.signal);
    abort.abort();
    expect(await exporting).toMatchObject({ status: "retryable", error: { message: /aborted/ } });
    const other = hanging.export(jobs(0), never());
    await hanging.shutdown();
    expect((await other).status).not.toBe("success");
    expect(await hanging.export(jobs(0), never())).toMatchObject({ status: "failure" });
    await hanging.shutdown();
  });

  it("speaks to IPv6", async () => {
    const exporter = statsd({ host: "::1", port: 9 });
    const result = await exporter.export(jobs(0), never());
    expect(result).toMatchObject({ status: "retryable", error: { message: /udp:\/\/\[::1\]:9/ } });
    await exporter.shutdown();
  });

  it("gives way to the event loop while it sends much", async () => {
    const sink = await sinkOf();
    const exporter = statsd({ port: sink.port });
    const metrics = Array.from({ length: 3000 }, (_, i) =>
      timings(`latency.${i}`, [0.1, 0.2, 0.3]),
    );
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await exporter.export(deltaBatch(metrics), never());
    isOver = true;
    expect(turns).toBeGreaterThan(4);
    await exporter.shutdown();
  });

  it("counts once what it sends, whenever it is aborted", async () => {
    const sink = await sinkOf();
    const counters = (value: number) =>
      deltaBatch(Array.from({ length: 60 }, (_, i) => number("counter", `c${i}`, value)));
    for (let turns = 0; turns < 20; turns++) {
      for (const microtasks of [0, 7, 14]) {
        sink.datagrams.length = 0;
        const exporter = statsd({ port: sink.port, maxDatagramBytes: 300 });
        const abort = new AbortController();
        const exporting = exporter.export(counters(1), abort.signal);
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
        for (let i = 0; i < microtasks; i++) await undefined;
        abort.abort();
        const missing = (await exporting).status === "success" ? 1 : 2;
        expect(await exporter.export(counters(missing), never())).toEqual({
          status: "success",
        });
        const total = () => {
          let sum = 0;
          for (const value of totalsOf(sink.datagrams.flatMap(parse)).values()) sum += value;
          return sum;
        };
        await until(() => total() >= 120);
        expect(total(), `${turns} turns, ${microtasks} microtasks`).toBe(120);
        await exporter.shutdown();
      }
    }
  });

  it("loses nothing to a closed port, whenever it is aborted", async () => {
    const sink = await sinkOf();
    const batch = deltaBatch(Array.from({ length: 60 }, (_, i) => number("counter", `c${i}`, 1)));
    for (let ticks = 0; ticks < 30; ticks++) {
      await sink.close();
      const exporter = statsd({ port: sink.port, maxDatagramBytes: 200 });
      // The socket is open before, so that the abort comes while it sends.
      await exporter.export(deltaBatch([]), never());
      const abort = new AbortController();
      const exporting = exporter.export(batch, abort.signal);
      let left = ticks;
      const tick = () => {
        if (left-- === 0) abort.abort();
        else process.nextTick(tick);
      };
      process.nextTick(tick);
      expect((await exporting).status).toBe("retryable");
      sink.datagrams.length = 0;
      await sink.listen();
      expect(await exporter.export(batch, never())).toEqual({ status: "success" });
      await until(() => sink.lines.includes("c59:1|c"));
      expect(sink.lines).toHaveLength(60);
      await exporter.shutdown();
    }
  });

  it("lets go of a datagram that the system does not take, when it is aborted", async () => {
    const sink = await sinkOf();
    const exporter = statsd({ port: sink.port });
    expect(await exporter.export(jobs(0), never())).toEqual({ status: "success" });
    const send = vi.spyOn(Socket.prototype, "send").mockImplementation(() => {});
    const abort = new AbortController();
    const exporting = exporter.export(jobs(1), abort.signal);
    await until(() => send.mock.calls.length === 1);
    abort.abort();
    expect(await exporting).toMatchObject({ status: "retryable", error: { message: /aborted/ } });
    send.mockRestore();
    expect(await exporter.export(jobs(1), never())).toEqual({ status: "success" });
    await until(() => sink.lines.length === 2);
    await exporter.shutdown();
  });

  it("stops between two datagrams when it is aborted", async () => {
    const sink = await sinkOf();
    const exporter = statsd({ port: sink.port, maxDatagramBytes: 128 });
    const metrics = Array.from({ length: 5000 }, (_, i) => number("counter", `jobs.${i}`, 1));
    const abort = new AbortController();
    const exporting = exporter.export(deltaBatch(metrics), abort.signal);
    await until(() => sink.datagrams.length > 10);
    abort.abort();
    expect(await exporting).toMatchObject({ status: "retryable" });
    expect(await exporter.export(deltaBatch(metrics), never())).toEqual({ status: "success" });
    const of = (i: number) => sink.lines.filter((line) => line === `jobs.${i}:1|c`).length;
    await until(() => of(4999) === 1);
    expect(of(0)).toBe(1);
    await exporter.shutdown();
  });
});
