import type { Cluster, Redis } from "ioredis";
import type { ClientMaker } from "./target.js";
import { type Stop, within } from "./within.js";

export type Client = Redis | Cluster;

export function isCluster(client: Client): client is Cluster {
  return client.isCluster;
}

/**
 * A client that is connected. Its sockets keep no process alive.
 *
 * @param stop - calls it off
 * @throws what the client said was wrong, or `timeout`; nothing is left of the client then
 */
export async function connected(
  maker: ClientMaker,
  timeoutMs: number,
  stop: Stop,
): Promise<Client> {
  const client = (await maker.make(timeoutMs)) as Client;
  let cause: unknown;
  // Without a listener the client prints its errors.
  client.on("error", (error: unknown) => {
    cause = error;
  });
  letGo(client);
  try {
    await within(timeoutMs, maker.where, client.connect(), stop);
    return client;
  } catch (error) {
    drop(client);
    throw cause ?? error;
  }
}

function letGo(client: Client): void {
  const each = (redis: Redis): void => {
    redis.on("connect", () => redis.stream?.unref?.());
  };
  if (isCluster(client)) client.on("+node", each);
  else each(client);
}

/** Ends it at once. `disconnect` alone waits for the other side, which may never answer. */
export function drop(client: Client): void {
  const nodes = isCluster(client) ? client.nodes() : [client];
  const streams = nodes.map(({ stream }) => stream);
  client.disconnect();
  for (const stream of streams) stream?.destroy();
}
