/** Who is told how a stream goes. The first of its ends counts. Nothing here may throw. */
export interface StreamSink {
  /** One piece came. */
  chunk(value: unknown): void;
  end(): void;
  fail(error: unknown): void;
  /** Whoever read it reads no further. */
  abort(): void;
  /** It is read through this object as well: as long as that is in reach, it may come to its end. */
  heldBy(reader: object): void;
  /** Runs a step of the stream's body where the call runs; throws what the step throws. */
  within?<T>(step: () => T): T;
}
