import type { ChildProcess } from "node:child_process";

/** Most characters without a line break: what says more is no source of lines. */
const MAX_LINE = 4096;
/** Most characters between two calls of `allow`. */
const MAX_BURST = 65_536;

/**
 * One child process that prints lines.
 *
 * It neither keeps this process alive nor outlives it: it is killed on `stop` and at this process's
 * exit, and where this process is killed itself, its next line finds no reader (SIGPIPE).
 */
export class LineChild {
  /** True from its start until it ended, failed to start or was stopped. */
  isRunning = true;
  #child: ChildProcess | undefined;
  #rest = "";
  #allowed = MAX_BURST;
  readonly #onExit = () => this.stop();

  constructor(
    private readonly command: string,
    private readonly args: readonly string[],
    private readonly onLine: (line: string) => void,
  ) {
    this.#start().catch(() => this.stop());
  }

  /** Lets it go on printing: one that prints without end is killed before its lines are read. */
  allow(): void {
    this.#allowed = MAX_BURST;
  }

  stop(): void {
    this.isRunning = false;
    process.off("exit", this.#onExit);
    const child = this.#child;
    this.#child = undefined;
    child?.stdout?.destroy();
    child?.kill("SIGKILL");
  }

  /** The module is loaded when first needed: most processes have no use for it. */
  async #start(): Promise<void> {
    const { spawn } = await import("node:child_process");
    if (!this.isRunning) return;
    const child = spawn(this.command, this.args, {
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
    });
    this.#child = child;
    process.on("exit", this.#onExit);
    const end = () => {
      if (this.#child === child) this.stop();
    };
    child.on("error", end);
    child.on("close", end);
    const { stdout } = child;
    stdout.setEncoding("utf8");
    stdout.on("data", (text: string) => this.#take(text));
    stdout.on("error", end);
    child.unref();
    (stdout as unknown as { unref(): void }).unref();
  }

  #take(text: string): void {
    this.#allowed -= text.length;
    if (this.#allowed < 0) {
      this.stop();
      return;
    }
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) if (this.isRunning) this.onLine(line);
    if (this.#rest.length > MAX_LINE) this.stop();
  }
}
