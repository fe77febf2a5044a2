/** An operation, as whoever sets a limit sees it. */
export interface LimitedOperation {
  /** The instrument its durations go to. */
  readonly instrument: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** A declared latency: how many successes took longer, exactly, which a histogram's slots cannot tell. */
export class LatencyLimit {
  /** Successes above the limit since it was declared. */
  over = 0;

  /** @param matches - asked once for each operation; must not throw */
  constructor(
    readonly limitMs: number,
    readonly matches: (operation: LimitedOperation) => boolean,
  ) {}
}
