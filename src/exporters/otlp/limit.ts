import { OtlpError } from "./otlp-error.js";

/** The end of one export: its caller's signal, its own timeout or the exporter's shutdown. */
export class Limit {
  /** Rejects when the end has come; never settles otherwise. */
  readonly reached: Promise<never>;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #reject: (error: OtlpError) => void = () => {};

  constructor(
    private readonly outer: AbortSignal,
    timeoutMs: number,
    private readonly host: string,
  ) {
    this.reached = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.#timer = setTimeout(() => this.reach("timeout", timeoutMs), timeoutMs).unref();
    if (outer.aborted) this.#abort();
    else outer.addEventListener("abort", this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  reach(code: "timeout" | "aborted" | "shutdown", afterMs?: number): void {
    const message = afterMs === undefined ? code : `no answer within ${afterMs} ms`;
    this.#reject(new OtlpError(message, { host: this.host, code, isPassing: code !== "shutdown" }));
    this.#controller.abort();
  }

  /** All is over in time: nothing is held any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.outer.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.reach("aborted");
}
