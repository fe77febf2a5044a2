import { type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { unobserved } from "../../diag/suppress.js";
import type { ExportResult } from "../../readers/exporter.js";

export interface Push {
  readonly url: URL;
  readonly method: "PUT" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Buffer[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A gateway that refuses says why in a line. */
const MAX_REPLY_BYTES = 4096;
const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Makes one request and reads the beginning of its reply. Never rejects; follows no redirect; keeps no
 * connection. What goes wrong on the way may be tried again, for a push is idempotent.
 */
export function push({
  url,
  method,
  headers,
  body,
  timeoutMs,
  signal,
}: Push): Promise<ExportResult> {
  if (signal.aborted) return Promise.resolve(lost("was called off", url));
  return new Promise((resolve) => {
    const length = body.reduce((sum, chunk) => sum + chunk.length, 0);
    const begin = url.protocol === "https:" ? requestHttps : requestHttp;
    let request: ClientRequest;
    try {
      const options = { method, agent: false, headers: { ...headers, "content-length": length } };
      request = unobserved(() => begin(url, options));
    } catch (error) {
      resolve(failed(`cannot be asked (${codeOf(error)})`, url));
      return;
    }
    const settle = (result: ExportResult): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      resolve(result);
      request.destroy();
    };
    const abort = (): void => settle(lost("was called off", url));
    const late = (): void => settle(lost(`gave no answer within ${timeoutMs} ms`, url));
    const timer = setTimeout(late, timeoutMs).unref();
    signal.addEventListener("abort", abort, { once: true });
    // Stays for good: an error may follow the first, and without a listener it would be thrown.
    request.on("error", (error) => settle(lost(`cannot be reached (${codeOf(error)})`, url)));
    request.once("response", (response) => {
      const { statusCode: status = 0 } = response;
      let said = "";
      const done = (): void => settle(resultOf(status, said, url));
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        said += chunk;
        if (said.length > MAX_REPLY_BYTES) done();
      });
      // The status line is the answer, however the rest of it ends.
      response.on("error", done);
      response.on("close", done);
      response.on("end", done);
    });
    for (const chunk of body) request.write(chunk);
    request.end();
  });
}

function resultOf(status: number, said: string, url: URL): ExportResult {
  if (status >= 200 && status < 300) return { status: "success" };
  const why = [...said]
    .map((c) => (c < " " ? " " : c))
    .join("")
    .trim()
    .slice(0, 200);
  const redirect = status >= 300 && status < 400 ? " (redirects are not followed)" : "";
  const message = `answered HTTP ${status}${redirect}${why === "" ? "" : `: ${why}`}`;
  return RETRYABLE.has(status) ? lost(message, url) : failed(message, url);
}

function lost(message: string, url: URL): ExportResult {
  return { status: "retryable", error: new PushError(message, url) };
}

function failed(message: string, url: URL): ExportResult {
  return { status: "failure", error: new PushError(message, url) };
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name ?? "an unknown error").slice(0, 60);
}

/** Rebuilt from what is safe to show: the host, never the URL, its credentials or a header. */
class PushError extends Error {
  override readonly name = "PushgatewayError";

  constructor(message: string, { host }: URL) {
    super(`the Pushgateway at ${host} ${message}`);
  }
}
