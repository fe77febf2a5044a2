// A user's CommonJS: every sub-path, one operation, a clean end.
const assert = require("node:assert/strict");

for (const specifier of require("./specifiers.json")) {
  const names = Object.keys(require(specifier));
  assert.ok(names.length > 0, `${specifier} exports nothing`);
}

const { createAuspex } = require("auspex");
const auspex = createAuspex({ service: "smoke" });
const op = auspex.operation("x");
op.end(op.start());
assert.equal(auspex.snapshot("total").operations[0].traffic.count, 1);
auspex.shutdown().then(() => console.log("ready"));
