import { type Clock, SystemClock } from "../../time/clock.js";

/** A connection that hears messages. */
export interface Ear {
  /** Asks for channels, or patterns of them. Rejects, within its time, when it cannot. */
  subscribe(names: readonly string[]): Promise<void>;
  /** @param hear - is given the name that was asked for, and the message */
  onMessage(hear: (name: string, message: string) => void): void;
  /** Called once, when the connection has ended. */
  onEnd(ended: () => void): void;
  /** Whether the other side still answers: rejects when it does not. */
  ping(): Promise<void>;
  /** At once. */
  close(): void;
}

/** Where connections that hear come from. */
export interface Ears {
  /** Rejects, within its time, when there is none. */
  connect(): Promise<Ear>;
  /** Calls off whatever is waited for, for good. */
  callOff(): void;
}

export interface ListenerTally {
  /** Times the connection was lost or could not be made. */
  disconnects: number;
}

/** Listening to channels, until it is closed. */
export interface ChannelSubscription {
  readonly tally: Readonly<ListenerTally>;
  /** Whether the other side listens for us at the moment. */
  readonly isConnected: boolean;
  /** Ends it, at once. Idempotent. */
  close(): void;
}

/** A connection that says nothing is asked whether it is still there. */
const HEARTBEAT_MS = 10_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5000;

/** Keeps a connection that hears, and makes a new one after each loss. It keeps no process alive. */
export class ChannelListener<T extends ListenerTally> implements ChannelSubscription {
  #isClosed = false;
  #ear: Ear | undefined;
  #failures = 0;
  #cancel = (): void => {};

  /** @param names - channels, or patterns of them, as the ears take them */
  constructor(
    private readonly ears: Ears,
    private readonly names: readonly string[],
    private readonly hear: (name: string, message: string) => void,
    readonly tally: T,
    private readonly clock: Clock = new SystemClock(),
  ) {
    void this.#listen();
  }

  get isConnected(): boolean {
    return this.#ear !== undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.ears.callOff();
    this.#cancel();
    this.#ear?.close();
    this.#ear = undefined;
  }

  async #listen(): Promise<void> {
    let ear: Ear | undefined;
    try {
      const made = await this.ears.connect();
      ear = made;
      made.onMessage((name, message) => {
        if (!this.#isClosed) this.hear(name, message);
      });
      made.onEnd(() => this.#lost(made));
      await made.subscribe(this.names);
      if (this.#isClosed) throw new Error("closed");
      this.#ear = made;
      this.#failures = 0;
      this.#beat(made);
    } catch {
      ear?.close();
      this.#again();
    }
  }

  #beat(ear: Ear): void {
    this.#cancel = this.clock.schedule(HEARTBEAT_MS, () => {
      ear.ping().then(
        () => {
          if (ear === this.#ear) this.#beat(ear);
        },
        () => {
          ear.close();
          this.#lost(ear);
        },
      );
    });
  }

  #lost(ear: Ear): void {
    if (ear !== this.#ear) return;
    this.#ear = undefined;
    this.#cancel();
    this.#again();
  }

  #again(): void {
    if (this.#isClosed) return;
    this.tally.disconnects++;
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++);
    const delayMs = backoffMs * (0.5 + Math.random() / 2);
    this.#cancel = this.clock.schedule(delayMs, () => void this.#listen());
  }
}
