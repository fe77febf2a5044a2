// A user's ES module: every sub-path, one operation, a clean end.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const specifiers = JSON.parse(readFileSync(new URL("specifiers.json", import.meta.url), "utf8"));
for (const specifier of specifiers) {
  const names = Object.keys(await import(specifier));
  assert.ok(names.length > 0, `${specifier} exports nothing`);
}

const { createAuspex } = await import("auspex");
const auspex = createAuspex({ service: "smoke" });
const op = auspex.operation("x");
op.end(op.start());
assert.equal(auspex.snapshot("total").operations[0].traffic.count, 1);
await auspex.shutdown();
console.log("ready");
