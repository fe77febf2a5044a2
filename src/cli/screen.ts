import { keysIn, type Size } from "./view.js";

/** The part of standard input and output that a screen uses. */
export interface Input {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  setEncoding(encoding: "utf8"): unknown;
  on(event: "data", listener: (typed: string) => void): unknown;
  off(event: "data", listener: (typed: string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
  write(text: string): unknown;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
}

/** The other screen, which leaves what was there before untouched; and no cursor on it. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const END_OF_LINE = "\u001b[K";
const REST_OF_SCREEN = "\u001b[J";

/** Of a terminal that nobody has told its size: it says that it is 0 × 0. */
const DEFAULT_SIZE: Size = { columns: 100, rows: 30 };

/** A whole terminal, taken and given back as it was. */
export class Screen {
  readonly #onData: (typed: string) => void;
  #isOpen = false;

  constructor(
    private readonly input: Input,
    private readonly output: Output,
    private readonly on: {
      readonly key: (key: string) => void;
      readonly resize: () => void;
    },
  ) {
    this.#onData = (typed) => {
      for (const key of keysIn(typed)) this.on.key(key);
    };
  }

  get size(): Size {
    const { columns, rows } = this.output;
    return { columns: columns || DEFAULT_SIZE.columns, rows: rows || DEFAULT_SIZE.rows };
  }

  open(): void {
    this.#isOpen = true;
    this.output.write(ENTER);
    this.output.on("resize", this.on.resize);
    if (!this.input.isTTY) return;
    this.input.setRawMode?.(true);
    this.input.setEncoding("utf8");
    this.input.on("data", this.#onData);
    this.input.resume();
  }

  /** Draws over what is there, without the flicker of an empty screen. A slow terminal misses frames. */
  draw(text: string): void {
    if (!this.#isOpen || this.output.writableNeedDrain) return;
    const lines = text.split("\n").map((line) => line + END_OF_LINE);
    this.output.write(HOME + lines.join("\r\n") + REST_OF_SCREEN);
  }

  /** Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.output.off("resize", this.on.resize);
    if (this.input.isTTY) {
      this.input.off("data", this.#onData);
      this.input.setRawMode?.(false);
      this.input.pause();
    }
    this.output.write(LEAVE);
  }
}
