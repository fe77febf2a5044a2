import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import { batchOf, exporterConforms } from "../conformance/exporter.js";

exporterConforms("the in-memory exporter", () => memory());

describe("the in-memory exporter", () => {
  it("keeps the last batches, and none while it is told to fail", async () => {
    const exporter = memory({ keep: 2, temporality: "delta" });
    for (let i = 1; i <= 3; i++) await exporter.export(batchOf([i], i * 1000));
    expect(exporter.batches.map(({ to }) => to)).toEqual([2000, 3000]);
    exporter.failWith = { status: "failure", error: new Error("told to") };
    expect(await exporter.export(batchOf([4]))).toBe(exporter.failWith);
    expect(exporter.batches).toHaveLength(2);
    expect(exporter.temporality()).toBe("delta");
  });

  it("refuses options that do not fit, all at once", () => {
    const options = { temporality: "both", keep: Number.NaN };
    expect(() => memory(options as never)).toThrow(
      'memory: temporality is "both"; give "cumulative" or "delta"; keep is NaN; give a whole number from 1 to 1000000',
    );
  });
});
