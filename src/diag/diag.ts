import { guardedCall } from "./guarded-call.js";

/** Where the library speaks; nothing is printed unless the host gives one. */
export interface Logger {
  debug(message: string): void;
  warn(message: string): void;
}

/**
 * The library's own voice: the first message of a kind warns, its repetitions only debug.
 *
 * What the host's functions throw, or their promises reject with, stops nothing and goes nowhere.
 * @see Micrometer, WarnThenDebugLogger.java
 */
export class Diag {
  readonly #warned = new Set<string>();

  constructor(
    private readonly logger?: Logger,
    private readonly onError?: (error: Error) => void,
  ) {}

  /** @param kind - names the fault, low cardinality; `message` may carry detail */
  warn(kind: string, message: string): void {
    if (this.logger === undefined && this.onError === undefined) return;
    const first = !this.#warned.has(kind) && this.#warned.size < 1000;
    if (first) this.#warned.add(kind);
    const { logger, onError } = this;
    const text = `auspex: ${message}`;
    guardedCall(() => (first ? logger?.warn(text) : logger?.debug(text)));
    if (first) guardedCall(() => onError?.(new Error(text)));
  }
}

/** One line about a foreign error: name, code and message, never the object with its secrets. */
export function describeError(error: unknown): string {
  try {
    if (error instanceof Error) {
      const code = (error as { code?: unknown }).code;
      return `${error.name}${typeof code === "string" ? ` [${code}]` : ""}: ${error.message}`.slice(
        0,
        300,
      );
    }
    return String(error).slice(0, 300);
  } catch {
    return "an error that cannot be read";
  }
}
