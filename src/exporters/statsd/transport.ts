/** The way to a server: connects when it is asked to, and not before. */
export interface Transport {
  /** For messages: `udp://127.0.0.1:8125`. */
  readonly target: string;
  /** Makes it ready for one export. Rejects when it cannot. */
  open(signal: AbortSignal): Promise<void>;
  /** Resolves when the system has taken the payload. */
  send(payload: Buffer, signal: AbortSignal): Promise<void>;
  /** Gives the event loop a turn. Rejects when it brings word that the last payload was refused. */
  settle(): Promise<void>;
  /** Lets the socket go; the next `open` makes another. */
  close(): void;
}

/** Rejects when the signal aborts first. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new Aborted());
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    const done = (): void => signal.removeEventListener("abort", abort);
    work.then(
      (value) => {
        done();
        resolve(value);
      },
      (error) => {
        done();
        reject(error);
      },
    );
  });
}

export class Aborted extends Error {
  override readonly name = "AbortError";

  constructor() {
    super("given up: the export was aborted");
  }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
