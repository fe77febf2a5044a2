import type { ClusterOptions, RedisOptions } from "ioredis";
import { type Client, isCluster } from "./client.js";
import { RedisFault } from "./fault.js";

/** A `Redis` or a `Cluster` of ioredis. Without its types: who does not use Redis need not have them. */
export interface HostClient {
  duplicate(): unknown;
}

/** Where Redis is. One of `url`, `client` and `nodes`; else `options`, or `127.0.0.1:6379`. */
export interface RedisTarget {
  /** `redis://…`, or `rediss://…` for TLS. */
  readonly url?: string;
  /**
   * The host's own client, of a server or of a Cluster: it is duplicated, so that neither gets in the
   * other's way, and stays the host's to close.
   */
  readonly client?: HostClient;
  /** Where a Cluster begins: the URLs of some of its nodes. */
  readonly nodes?: readonly string[];
  /** Further options of ioredis: `password`, `tls`, `sentinels`, …; how it waits and retries is ours to say. */
  readonly options?: object;
}

/** Makes clients of one Redis, each unconnected. */
export interface ClientMaker {
  /** Host and port, for messages. */
  readonly where: string;
  readonly isCluster: boolean;
  make(timeoutMs: number): Promise<HostClient>;
}

/**
 * What a connection must not do behind our back: queue, resend, reconnect, ask or transform.
 *
 * Whoever uses it makes a new one after a loss, so nothing of an old connection is left.
 */
function ofConnection(timeoutMs: number) {
  return {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    reconnectOnError: null,
    commandTimeout: timeoutMs,
    connectTimeout: timeoutMs,
    enableReadyCheck: false,
    enableAutoPipelining: false,
    disableClientInfo: true,
    connectionName: "auspex",
    himportFieldsets: undefined,
    monitor: false,
    stringNumbers: false,
    keyPrefix: "",
    protocol: 2,
  } as const satisfies RedisOptions;
}

export function ofServer(timeoutMs: number) {
  return {
    ...ofConnection(timeoutMs),
    enableOfflineQueue: false,
    readOnly: false,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  } satisfies RedisOptions;
}

function ofCluster(timeoutMs: number, redisOptions: ClusterOptions["redisOptions"]) {
  return {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    enableAutoPipelining: false,
    clusterRetryStrategy: () => null,
    clusterNodeRetryStrategy: null,
    maxRedirections: 4,
    slotsRefreshTimeout: Math.min(1000, timeoutMs),
    slotsRefreshInterval: 0,
    scaleReads: "master",
    shardedSubscribers: false,
    keyPrefix: "",
    redisOptions: { ...redisOptions, ...ofConnection(timeoutMs) },
  } satisfies ClusterOptions;
}

export function clientMaker(target: RedisTarget): ClientMaker {
  const { nodes, url } = target;
  const client = target.client as Client | undefined;
  const options = (target.options ?? {}) as RedisOptions;
  if (client !== undefined) {
    if (isCluster(client)) {
      const make = async (timeoutMs: number) => {
        return client.duplicate([], ofCluster(timeoutMs, client.options.redisOptions));
      };
      return { where: "the cluster", isCluster: true, make };
    }
    const { host = "127.0.0.1", port = 6379, path } = client.options;
    const make = async (timeoutMs: number) => client.duplicate(ofServer(timeoutMs));
    return { where: path ?? `${host}:${port}`, isCluster: false, make };
  }
  if (nodes !== undefined) {
    const make = async (timeoutMs: number) => {
      const { Cluster } = await ioredis();
      return new Cluster([...nodes], ofCluster(timeoutMs, options));
    };
    return { where: nodes.map(hostOf).join(", "), isCluster: true, make };
  }
  const make = async (timeoutMs: number) => {
    const { Redis } = await ioredis();
    const all = { ...options, ...ofServer(timeoutMs) };
    return url === undefined ? new Redis(all) : new Redis(plain(url), all);
  };
  const { host = "127.0.0.1", port = 6379, path } = options;
  const where = url === undefined ? (path ?? `${host}:${port}`) : hostOf(url);
  return { where, isCluster: false, make };
}

/** Options in the query of a URL stand before all others; only how to look the host up may be said there. */
function plain(url: string): string {
  const parsed = new URL(url);
  const family = parsed.searchParams.get("family");
  parsed.search = family === null ? "" : `?family=${family}`;
  return parsed.href;
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return "redis";
  }
}

type Ioredis = Pick<typeof import("ioredis"), "Redis" | "Cluster" | "Command">;
export type CommandClass = Ioredis["Command"];

/** The one place that loads it: a process that never talks to Redis need not have it. */
async function ioredis(): Promise<Ioredis> {
  try {
    return await import("ioredis");
  } catch {
    throw new RedisFault("no_ioredis", 'the package "ioredis" is missing: npm install ioredis');
  }
}

/** Commands as a client's own copy of ioredis makes them; undefined where the host brought another copy. */
export async function commandClass(client: Client): Promise<CommandClass | undefined> {
  try {
    const { Redis, Cluster, Command } = await ioredis();
    return client instanceof Redis || client instanceof Cluster ? Command : undefined;
  } catch {
    return undefined;
  }
}
