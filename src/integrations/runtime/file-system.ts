import type { CallbackTally } from "../../instruments/guarded-read.js";
import { LateAnswer } from "./late-answer.js";
import type { Probe } from "./probe.js";
import { gauge, setShare } from "./reading.js";
import type { Sources } from "./sources.js";

/**
 * How full the file system of the working directory is, for a process without privileges.
 *
 * Asked for off the main thread: one on a network that hangs holds a thread of libuv's pool, one at
 * most, and is counted.
 */
export class FileSystemProbe implements Probe {
  readonly name = "file-system";
  readonly stepMs = 5000;
  readonly #utilization = gauge(
    "system.filesystem.utilization",
    "1",
    "Share in use of the file system of the working directory.",
  );
  readonly readings = [this.#utilization];
  readonly #usage: LateAnswer;

  constructor(sources: Sources, tally: CallbackTally) {
    const share = async () => {
      const { blocks, bfree, bavail } = await sources.fileSystem();
      const used = blocks - bfree;
      return used / (used + bavail);
    };
    this.#usage = new LateAnswer(60_000, share, tally);
  }

  sample(elapsedMs: number): void {
    this.#usage.sample(elapsedMs);
    setShare(this.#utilization, this.#usage.value);
  }
}
