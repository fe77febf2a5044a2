import { expect, it } from "vitest";
import { processWide } from "../../src/diag/process-wide.js";

it("is made once, by whichever asks first, and found through the registry of symbols", () => {
  const first = processWide("auspex.test@0", () => ({ made: 1 }));
  const other = processWide("auspex.test@0", () => ({ made: 2 }));
  expect(other).toBe(first);
  expect(first.made).toBe(1);
  const copy = globalThis as unknown as Record<symbol, unknown>;
  expect(copy[Symbol.for("auspex.test@0")]).toBe(first);
  expect(processWide("auspex.test@1", () => ({ made: 3 })).made).toBe(3);
  delete copy[Symbol.for("auspex.test@0")];
  delete copy[Symbol.for("auspex.test@1")];
});
