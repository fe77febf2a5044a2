import { type Bounds, boundsFaults } from "./options.js";

export interface PushgatewayOptions {
  /** Where the gateway is; a path before `/metrics` is kept. @default "http://127.0.0.1:9091" */
  readonly url?: string | URL;
  /** The `job` label of the group. */
  readonly job: string;
  /** Other labels of the group: `{ instance: "a" }`. Every process needs a group of its own. @default {} */
  readonly grouping?: Readonly<Record<string, string>>;
  /** Sent with each push; may hold secrets, and is never shown. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest one request may take, in ms. @default 10_000 */
  readonly timeoutMs?: number;
  /** Replace all of the group (PUT), or only metrics of the same names (POST). @default true */
  readonly replace?: boolean;
  /** Explicit bucket bounds by instrument name, in its unit. */
  readonly bounds?: Bounds;
  /** Tells two of them apart in one monitor. @default "pushgateway" */
  readonly name?: string;
}

export interface ResolvedPushgatewayOptions extends Required<Omit<PushgatewayOptions, "url">> {
  readonly url: URL;
}

const LABEL = /^(?!__)[a-zA-Z_]\w*$/;
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @throws RangeError naming every option that does not fit */
export function resolvePush(options: PushgatewayOptions): ResolvedPushgatewayOptions {
  const given = options ?? {};
  const { grouping = {}, headers = {}, timeoutMs = 10_000, replace = true } = given;
  const { job, bounds = {}, name = "pushgateway" } = given;
  const url = urlOf(given.url ?? "http://127.0.0.1:9091");
  const faults = boundsFaults(bounds);
  if (url === undefined) faults.push("url: give one that begins with http:// or https://");
  if (typeof job !== "string" || job === "") faults.push("job: give the name of the job");
  for (const [label, value] of Object.entries(grouping)) {
    if (label === "job" || !LABEL.test(label)) {
      faults.push(`grouping: ${JSON.stringify(label)} is no label; give letters, digits and _`);
    } else if (typeof value !== "string") faults.push(`grouping.${label}: give a text`);
  }
  for (const [header, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(header) || typeof value !== "string" || !HEADER_VALUE.test(value)) {
      faults.push(`headers: ${JSON.stringify(header)} cannot be sent`);
    }
  }
  if (!(timeoutMs >= 1 && timeoutMs <= 3_600_000)) {
    faults.push(`timeoutMs is ${timeoutMs}; give a number from 1 to 3600000`);
  }
  if (url === undefined || faults.length > 0) {
    throw new RangeError(`pushgateway: ${faults.join("; ")}`);
  }
  return { url, job, grouping, headers, timeoutMs, replace, bounds, name };
}

function urlOf(given: string | URL): URL | undefined {
  try {
    const url = new URL(given);
    return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
  } catch {
    return undefined;
  }
}
