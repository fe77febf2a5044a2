import { wellFormed } from "./names.js";

/** What may stand in a path as it is. Dots alone would be taken for folders. */
const PLAIN = /^(?!\.+$)[\w.~-]+$/;

/**
 * The path of a Pushgateway group: `/metrics/job/nightly/instance/a`.
 *
 * Values that a path cannot carry, slashes and nothing at all among them, go as `label@base64`.
 * @see Pushgateway README, "URL"
 */
export function groupPath(job: string, grouping: Readonly<Record<string, string>>): string {
  const parts = [["job", job] as const, ...Object.entries(grouping)];
  return `/metrics${parts.map(([label, value]) => `/${part(label, value)}`).join("")}`;
}

function part(label: string, value: string): string {
  if (PLAIN.test(value)) return `${label}/${value}`;
  const encoded = Buffer.from(wellFormed(value)).toString("base64url");
  return `${label}@base64/${encoded === "" ? "=" : encoded}`;
}
