import { describe, expect, it } from "vitest";

// No declarations: the demo is plain JavaScript.
const { frame, palette } = await import(
  new URL("../../examples/demo/screen.mjs", import.meta.url).href
);

const latency = { count: 10, p50: 1.234, p95: 12.34, p99: 123.4, max: 12_345 };
const operation = (name: string, ratio = 0) => ({
  name,
  latency,
  traffic: { count: 10, perSecond: 99.96 },
  errors: { ratio },
  inFlight: 3,
});
const past = Array.from({ length: 40 }, (_, at) => (at < 10 ? Number.NaN : at > 30 ? 400 : 10));

function draw(width: number, coloured: boolean, names: readonly string[], ratio = 0): string[] {
  const view = {
    snapshot: {
      operations: names.map((name) => operation(name, ratio)),
      saturation: [
        { name: "nodejs.eventloop.utilization", value: 0.5, saturation: 0.5 },
        { name: "process.cpu.utilization", value: 0.95, saturation: 0.95 },
        { name: "process.memory.usage", value: 1e8, saturation: 0.1 },
        { name: "db.pool", value: 1, saturation: 1 },
      ],
    },
    history: {
      operations: new Map(names.map((name) => [name, {}])),
      of: () => ({ p99: past, rate: past }),
    },
    title: () => "title",
    news: () => "news",
    sections: [{ name: "Express :1", has: () => true }],
    below: () => [],
  };
  return frame(view, width, palette(coloured));
}

const names = ["GET /a", "POST /users/:user/orders/:order/items/:item/history/:page"];

describe("a frame of the demo", () => {
  it("fits the terminal, narrow or wide", () => {
    for (const width of [72, 80, 99, 100, 132, 200]) {
      for (const line of draw(width, false, names)) expect(line.length).toBeLessThanOrEqual(width);
    }
  });

  it("lines figures up in columns", () => {
    const lines = draw(80, false, names).filter((line) => line.includes("123"));
    expect(lines).toHaveLength(2);
    expect(new Set(lines.map((line) => line.indexOf("123"))).size).toBe(1);
  });

  it("has no escape sequence without colours, and shows heat with them", () => {
    expect(draw(80, false, names, 0.1).join("")).not.toContain("\x1b");
    const [row] = draw(80, true, ["GET /a"], 0.1).filter((line) => line.includes("GET /a"));
    expect(row).toContain("\x1b[31;1m   123\x1b[0m");
    expect(row).toContain("\x1b[31;1m  10.0\x1b[0m");
    expect(row).toContain("\x1b[31;1m█\x1b[0m");
  });
});
