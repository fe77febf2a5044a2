/** One argument of a command: numbers are sent in decimal. */
export type Argument = string | number | Uint8Array;

/** A command and its arguments; the key stands second, and there is one. */
export type Command = readonly [name: string, ...args: readonly Argument[]];

/**
 * A connection to Redis or to a Cluster, as everything here but its maker sees it.
 *
 * It has no queue: what cannot be sent now fails now. It connects at its first use, and again at the first
 * use after it was lost.
 */
export interface Connection {
  /**
   * One command. Its reply is text, a number, null or a list of them.
   *
   * Rejects with an `Error`: an error reply (its message begins with its code: `WRONGTYPE …`), no
   * connection, or no reply in time.
   */
  command(...command: Command): Promise<unknown>;

  /**
   * Many commands, in one round trip to each node. Keys may lie anywhere.
   *
   * @param binary - replies are `Buffer`s where they would be text, as payloads need
   * @returns a reply or an `Error` for each command, in order. Never rejects.
   */
  batch(
    commands: readonly Command[],
    options?: { readonly binary?: boolean },
  ): Promise<readonly unknown[]>;

  /** Closes at once, whatever is under way. Idempotent; everything fails afterwards. */
  close(): void;
}
