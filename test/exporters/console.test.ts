import { afterEach, describe, expect, it, vi } from "vitest";
import { consoleExporter } from "../../src/exporters/console.js";
import { batchOf, exporterConforms } from "../conformance/exporter.js";

exporterConforms("the console exporter", () => consoleExporter({ write: () => {} }));

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the console exporter", () => {
  it("prints a line a point, percentiles of histograms among them", async () => {
    let text = "";
    const exporter = consoleExporter({
      write: (more) => {
        text += more;
      },
    });
    await exporter.export(batchOf([0.001, 0.2, 3]));
    const lines = text.trimEnd().split("\n");
    expect(lines[0]).toBe("conformance 2023-11-14T22:13:20.000Z (cumulative)");
    expect(lines[1]).toContain("http.route=/users/:id http.request.method=GET");
    expect(lines[1]).toMatch(/n 3 {2}p50 0\.2\S* {2}p95 3\.\S+ {2}p99 3\.\S+ {2}max 3\.\S+ s$/);
    expect(lines[2]).toMatch(/jobs\.done\s+3 \{job\}$/);
    expect(lines).toHaveLength(4);
  });

  it("answers with a failure when it cannot print", async () => {
    const exporter = consoleExporter({
      write: () => {
        throw new Error("EPIPE");
      },
    });
    expect(await exporter.export(batchOf([1]))).toMatchObject({ status: "failure" });
  });

  it("prints to standard output, though whoever took it over never calls back", async () => {
    const before = process.stdout.listenerCount("error");
    const written: unknown[] = [];
    vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(text) > 0);
    const exporter = consoleExporter();
    for (let i = 0; i < 20; i++) {
      expect(await exporter.export(batchOf([1]))).toEqual({ status: "success" });
    }
    expect(written).toHaveLength(20);
    expect(process.stdout.listenerCount("error")).toBeLessThanOrEqual(before + 1);
  });

  it("answers with a failure when standard output throws, and leaves no listener there", async () => {
    const before = process.stdout.listenerCount("error");
    vi.spyOn(process.stdout, "write").mockImplementation(() => {
      throw new Error("no output");
    });
    expect(await consoleExporter().export(batchOf([1]))).toMatchObject({ status: "failure" });
    expect(process.stdout.listenerCount("error")).toBe(before);
  });

  it("refuses options that are none, all at once", () => {
    const options = { write: "stdout", color: true };
    expect(() => consoleExporter(options as never)).toThrow(
      'consoleExporter: color is not an option; known are write; write is "stdout"; give a function that takes text',
    );
  });
});
