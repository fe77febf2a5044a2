import type { AuspexEvent } from "../../snapshot/events.js";
import { segment } from "./keys.js";

/** Kinds of messages, by the name of their handler. */
export type ChannelKind = AuspexEvent["type"] | "dashboard";

/**
 * Channels, and what their topics are:
 *
 * | channel | topic | message |
 * | --- | --- | --- |
 * | `events:dashboard:update` | – | a live snapshot, as whoever publishes it makes it |
 * | `events:alerts:{topic}` | the rule | `FleetMessage` of an `AlertEvent` |
 * | `events:anomalies:{topic}` | the signal | `FleetMessage` of an `Anomaly` |
 * | `events:incidents:{topic}` | the severity | `FleetMessage` of an `Incident` |
 * | `events:insights:{topic}` | the kind | `FleetMessage` of an `Insight` |
 *
 * With a prefix other than the default they begin with it: `shop:events:dashboard:update`.
 */
const FAMILIES: Readonly<Record<AuspexEvent["type"], string>> = {
  alert: "alerts",
  anomaly: "anomalies",
  incident: "incidents",
  insight: "insights",
};

export const DASHBOARD_CHANNEL = "events:dashboard:update";

/** A channel as Redis knows it. */
export function channelOf(prefix: string, channel: string): string {
  return prefix === "auspex" ? channel : `${prefix}:${channel}`;
}

/** The channel of an event, without the prefix. */
export function eventChannel(event: AuspexEvent): string {
  return `events:${FAMILIES[event.type]}:${segment(topicOf(event))}`;
}

/** What a subscriber asks Redis for; every topic of events, the one channel of the dashboard. */
export function patternOf(prefix: string, kind: ChannelKind): string {
  const channel = kind === "dashboard" ? DASHBOARD_CHANNEL : `events:${FAMILIES[kind]}:*`;
  return channelOf(prefix, channel);
}

function topicOf(event: AuspexEvent): string {
  switch (event.type) {
    case "alert":
      return event.rule;
    case "anomaly":
      return event.signal;
    case "incident":
      return event.severity;
    case "insight":
      return event.kind;
  }
}
