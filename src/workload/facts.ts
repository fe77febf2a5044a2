/** How work ended: an aborted one is neither success nor error. */
export type TaskOutcome = "ok" | "error" | "aborted";

/** What the books are told, whether an agent of this process did it or a message says so. */
export interface TaskBegun {
  readonly agent: string;
  readonly type: string;
}

export interface TaskDone extends TaskBegun {
  /** Time in a queue; 0 when there was none. */
  readonly waitMs: number;
  readonly durationMs: number;
  readonly outcome: TaskOutcome;
  /** Most that waiting and doing may take together, where somebody said. */
  readonly limitMs: number | undefined;
}

export interface StepDone {
  readonly workflow: string | undefined;
  readonly step: string;
  readonly durationMs: number;
}

/** One moment, on both clocks: monotonic for ages and windows, wall for timestamps. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}
