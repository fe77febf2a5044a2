import { scopeOf } from "../../snapshot/scope.js";
import type { ProcessRecord } from "./process-record.js";

/**
 * Who a counter tells of: what all of one host, or all threads of one process, count is the same thing,
 * and counts once.
 *
 * @param name - of the metric
 * @returns the same text for those who tell the same
 */
export function tellerOf(name: string, { id, pid, host }: ProcessRecord): string {
  const scope = scopeOf(name);
  if (scope === "thread") return id;
  return scope === "host" ? `host ${host}` : `process ${pid} ${host}`;
}
