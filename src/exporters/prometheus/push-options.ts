import { Checks, isObject } from "../../readers/checks.js";
import { type Bounds, boundsOf, checkName } from "./options.js";

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

const KNOWN = [
  "url",
  "job",
  "grouping",
  "headers",
  "timeoutMs",
  "replace",
  "bounds",
  "name",
] as const;

/** @throws RangeError naming every option that does not fit */
export function resolvePush(options: PushgatewayOptions): ResolvedPushgatewayOptions {
  const checks = new Checks();
  const given = checks.exactly("", options, KNOWN);
  const { job = "", replace = true, name = "pushgateway" } = given;
  const bounds = boundsOf(given.bounds, checks);
  const url = urlOf(given.url ?? "http://127.0.0.1:9091");
  if (url === undefined) checks.fault("url: give one that begins with http:// or https://");
  if (typeof job !== "string" || job === "") checks.fault("job: give the name of the job");
  const grouping = textsOf("grouping", given.grouping, checks);
  for (const [label, value] of Object.entries(grouping)) {
    if (label === "job" || !LABEL.test(label)) {
      checks.fault(`grouping: ${JSON.stringify(label)} is no label; give letters, digits and _`);
    } else if (typeof value !== "string") checks.fault(`grouping.${label}: give a text`);
  }
  const headers = textsOf("headers", given.headers, checks);
  for (const [header, value] of Object.entries(headers)) {
    if (!HEADER_NAME.test(header) || typeof value !== "string" || !HEADER_VALUE.test(value)) {
      checks.fault(`headers: ${JSON.stringify(header)} cannot be sent`);
    }
  }
  const timeoutMs = checks.number("timeoutMs", given.timeoutMs, 10_000, 1, 3_600_000, false);
  checks.type("replace", replace, ["boolean"], "give true or false");
  checkName(name, checks);
  if (url === undefined || checks.faults.length > 0) {
    throw new RangeError(`pushgateway: ${checks.faults.join("; ")}`);
  }
  return { url, job, grouping, headers, timeoutMs, replace, bounds, name };
}

/** A copy of an object of texts; what its texts are is judged by who asks. */
function textsOf(name: string, given: unknown, checks: Checks): Readonly<Record<string, string>> {
  // Its text may be a secret: it is not shown.
  if (given === undefined) return {};
  if (!isObject(given)) checks.fault(`${name}: give an object of texts`);
  const path = `${name}.`;
  return checks.fields(path, given as object, checks.names(path, given) as never[]);
}

function urlOf(given: string | URL): URL | undefined {
  try {
    const url = new URL(given);
    return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
  } catch {
    return undefined;
  }
}
