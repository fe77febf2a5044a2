import type { Notice, NoticeAlert, Notifier } from "../notice.js";
import { headersOf, optionsOf, urlOf } from "./options.js";
import { post } from "./post.js";

export interface AlertmanagerOptions {
  /** Of the server: `http://alertmanager:9093`, with a path prefix where it has one. */
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default "alertmanager" */
  readonly name?: string;
}

/**
 * Hands alerts to a Prometheus Alertmanager, which groups, silences and routes them as it does all others.
 *
 * An alert it does not hear of again ends after its `resolve_timeout`, so repeat notices more often.
 * @throws NotifierOptionsError listing every fault
 * @see Alertmanager, api/v2/openapi.yaml, postAlerts
 */
export function alertmanager(given: AlertmanagerOptions): Notifier {
  let url = new URL("http://invalid");
  let headers: Record<string, string> = {};
  const known = ["url", "headers", "name"] as const;
  const options = optionsOf("alertmanager", given, known, (parts, checks) => {
    const base = urlOf("url", parts.url, checks);
    url = new URL(`${base.pathname.replace(/\/+$/, "")}/api/v2/alerts`, base);
    headers = headersOf(parts.headers, checks);
  });
  return {
    name: options.name ?? "alertmanager",
    // Grouping and repeating is what it is for.
    digests: false,
    notify: (notice, signal) => {
      const alerts = notice.alerts.map((alert) => alertOf(alert, notice));
      return post(url, JSON.stringify(alerts), headers, signal);
    },
  };
}

function alertOf(alert: NoticeAlert, { service, links }: Notice): object {
  const labels = { ...alert.labels, alertname: alert.rule, service, severity: alert.severity };
  return {
    // An empty label is none.
    labels: cleaned(Object.entries(labels).filter(([, value]) => value !== "")),
    annotations: cleaned(Object.entries({ ...alert.annotations, reason: alert.reason })),
    startsAt: new Date(alert.startsAtMs).toISOString(),
    ...(alert.endsAtMs !== undefined && { endsAt: new Date(alert.endsAtMs).toISOString() }),
    ...(links[0] !== undefined && { generatorURL: links[0].url }),
  };
}

/** Under names that Alertmanager takes; of two that look the same to it, the one that had to be changed yields. */
function cleaned(entries: readonly (readonly [string, string])[]): Record<string, string> {
  const clean = new Map(entries.filter(([name]) => labelName(name) === name));
  for (const [name, value] of entries) {
    if (clean.get(name) === value) continue;
    const base = labelName(name);
    let free = base;
    for (let more = 2; clean.has(free); more++) free = `${base}_${more}`;
    clean.set(free, value);
  }
  return Object.fromEntries(clean);
}

/** Label names are `[a-zA-Z_][a-zA-Z0-9_]*` in Alertmanager before 0.27. */
function labelName(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_]/g, "_");
  return /^[a-zA-Z_]/.test(clean) ? clean : `_${clean}`;
}
