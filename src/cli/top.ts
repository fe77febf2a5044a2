import type { WindowName } from "../window/rolling-window.js";
import type { TopOptions } from "./arguments.js";
import { coloured, type Paint, plain } from "./paint.js";
import { render } from "./render.js";
import { type Input, type Output, Screen } from "./screen.js";
import { afterKey, firstView, type Shown, type View } from "./view.js";

/** What is looked at: `redisFleet()`, or whatever else has snapshots. */
export interface Watched {
  snapshot(window: WindowName): Promise<Shown>;
}

export interface Terminal {
  readonly input: Input;
  readonly output: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const PRINTED_COLUMNS = 100;

type Options = Pick<TopOptions, "window" | "intervalMs" | "once" | "json">;

/**
 * Shows a fleet until a key ends it, or the signal does.
 * @throws Error in one line when it is to print once and there is nothing to print
 */
export async function top(
  fleet: Watched,
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { output } = terminal;
  if (options.json) await printJson(fleet, options, output, signal);
  else if (options.once || !output.isTTY) await printOnce(fleet, options, terminal);
  else await watch(fleet, options, terminal, signal);
}

async function printJson(
  fleet: Watched,
  { window, intervalMs, once }: Options,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  do {
    const snapshot = await fleet.snapshot(window);
    if (once) mustBeRead(snapshot);
    output.write(`${JSON.stringify(snapshot)}\n`);
    if (!once) await pause(intervalMs, signal);
  } while (!once && !signal.aborted);
}

async function printOnce(fleet: Watched, { window }: Options, terminal: Terminal): Promise<void> {
  const { output } = terminal;
  const snapshot = await fleet.snapshot(window);
  mustBeRead(snapshot);
  const size = { columns: output.columns || PRINTED_COLUMNS, rows: Number.POSITIVE_INFINITY };
  const text = render(snapshot, firstView(window), size, paintOf(terminal));
  output.write(`${text.replace(/ +$/gm, "")}\n`);
}

/** An old snapshot is better than none; none at all is a fault. */
function mustBeRead({ reason, processes, operations }: Shown): void {
  if (reason === undefined || processes.length > 0 || operations.length > 0) return;
  throw new Error(reason);
}

async function watch(
  fleet: Watched,
  { window, intervalMs }: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const paint = paintOf(terminal);
  const ended = new AbortController();
  const end = (): void => ended.abort();
  signal.addEventListener("abort", end, { once: true });
  let view: View = firstView(window);
  let shown: Shown | undefined;
  const draw = (): void => {
    if (shown !== undefined) screen.draw(render(shown, view, screen.size, paint));
  };
  let look = (): void => {};
  const screen = new Screen(terminal.input, terminal.output, {
    key(key) {
      const next = afterKey(view, key, shown?.operations.length ?? 0);
      if (next === undefined) return end();
      const isOther = next.window !== view.window;
      view = next;
      if (isOther) look();
      draw();
    },
    resize: draw,
  });
  const stopped = aborted(ended.signal);
  screen.open();
  screen.draw("…");
  try {
    while (!ended.signal.aborted) {
      const asked = view.window;
      const snapshot = await Promise.race([fleet.snapshot(asked), stopped]);
      if (snapshot === undefined) break;
      shown = snapshot;
      draw();
      const hurry = new AbortController();
      look = () => hurry.abort();
      if (view.window === asked) {
        await pause(intervalMs, AbortSignal.any([hurry.signal, ended.signal]));
      }
    }
  } finally {
    signal.removeEventListener("abort", end);
    screen.close();
  }
}

/** https://no-color.org; a terminal that says it is dumb has no colours either. */
function paintOf({ output, environment }: Terminal): Paint {
  const isColoured = output.isTTY && !environment.NO_COLOR && environment.TERM !== "dumb";
  return isColoured ? coloured : plain;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

/** Ends early when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
