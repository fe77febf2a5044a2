/**
 * Standard output that somebody may close: `node app.mjs | head`.
 *
 * A closed pipe is an `error` event, which ends a process that has no listener for it. There is one while
 * a write is under way, as `console.log` has, and none between writes: what the host writes is its own affair.
 */
export class StandardOutput {
  readonly #ignore = (): void => {};
  #underWay = 0;

  /** Resolves when the system has taken the text, or a turn of the event loop later. */
  write(text: string): Promise<void> {
    const { stdout } = process;
    if (this.#underWay++ === 0) stdout.on("error", this.#ignore);
    return new Promise((resolve, reject) => {
      try {
        stdout.write(text, (error) => {
          if (error) reject(error);
          // The event comes behind the callback.
          setImmediate(() => this.#ended());
        });
      } catch (error) {
        this.#ended();
        reject(error);
      }
      // Whoever took `process.stdout.write` over may not call back.
      setImmediate(resolve);
    });
  }

  #ended(): void {
    if (--this.#underWay === 0) process.stdout.off("error", this.#ignore);
  }
}
