import { expect, it } from "vitest";
import { scopeOf } from "../../src/snapshot/scope.js";

it.each([
  ["system.cpu.time", "host"],
  ["hw.gpu.utilization", "host"],
  ["container.cpu.time", "host"],
  ["auspex.pressure.waiting", "host"],
  ["process.cpu.time", "process"],
  ["auspex.thread_pool.delay", "process"],
  ["nodejs.eventloop.utilization", "thread"],
  ["http.server.request.duration", "thread"],
  ["systemic.failures", "thread"],
  ["my.process.count", "thread"],
])("%s is told by each %s", (name, scope) => {
  expect(scopeOf(name)).toBe(scope);
});
