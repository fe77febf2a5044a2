import type { Notice, Notifier } from "../notice.js";
import { optionsOf, urlOf } from "./options.js";
import { post } from "./post.js";

export interface SlackOptions {
  /** Incoming webhook of Slack, or of what speaks like it: Mattermost, Rocket.Chat. A secret. */
  readonly url: string | URL;
  /** @default "slack" */
  readonly name?: string;
}

const COLOURS = { critical: "#d32f2f", warning: "#f9a825", info: "#1976d2" } as const;
const RESOLVED = "#2e7d32";
/** Slack cuts longer texts itself, in the middle of an escape. */
const MOST_TEXT = 2500;
const MOST_LINE = 600;
const MOST_ALERTS = 10;

/**
 * Posts each notice to a channel.
 *
 * @throws NotifierOptionsError listing every fault
 * @see Slack, "Sending messages using incoming webhooks" and "Formatting text"
 */
export function slack(given: SlackOptions): Notifier {
  let url = new URL("http://invalid");
  const options = optionsOf("slack", given, ["url", "name"] as const, (parts, checks) => {
    url = urlOf("url", parts.url, checks);
  });
  return {
    name: options.name ?? "slack",
    notify: (notice, signal) => post(url, JSON.stringify(messageOf(notice)), {}, signal),
  };
}

function messageOf(notice: Notice): object {
  const { status, severity, title, service, timeMs } = notice;
  return {
    text: escaped(`${status === "resolved" ? "Resolved" : severity}: ${title}`),
    attachments: [
      {
        color: status === "resolved" ? RESOLVED : COLOURS[severity],
        text: bodyOf(notice),
        footer: escaped(service),
        ts: Math.floor(timeMs / 1000),
      },
    ],
  };
}

function bodyOf({ text, alerts, omitted, incident, links }: Notice): string {
  const lines = [escaped(text)];
  for (const { reason, severity } of alerts.slice(0, MOST_ALERTS)) {
    lines.push(`• *${severity}* ${escaped(reason)}`);
  }
  const more = omitted + Math.max(0, alerts.length - MOST_ALERTS);
  if (more > 0) lines.push(`… and ${more} more`);
  for (const { what, likelihood } of incident?.causes.slice(0, 3) ?? []) {
    lines.push(`_probable cause_ (${Math.round(likelihood * 100)} %): ${escaped(what)}`);
  }
  const shown = lines.flatMap((line) => line.split("\n")).map(shortened);
  for (const { title, url } of links) {
    shown.push(
      `<${encodeURI(decoded(url)).replace(/[|>]/g, encodeURIComponent)}|${escaped(title).replaceAll("|", "¦")}>`,
    );
  }
  // Line by line: a cut within `&lt;` would show.
  let length = 0;
  return shown
    .filter((line) => {
      length += line.length + 1;
      return length <= MOST_TEXT;
    })
    .join("\n");
}

/** So that one line leaves room for others. Cut between characters, and not within an escape. */
function shortened(line: string): string {
  if (line.length <= MOST_LINE) return line;
  const cut = line.slice(0, MOST_LINE).replace(/&[a-z]{0,4}$|[\uD800-\uDBFF]$/, "");
  return `${cut}…`;
}

/** A link that is encoded already must not be encoded twice. */
function decoded(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

/** The three characters that Slack's own markup is made of; `<!channel>` in a name then calls nobody. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
