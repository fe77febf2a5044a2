/** What a metric tells of: all who share it count the same thing, which counts once. */
export type Scope = "thread" | "process" | "host";

const HOST = /^(?:system|hw|container|auspex\.(?:host|disk|pressure|cgroup))\./;
const PROCESS = /^(?:process|auspex\.thread_pool)\./;

/** @param name - of a metric, as instruments have it */
export function scopeOf(name: string): Scope {
  if (HOST.test(name)) return "host";
  return PROCESS.test(name) ? "process" : "thread";
}
