import type { Notice, Notifier } from "../notice.js";
import { optionsOf, secretOf, urlOf } from "./options.js";
import { post } from "./post.js";

export interface PagerDutyOptions {
  /** Integration key of a service, "Events API v2". A secret. */
  readonly routingKey: string;
  /** @default "https://events.pagerduty.com/v2/enqueue" */
  readonly url?: string | URL;
  /** @default "pagerduty" */
  readonly name?: string;
}

const ENQUEUE = "https://events.pagerduty.com/v2/enqueue";
/** Limits of the API. */
const MOST_SUMMARY = 1024;
const MOST_KEY = 255;

/**
 * Triggers and resolves PagerDuty incidents: one for each thing told of, whichever process tells.
 *
 * @throws NotifierOptionsError listing every fault
 * @see PagerDuty, "Events API v2", "Send an alert event"
 */
export function pagerDuty(given: PagerDutyOptions): Notifier {
  let url = new URL(ENQUEUE);
  const known = ["routingKey", "url", "name"] as const;
  const options = optionsOf("pagerDuty", given, known, (parts, checks) => {
    secretOf("routingKey", parts.routingKey, "give the integration key of a service", checks);
    if (parts.url !== undefined) url = urlOf("url", parts.url, checks);
  });
  const { name = "pagerduty", routingKey } = options;
  return {
    name,
    // It groups and repeats by itself.
    digests: false,
    notify: (notice, signal) =>
      post(url, JSON.stringify({ routing_key: routingKey, ...eventOf(notice) }), {}, signal),
  };
}

function eventOf(notice: Notice): object {
  const { status, key, title, severity, service, timeMs, group, alerts, incident, links } = notice;
  const about = { dedup_key: key.slice(0, MOST_KEY) };
  if (status === "resolved") return { ...about, event_action: "resolve" };
  return {
    ...about,
    event_action: "trigger",
    payload: {
      summary: title.slice(0, MOST_SUMMARY),
      source: service,
      severity,
      timestamp: new Date(timeMs).toISOString(),
      component: alerts[0]?.operation,
      group: Object.values(group).join(" ") || undefined,
      class: alerts[0]?.rule,
      custom_details: {
        notice: notice.dedupKey,
        alerts: alerts.map(({ reason, labels }) => ({ reason, labels })),
        ...(incident !== undefined && {
          causes: incident.causes,
          affected: incident.affectedRatio,
        }),
      },
    },
    links: links.map(({ title: text, url: href }) => ({ href, text })),
  };
}
