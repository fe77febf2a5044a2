import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { describeError } from "../../diag/diag.js";
import { unobserved } from "../../diag/suppress.js";
import { NotifyError } from "../notice.js";
import { checkedLookup, refusal } from "./address.js";

/** Nothing a receiver has to say is longer. */
const MAX_REPLY_BYTES = 65_536;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Posts a notice. Follows no redirect; the URL is not part of any message, as it may hold a secret.
 *
 * @returns when the receiver has accepted it
 * @throws NotifyError saying whether, and when, to try again
 */
export async function post(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const refused = isIP(host) === 0 ? undefined : refusal(host);
  if (refused !== undefined) throw refused;
  const { status, retryAfter } = await exchange(url, body, headers, signal);
  if (status >= 200 && status < 300) return;
  const isPassing = status === 408 || status === 429 || status >= 500;
  const retryAfterMs = retryAfterOf(retryAfter);
  throw new NotifyError(`${url.host} answered ${status}`, {
    permanent: !isPassing,
    reason: `http_${status}`,
    ...(isPassing && retryAfterMs !== undefined && { retryAfterMs }),
  });
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

function exchange(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "auspex",
        ...headers,
      },
      lookup: checkedLookup as NonNullable<RequestOptions["lookup"]>,
      signal,
      agent: false,
    };
    const open = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = unobserved(() => open(url, options));
    const fail = (error: unknown): void => {
      if (error instanceof NotifyError) reject(error);
      else reject(new NotifyError(`${url.host}: ${describeError(error)}`, { reason: "network" }));
    };
    request.on("error", fail);
    request.on("response", (response) => read(response, resolve, fail));
    request.end(body);
  });
}

/** The status line is the answer; the body is read, up to its limit, for the connection's sake. */
function read(
  response: IncomingMessage,
  resolve: (answer: Answer) => void,
  fail: (error: unknown) => void,
): void {
  const answer = {
    status: response.statusCode ?? 0,
    retryAfter: response.headers["retry-after"],
  };
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) response.destroy();
  });
  response.on("error", fail);
  response.on("close", () => resolve(answer));
}

/** Seconds or a date, of an hour at most; whatever else it says is not heeded. */
function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return ms > 0 ? Math.min(ms, LONGEST_WAIT_MS) : undefined;
}
