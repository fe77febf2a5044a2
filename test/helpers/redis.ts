import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster, Redis } from "ioredis";
import { peer } from "./peers.js";
import { freePort } from "./ports.js";

/** Servers that run. One that a failed test left behind ends with the process at the latest. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Settings of `redis.conf`. */
type Config = Readonly<Record<string, string>>;

/**
 * A real redis-server on loopback, in a folder of its own and without persistence: what it holds is gone
 * when it restarts. Call `stop()` in `afterAll`.
 */
export class RedisServer {
  #child: ChildProcess | undefined;
  #isFrozen = false;
  readonly #clients: (Redis | Cluster)[] = [];
  #port = 0;
  #folder = "";

  /** One that does not run yet, and has no port before `boot()`. */
  constructor(private readonly config: Config = {}) {}

  /** Starts on a free port and waits until it answers. */
  static async start(config: Config = {}): Promise<RedisServer> {
    const server = new RedisServer(config);
    await server.boot();
    return server;
  }

  /** One that does not run yet: its port refuses until `boot()`. */
  static async reserved(config: Config = {}): Promise<RedisServer> {
    const server = new RedisServer(config);
    server.#port = await freePort();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async boot(): Promise<void> {
    this.#port ||= await freePort();
    this.#folder ||= mkdtempSync(join(tmpdir(), "redis-"));
    const settings: Config = {
      port: String(this.port),
      bind: "127.0.0.1",
      dir: this.#folder,
      save: "",
      appendonly: "no",
      ...this.config,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn(peer("redis-server"), flags, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    this.#child = child;
    await until(() => {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${output}`);
      return output.includes("Ready to accept connections");
    });
  }

  /** A client of the test's own, closed by `stop()`; it waits for the server rather than fail. */
  client(): Redis {
    const client = new Redis(this.port, "127.0.0.1", { retryStrategy: () => 20 });
    client.on("error", () => {});
    this.#clients.push(client);
    return client;
  }

  /** `CONFIG SET`. */
  async set(name: string, value: string): Promise<void> {
    await overOne(this, (client) => client.config("SET", name, value));
  }

  async flush(): Promise<void> {
    await overOne(this, (client) => client.flushall());
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void {
    this.#isFrozen = true;
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#child?.kill("SIGCONT");
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#isFrozen = false;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Killed and started again on the same port, empty. */
  async restart(): Promise<void> {
    await this.kill();
    await this.boot();
  }

  async stop(): Promise<void> {
    if (this.#isFrozen) this.thaw();
    for (const client of this.#clients) client.disconnect();
    await this.kill();
    if (this.#folder !== "") rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Three nodes of a real Redis Cluster on loopback, without replicas. */
export class RedisCluster {
  readonly #clients: Cluster[] = [];

  private constructor(readonly nodes: readonly RedisServer[]) {}

  static async start(): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: 3 }, async () => {
        return RedisServer.start({
          "cluster-enabled": "yes",
          "cluster-node-timeout": "2000",
          "cluster-port": String(await freePort()),
        });
      }),
    );
    const cluster = new RedisCluster(nodes);
    const clients = nodes.map((node) => node.client());
    await Promise.all(
      clients.map((client, at) => {
        const [from, to] = [at, at + 1].map((share) => Math.floor((16_384 * share) / 3));
        return client.call("CLUSTER", "ADDSLOTSRANGE", String(from), String(to - 1));
      }),
    );
    await Promise.all(
      clients.map((client, at) => client.call("CLUSTER", "SET-CONFIG-EPOCH", String(at + 1))),
    );
    for (const [at, { port }] of nodes.entries()) {
      const [, bus] = (await clients[at].config("GET", "cluster-port")) as string[];
      await clients[0].call("CLUSTER", "MEET", "127.0.0.1", String(port), bus);
    }
    await until(async () => {
      const states = await Promise.all(clients.map((client) => client.cluster("INFO")));
      return states.every((state) => {
        return /cluster_state:ok/.test(state) && /cluster_known_nodes:3/.test(state);
      });
    });
    return cluster;
  }

  /** Where a client may begin: all nodes. */
  get seeds(): { host: string; port: number }[] {
    return this.nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
  }

  /** A client of the test's own, closed by `stop()`. */
  client(): Cluster {
    const client = new Cluster(this.seeds);
    client.on("error", () => {});
    this.#clients.push(client);
    return client;
  }

  /** Every key there is, of all nodes. */
  async keys(): Promise<string[]> {
    const found = await Promise.all(this.nodes.map((node) => allKeys(node.client())));
    return found.flat().sort();
  }

  /** The node that has a key, or would have it. */
  async owner(key: string): Promise<RedisServer> {
    const clients = this.nodes.map((node) => node.client());
    return this.nodes[await ownerOf(await slotOf(key, clients[0]), clients)];
  }

  /** Moves the slot of a key, with all keys in it, to another node. */
  async move(key: string, to: RedisServer): Promise<void> {
    const clients = this.nodes.map((node) => node.client());
    const slot = await slotOf(key, clients[0]);
    const ids = await Promise.all(clients.map((client) => client.cluster("MYID")));
    const target = this.nodes.indexOf(to);
    const source = await ownerOf(slot, clients);
    if (source === target) return;
    const set = (at: number, ...args: string[]) =>
      clients[at].call("CLUSTER", "SETSLOT", String(slot), ...args);
    await set(target, "IMPORTING", String(ids[source]));
    await set(source, "MIGRATING", String(ids[target]));
    for (;;) {
      const keys = (await clients[source].call(
        "CLUSTER",
        "GETKEYSINSLOT",
        String(slot),
        "100",
      )) as string[];
      if (keys.length === 0) break;
      await clients[source].call(
        ...(["MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS", ...keys] as [
          string,
          ...string[],
        ]),
      );
    }
    for (const at of [target, source, 0, 1, 2]) await set(at, "NODE", String(ids[target]));
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

async function slotOf(key: string, client: Redis): Promise<number> {
  return Number(await client.call("CLUSTER", "KEYSLOT", key));
}

/** The place of the node that has a slot. */
async function ownerOf(slot: number, clients: readonly Redis[]): Promise<number> {
  const ids = await Promise.all(clients.map((client) => client.cluster("MYID")));
  const ranges = await clients[0].cluster("SLOTS");
  const range = ranges.find(([from, to]) => from <= slot && slot <= to);
  return ids.indexOf(range?.[2][2] ?? "");
}

/** Every key of one server, by SCAN. */
export async function allKeys(client: Redis): Promise<string[]> {
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "COUNT", 1000);
    cursor = next;
    for (const key of keys) found.add(key);
  } while (cursor !== "0");
  return [...found].sort();
}

/** Polls until something holds; for what another process does. The test's own timeout is the limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** One call over a connection that is closed behind it. */
async function overOne(server: RedisServer, call: (client: Redis) => Promise<unknown>) {
  const client = new Redis(server.port, "127.0.0.1");
  try {
    await call(client);
  } finally {
    client.disconnect();
  }
}
