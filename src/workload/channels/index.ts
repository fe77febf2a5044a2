import { channelOf } from "../../exporters/redis/channels.js";
import { connected, drop, isCluster } from "../../exporters/redis/client.js";
import { makerOf, prefixOf, TARGET, throwFaults } from "../../exporters/redis/options.js";
import { ofServer, type RedisTarget } from "../../exporters/redis/target.js";
import { Stop, within } from "../../exporters/redis/within.js";
import { Checks, isObject, show } from "../../readers/checks.js";
import type { Workload } from "../workload.js";
import { CHANNELS } from "./events.js";
import { ChannelListener, type ChannelSubscription, type Ear } from "./listener.js";

export interface ChannelOptions extends RedisTarget {
  /** The same as that of the exporters: with another than the default, channels begin with it. @default "auspex" */
  readonly prefix?: string;
  /** Longest that connecting, or an answer, may take, ms. @default 2000 */
  readonly timeoutMs?: number;
}

/**
 * Enters what programs in any language publish in Redis into the books of a workload: the channels
 * `events:tasks:updates`, `events:agents:status` and `events:training:progress`.
 *
 * Over a connection of its own, made again after each loss, that keeps no process alive. What is published
 * while there is none is not heard. Close it yourself. Messages that cannot be read are counted in
 * `workload.tally` and disturb nothing.
 * @throws RangeError listing every fault of the options
 */
export function listenToChannels(work: Workload, options: ChannelOptions): ChannelSubscription {
  const checks = new Checks();
  if (!isObject(options)) checks.fault(`options is ${show(options)}; give { url } or { client }`);
  const given: ChannelOptions = checks.exactly("", options, [...TARGET, "prefix", "timeoutMs"]);
  const maker = makerOf(given, checks);
  const prefix = prefixOf(given.prefix, checks);
  const timeoutMs = checks.number("timeoutMs", given.timeoutMs, 2000, 50, 60_000);
  throwFaults("listenToChannels", checks);

  const stop = new Stop();
  const connect = async (): Promise<Ear> => {
    let client = await connected(maker, timeoutMs, stop);
    if (isCluster(client)) {
      // One node of a Cluster: every message reaches all of them.
      const masters = client.nodes("master");
      const node = masters[Math.floor(Math.random() * masters.length)];
      drop(client);
      const make = async () => node.duplicate(ofServer(timeoutMs));
      client = await connected({ ...maker, make }, timeoutMs, stop);
    }
    const soon = (work: Promise<unknown>) =>
      within(timeoutMs, maker.where, work, stop).then(() => {});
    return {
      subscribe: (channels) => soon(client.subscribe(...channels)),
      onMessage: (hear) => void client.on("message", hear),
      onEnd: (ended) => void client.once("end", ended),
      ping: () => soon(client.ping()),
      close: () => drop(client),
    };
  };
  const names = new Map(
    Object.values(CHANNELS).map((channel) => [channelOf(prefix, channel), channel]),
  );
  return new ChannelListener(
    connect,
    () => stop.stop(),
    [...names.keys()],
    (channel, message) => {
      work.accept(names.get(channel) ?? channel, message);
    },
  );
}

export type { ChannelSubscription };
