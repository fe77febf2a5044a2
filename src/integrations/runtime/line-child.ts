import type { ChildProcess } from "node:child_process";

/** Most characters without a line break: what says more is no source of lines. */
const MAX_LINE = 4096;
/** Most characters between two calls of `allow`. */
const MAX_BURST = 65_536;

/** On Windows `detached` means a window of its own, and there are no groups to kill. */
const HAS_GROUPS = process.platform !== "win32";

/**
 * One child process that prints lines.
 *
 * It neither keeps this process alive nor outlives it: it is killed on `stop` and at this process's
 * exit, with what it started itself (a wrapper script's program), for which it has a process group of
 * its own. Where this process is killed, or ended by Ctrl-C without an exit, its next line finds no
 * reader (SIGPIPE).
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
    if (child?.pid !== undefined) kill(child, child.pid);
  }

  /** The module is loaded when first needed: most processes have no use for it. */
  async #start(): Promise<void> {
    const { spawn } = await import("node:child_process");
    if (!this.isRunning) return;
    const child = spawn(this.command, this.args, {
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
      detached: HAS_GROUPS,
    });
    this.#child = child;
    process.on("exit", this.#onExit);
    const end = () => {
      if (this.#child === child) this.stop();
    };
    child.on("error", end);
    child.on("close", () => {
      // Nobody holds the pipe any more: nothing to kill, and the id may be another's by now.
      if (this.#child === child) this.#child = undefined;
      this.stop();
    });
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

function kill(child: ChildProcess, pid: number): void {
  try {
    if (HAS_GROUPS) process.kill(-pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It ended by itself.
  }
}
