import type { Agent, IncomingMessage } from "node:http";
import type { ResolvedOtlpOptions } from "./options.js";
import { networkError, OtlpError } from "./otlp-error.js";
import { openRequest, ownAgent } from "./request.js";

/** Nothing an OTLP receiver has to say is longer. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;

/** The other side went away without a word. */
const CLOSED = { name: "Error", message: "closed", code: "ECONNRESET" } as const;
const NOTHING = Buffer.alloc(0);

export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: Buffer;
}

/** One request at a time or several, each to its end or to its signal's. Follows no redirect. */
export class Transport {
  readonly #agent: Agent;
  readonly #url: URL;
  readonly #isOwn: boolean;

  constructor(options: Pick<ResolvedOtlpOptions, "url" | "tls" | "agent">) {
    this.#url = options.url;
    this.#isOwn = options.agent === undefined;
    this.#agent = options.agent ?? ownAgent(options);
  }

  /**
   * Posts a body and reads the reply, up to 4 MiB of it.
   *
   * @throws OtlpError when there is no whole reply; `code` is `aborted` when the signal ended it
   */
  send(body: Uint8Array, headers: Record<string, string>, signal: AbortSignal): Promise<Reply> {
    const { host } = this.#url;
    return new Promise((resolve, reject) => {
      const aborted = (): OtlpError => {
        return new OtlpError("aborted", { host, code: "aborted", isPassing: true });
      };
      if (signal.aborted) {
        reject(aborted());
        return;
      }
      let answered = false;
      const sized = { ...headers, "content-length": body.byteLength };
      const request = openRequest(this.#url, sized, this.#agent);
      const abort = (): void => {
        reject(aborted());
        request.destroy();
      };
      signal.addEventListener("abort", abort, { once: true });
      request.once("close", () => {
        signal.removeEventListener("abort", abort);
        if (!answered) reject(networkError(CLOSED, host));
      });
      // Stays for good: an error may follow the first, and without a listener it would be thrown.
      request.on("error", (error) => reject(networkError(error, host)));
      request.once("response", (response) => {
        answered = true;
        this.#read(response, resolve, (error) => {
          reject(error);
          request.destroy();
        });
      });
      request.end(body);
    });
  }

  /** Closes what the exporter has opened, busy or not. */
  destroy(): void {
    if (this.#isOwn) this.#agent.destroy();
  }

  /** Settles at the very event: the request's own `close` comes before any promise in between. */
  #read(
    response: IncomingMessage,
    resolve: (reply: Reply) => void,
    reject: (error: OtlpError) => void,
  ): void {
    const { host } = this.#url;
    const status = response.statusCode ?? 0;
    const { "content-type": contentType = "", "retry-after": retryAfter } = response.headers;
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Whatever becomes of the body, the status line was the answer: what was taken is not sent again.
    const done = (body: Buffer): void => resolve({ status, contentType, retryAfter, body });
    response.on("error", () => done(NOTHING));
    response.on("close", () => done(NOTHING));
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_REPLY_BYTES) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      const message = `the reply to HTTP ${status} is longer than ${MAX_REPLY_BYTES} bytes`;
      reject(new OtlpError(message, { host, code: "reply-too-large", status }));
    });
    response.on("end", () => done(Buffer.concat(chunks)));
  }
}
