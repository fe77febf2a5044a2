// The ES modules and the CommonJS ones are the same code; a second copy of the package in one process,
// as another dependency may bring it, still has one first monitor and one set of HTTP routes.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createAuspex, monitored } from "auspex";
import { monitorHttpServer } from "auspex/http";

const require = createRequire(import.meta.url);
assert.equal(require("auspex").createAuspex, createAuspex);

const folder = mkdtempSync(join(tmpdir(), "auspex-copy-"));
const dist = join(folder, "auspex/dist");
cpSync(dirname(require.resolve("auspex")), dist, { recursive: true });
const copy = require(join(dist, "index.cjs"));
assert.notEqual(copy.createAuspex, createAuspex);

const auspex = copy.createAuspex({ service: "dual" });
const context = { kind: "method", name: "work", static: false, private: false };
assert.equal(monitored(() => 5, context)(), 5);
assert.equal(auspex.snapshot("total").operations[0].traffic.count, 1);

const servers = [monitorHttpServer, require(join(dist, "http.cjs")).monitorHttpServer].map(
  (watch) => {
    const server = http.createServer((_, response) => response.end("ok"));
    watch(server, auspex);
    return server;
  },
);
// A server that both copies watch records each request once.
monitorHttpServer(servers[1], auspex);
for (const server of servers) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();
}
const requests = auspex
  .snapshot("total")
  .operations.filter(({ instrument }) => instrument === "http.server.request.duration");
assert.deepEqual(
  requests.map(({ traffic }) => traffic.count),
  [2],
);
for (const server of servers) {
  server.closeAllConnections();
  server.close();
}
await auspex.shutdown();
rmSync(folder, { recursive: true });
console.log("ready");
