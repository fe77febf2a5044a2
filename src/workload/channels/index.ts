import {
  ChannelListener,
  type ChannelSubscription,
} from "../../exporters/redis/channel-listener.js";
import { channelOf } from "../../exporters/redis/channels.js";
import { RedisEars } from "../../exporters/redis/ears.js";
import { makerOf, prefixOf, TARGET, throwFaults } from "../../exporters/redis/options.js";
import type { RedisTarget } from "../../exporters/redis/target.js";
import { Checks, isObject, show } from "../../readers/checks.js";
import type { Workload } from "../workload.js";
import { CHANNELS } from "./events.js";

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

  const names = new Map(
    Object.values(CHANNELS).map((channel) => [channelOf(prefix, channel), channel]),
  );
  return new ChannelListener(
    new RedisEars(maker, timeoutMs, "channel"),
    [...names.keys()],
    (channel, message) => void work.accept(names.get(channel) ?? channel, message),
    { disconnects: 0 },
  );
}

export type { ChannelSubscription };
