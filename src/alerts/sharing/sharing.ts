import type { Act, SentAct } from "../acts.js";
import type { FiringAlert } from "../firing-alert.js";

/** What the engine keeps, and what it hands on. */
export interface Shared {
  /** What fires in this process, and whether that has changed since the last step. */
  readonly alerts: () => readonly FiringAlert[];
  /** All that must survive, as plain data. What is in the outbox then is what `release` sends. */
  readonly state: () => unknown;
  /** Goes on from a state; as new when it cannot be read. */
  readonly restore: (state: unknown) => void;
  /** A step is under way, between two of its slices: nothing may be restored now. */
  readonly isStepping: () => boolean;
  /** Applies what somebody did in another process. */
  readonly apply: (act: Act) => void;
  /** What was in the outbox when the state was taken may be sent now: it has been kept. */
  readonly release: () => void;
  /** Grows with every change that is worth keeping. */
  readonly version: () => number;
  /** Whether something waits to be sent. */
  readonly isWaiting: () => boolean;
}

/** Who notifies, and where the state is: alone, or in a fleet. Never throws or rejects. */
export interface Sharing {
  /** Whether this process notifies now. Asked before anything is decided, and before anything is sent. */
  readonly leads: boolean;
  /** What fires in other processes; of use to the one that notifies. */
  remote(): Iterable<readonly FiringAlert[]>;
  /** Restores what was kept, or begins to ask for it. */
  start(): Promise<void>;
  /** After a step: keeps what has changed, then releases what is to be sent. At most one at a time. */
  exchange(): Promise<void>;
  /** Something was done here, for the process that notifies to know. */
  sent(act: SentAct): void;
  /** Keeps the last state, and lets another process notify. */
  stop(): Promise<void>;
}
