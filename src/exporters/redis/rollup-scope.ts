import type { ProcessRecord } from "./process-record.js";

const HOST = /^(?:system|hw|container|auspex\.(?:host|disk|pressure|cgroup))\./;
const PROCESS = /^(?:process|auspex\.thread_pool)\./;

/**
 * Who a counter tells of: what all of one host, or all threads of one process, count is the same thing,
 * and counts once.
 *
 * @param name - of the metric
 * @returns the same text for those who tell the same
 */
export function tellerOf(name: string, { id, pid, host }: ProcessRecord): string {
  if (HOST.test(name)) return `host ${host}`;
  return PROCESS.test(name) ? `process ${pid} ${host}` : id;
}
