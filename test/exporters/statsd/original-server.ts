import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "../../helpers/ports.js";

/** What a backend of the original server is handed at a flush. */
export interface Flushed {
  readonly counters: Record<string, number>;
  readonly gauges: Record<string, number>;
  readonly timers: Record<string, number[]>;
  readonly timer_data: Record<string, Record<string, number>>;
}

const BACKEND = `exports.init = (startup, config, events) => {
  events.on("flush", (time, metrics) => process.stdout.write("FLUSHED" + JSON.stringify(metrics) + "\\n"));
  return true;
};\n`;

/** The original StatsD server (npm statsd) on free ports, as a process of its own. */
export class OriginalServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #managementPort: number;
  readonly #folder: string;
  #output = "";

  private constructor(
    child: ChildProcess,
    ports: { port: number; managementPort: number },
    folder: string,
  ) {
    this.#child = child;
    this.port = ports.port;
    this.#managementPort = ports.managementPort;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.#output += text;
      });
    }
  }

  /** @param socket - listen on this stream Unix socket, not on UDP */
  static async start({ socket }: { socket?: string } = {}): Promise<OriginalServer> {
    const ports = { port: await freeUdpPort(), managementPort: await freePort() };
    const folder = mkdtempSync(join(tmpdir(), "statsd-"));
    const backend = join(folder, "backend.js");
    writeFileSync(backend, BACKEND);
    const config = {
      address: "127.0.0.1",
      port: ports.port,
      mgmt_address: "127.0.0.1",
      mgmt_port: ports.managementPort,
      flushInterval: 3_600_000,
      percentThreshold: [50, 90, 95, 99],
      automaticConfigReload: false,
      backends: [backend],
      ...(socket === undefined ? {} : { server: "./servers/tcp", socket }),
    };
    writeFileSync(join(folder, "config.js"), JSON.stringify(config));
    const main = createRequire(import.meta.url).resolve("statsd/stats.js");
    const child = spawn(process.execPath, [main, join(folder, "config.js")], {
      cwd: dirname(main),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const server = new OriginalServer(child, ports, folder);
    for (;;) {
      if (child.exitCode !== null) throw new Error(`statsd ended: ${server.#output}`);
      if (server.#output.includes("server is up") && (await server.#listens(socket))) return server;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** It says that it is up before its sockets are. */
  async #listens(path: string | undefined): Promise<boolean> {
    try {
      if (path === undefined) {
        // An empty packet has no metric in it.
        const probe = createSocket("udp4");
        await new Promise((sent) => probe.send("", this.port, "127.0.0.1", sent));
        probe.close();
        return /packets_received': [1-9]/.test(await this.ask("counters"));
      }
      const probe = connect(path);
      await once(probe, "connect");
      probe.destroy();
      await this.ask("counters");
      return true;
    } catch {
      return false;
    }
  }

  /** Answers of the management port, where a program asks how it is. */
  async ask(command: "counters" | "gauges" | "timers"): Promise<string> {
    const socket = connect(this.#managementPort, "127.0.0.1").setEncoding("utf8");
    socket.write(`${command}\n`);
    let answer = "";
    for await (const text of socket) {
      answer += text;
      if (answer.includes("END")) break;
    }
    return answer;
  }

  /** Resolves when it has got that many lines. */
  async received(lines: number): Promise<void> {
    for (;;) {
      const answer = await this.ask("counters");
      const got = Number(/'statsd\.metrics_received': (\d+)/.exec(answer)?.[1]);
      if (got >= lines) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it. @returns what it flushed at its end, computed by its own code */
  async finish(): Promise<Flushed> {
    await this.stop();
    const flushed = /FLUSHED(\{.*\})/.exec(this.#output);
    if (flushed === null) throw new Error(`statsd flushed nothing: ${this.#output}`);
    return JSON.parse(flushed[1] as string) as Flushed;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, "close");
      this.#child.kill("SIGTERM");
      await closed;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}
