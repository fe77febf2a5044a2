/** The way to a server: connects when it is asked to, and not before. */
export interface Transport {
  /** For messages: `udp://127.0.0.1:8125`. */
  readonly target: string;
  /** Makes it ready for one export. Rejects when it cannot. */
  open(signal: AbortSignal): Promise<void>;
  /** Resolves when the system has taken the payload, aborted or not; rejects when it has not. */
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

/**
 * Writes, and waits for the system's word on it. An abort alone would leave open whether the payload has
 * gone out. A system that has taken it says so within a turn of the event loop; what it has not taken by
 * then goes down with the socket.
 */
export function written(
  write: (done: (error?: Error | null) => void) => void,
  signal: AbortSignal,
  close: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const done = (error?: Error | null): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener("abort", abort);
      if (error) reject(error);
      else resolve();
    };
    const abort = (): void => {
      setImmediate(() => {
        if (isOver) return;
        done(new Aborted());
        close();
      });
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      write(done);
    } catch (error) {
      done(error as Error);
    }
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
