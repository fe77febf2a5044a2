import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statsd } from "../../../src/exporters/statsd/index.js";
import { deltaBatch, never, number, START } from "./batches.js";
import { until } from "./sink.js";
import { type Parsed, parse } from "./strict-parser.js";

let folder = "";
let agent: Agent;

/** What the Datadog Agent listens with: payloads behind their length. */
class Agent {
  readonly payloads: Buffer[] = [];
  connections = 0;
  isDeaf = false;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(readonly path: string) {}

  async listen(): Promise<void> {
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      let bytes = Buffer.alloc(0);
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE()) {
          const end = 4 + bytes.readUInt32LE();
          this.payloads.push(bytes.subarray(4, end));
          bytes = bytes.subarray(end);
        }
      });
      if (this.isDeaf) socket.pause();
      else socket.resume();
    }).listen(this.path);
    await once(this.#server, "listening");
  }

  hear(): void {
    this.isDeaf = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    server.close();
    await once(server, "close");
    rmSync(this.path, { force: true });
  }

  get parsed(): Parsed[] {
    return this.payloads.flatMap(parse);
  }

  total(name: string): number {
    const of = this.parsed.filter((each) => each.name === name);
    return of.reduce((sum, { value }) => sum + value, 0);
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dogstatsd-"));
  agent = new Agent(join(folder, "dsd.sock"));
});

afterEach(async () => {
  await agent.close();
  rmSync(folder, { recursive: true, force: true });
});

const exporterOf = (more = {}) => statsd({ dialect: "dogstatsd", path: agent.path, ...more });
const jobs = (count: number) => deltaBatch([number("counter", "jobs", count)]);

describe("DogStatsD over a stream Unix socket", () => {
  it("puts each payload behind its length", async () => {
    await agent.listen();
    const exporter = exporterOf({ maxDatagramBytes: 128 });
    const metrics = Array.from({ length: 100 }, (_, i) => number("counter", `jobs.${i}`, i + 1));
    expect(await exporter.export(deltaBatch(metrics), never())).toEqual({ status: "success" });
    await until(() => agent.parsed.length === 100);
    expect(agent.payloads.length).toBeGreaterThan(5);
    for (const { length } of agent.payloads) expect(length).toBeLessThanOrEqual(128);
    await exporter.shutdown();
  });

  it("waits for a path that is missing, and connects again when it was made anew", async () => {
    const exporter = exporterOf();
    const missing = await exporter.export(jobs(1), never());
    expect(missing).toMatchObject({ status: "retryable", error: { code: "ENOENT" } });

    await agent.listen();
    expect(await exporter.export(jobs(2), never())).toEqual({ status: "success" });
    await until(() => agent.total("jobs") === 2);
    expect(
      await exporter.export(deltaBatch(jobs(3).metrics, { from: START + 1 }), never()),
    ).toEqual({
      status: "success",
    });
    await until(() => agent.total("jobs") === 5);
    expect(agent.connections).toBe(1);

    await agent.close();
    const next = deltaBatch(jobs(4).metrics, { from: START + 2 });
    expect(await exporter.export(next, never())).toMatchObject({ status: "retryable" });
    await agent.listen();
    expect(await exporter.export(next, never())).toEqual({ status: "success" });
    await until(() => agent.total("jobs") === 9);
    expect(agent.connections).toBe(2);
    await exporter.shutdown();
  });

  it("waits for a server that does not read, no longer than its signal, and resumes after", async () => {
    agent.isDeaf = true;
    await agent.listen();
    const exporter = exporterOf();
    const metrics = Array.from({ length: 8000 }, (_, i) => {
      return number("counter", `jobs.${i}`, 1, { tag: "x".repeat(90) });
    });
    const result = await exporter.export(deltaBatch(metrics), AbortSignal.timeout(200));
    expect(result).toMatchObject({ status: "retryable", error: { message: /aborted/ } });
    agent.hear();
    expect(await exporter.export(deltaBatch(metrics), never())).toEqual({ status: "success" });
    await until(() => agent.parsed.length >= 8000);
    expect(new Set(agent.parsed.map(({ name }) => name)).size).toBe(8000);
    expect(agent.parsed).toHaveLength(8000);
    await exporter.shutdown();
  });

  it("says what is wrong with a path that is no socket", async () => {
    const exporter = statsd({ path: folder });
    expect(await exporter.export(jobs(1), never())).toMatchObject({
      status: "retryable",
      error: { message: expect.stringContaining(`unix://${folder}`) },
    });
    await exporter.shutdown();
  });

  it("closes its socket, and does not wait for one that connects", async () => {
    await agent.listen();
    const exporter = exporterOf();
    const exporting = exporter.export(jobs(1), never());
    await Promise.all([exporter.shutdown(), exporter.shutdown()]);
    expect((await exporting).status).not.toBe("success");
    expect(await exporter.export(jobs(1), never())).toMatchObject({ status: "failure" });
    expect(await exporter.event({ title: "late" })).toMatchObject({ status: "failure" });
  });
});
