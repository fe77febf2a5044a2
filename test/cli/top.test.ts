import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import type { Input, Output } from "../../src/cli/screen.js";
import { top } from "../../src/cli/top.js";
import type { Shown } from "../../src/cli/view.js";
import { fleetOf } from "./snapshots.js";

/** A terminal that remembers what was written to it and how it was set. */
class Fake extends EventEmitter {
  written = "";
  isRaw = false;
  isReading = false;
  columns = 80;
  rows = 20;

  constructor(readonly isTTY: boolean) {
    super();
  }

  write(text: string): void {
    this.written += text;
  }
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }
  setEncoding(): void {}
  resume(): void {
    this.isReading = true;
  }
  pause(): void {
    this.isReading = false;
  }
}

const options = { window: "1m", intervalMs: 100, once: false, json: false } as const;

function started(
  more: {
    isTTY?: boolean;
    isSized?: boolean;
    environment?: object;
    snapshot?: () => Promise<Shown>;
  },
  given: object = {},
) {
  const { isTTY = true, isSized = true, environment = {} } = more;
  const input = new Fake(isTTY);
  const output = new Fake(isTTY);
  if (!isSized) [output.columns, output.rows] = [0, 0];
  const abort = new AbortController();
  const asked: string[] = [];
  const fleet = {
    snapshot: (window: string) => {
      asked.push(window);
      return (more.snapshot ?? (async () => fleetOf(["GET /a", "GET /b"], { window })))();
    },
  };
  const terminal = {
    input: input as unknown as Input,
    output: output as unknown as Output,
    environment,
  };
  const done = top(fleet, { ...options, ...given }, terminal as never, abort.signal);
  return { input, output, abort, asked, done };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const listeners = (fake: Fake): number =>
  fake.eventNames().reduce((sum, name) => sum + fake.listenerCount(name), 0);

describe("auspex top in a terminal", () => {
  it("takes the screen, draws, listens to keys, and gives all back", async () => {
    const { input, output, asked, done } = started({});
    await until(() => output.written.includes("GET /a"));
    expect(input.isRaw).toBe(true);
    expect(output.written).toContain("\u001b[?1049h");
    expect(output.written).toContain("\u001b[1m");
    output.written = "";
    output.columns = 40;
    output.emit("resize");
    expect(output.written).toContain("GET /a");
    input.emit("data", "\u001b[C");
    expect(output.written).toContain("P50▼");
    input.emit("data", "w");
    await until(() => asked.includes("5m"));
    input.emit("data", "q");
    await done;
    expect(input.isRaw).toBe(false);
    expect(input.isReading).toBe(false);
    expect(output.written.endsWith("\u001b[?7h\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(listeners(input) + listeners(output)).toBe(0);
  });

  it("draws in a terminal that does not know its size, which says 0 × 0", async () => {
    const { input, output, done } = started({ isSized: false });
    await until(() => output.written.includes("GET /b"));
    input.emit("data", "q");
    await done;
    const once = started({ isSized: false }, { once: true });
    await once.done;
    expect(once.output.written).toContain("GET /b");
  });

  it("ends at a signal, even while a fleet does not answer", async () => {
    const { output, abort, done } = started({ snapshot: () => new Promise(() => {}) });
    await until(() => output.written !== "");
    abort.abort();
    await done;
    expect(output.written.endsWith("\u001b[?1049l")).toBe(true);
  });

  it("gives the screen back when the fleet fails", async () => {
    const { output, done } = started({ snapshot: () => Promise.reject(new Error("broken")) });
    await expect(done).rejects.toThrow("broken");
    expect(output.written.endsWith("\u001b[?1049l")).toBe(true);
  });

  it("goes on while the fleet cannot be read, and says so", async () => {
    const unread = async () => ({ ...fleetOf([]), partial: true, stale: true, reason: "refused" });
    const { input, output, done } = started({ snapshot: unread });
    await until(() => output.written.includes("OUT OF DATE: refused"));
    input.emit("data", "\u0003");
    await done;
  });

  it.each([[{ NO_COLOR: "1" }], [{ TERM: "dumb" }]])(
    "has no colours with %o",
    async (environment) => {
      const { input, output, done } = started({ environment });
      await until(() => output.written.includes("GET /a"));
      input.emit("data", "q");
      await done;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
      expect(output.written).not.toMatch(/\u001b\[\d+m/);
    },
  );
});

describe("auspex top elsewhere", () => {
  it("prints once, whole and without a control character", async () => {
    const { output, done } = started({ isTTY: false });
    await done;
    expect(output.written).toContain("GET /b");
    expect(output.written).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it("prints once in a terminal as well when asked to", async () => {
    const { output, done } = started({}, { once: true });
    await done;
    expect(output.written).not.toContain("\u001b[?1049h");
  });

  it("prints snapshots as JSON, one line each", async () => {
    const { output, abort, done } = started({ isTTY: false }, { json: true });
    await until(() => output.written.split("\n").length > 2);
    abort.abort();
    await done;
    for (const line of output.written.trim().split("\n")) {
      expect(JSON.parse(line).operations).toHaveLength(2);
    }
  });

  it("fails in one line when there is nothing to print", async () => {
    const unread = async () => ({ ...fleetOf([]), processes: [], reason: "connect ECONNREFUSED" });
    for (const given of [{ once: true }, { once: true, json: true }]) {
      const { output, done } = started({ snapshot: unread }, given);
      await expect(done).rejects.toThrow("connect ECONNREFUSED");
      expect(output.written).toBe("");
    }
  });
});
