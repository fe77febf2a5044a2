/** One process in the registry of its service; written with every flush. */
export interface ProcessRecord {
  /** The incarnation: new with each start of a process or thread. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Of `worker_threads`; 0 is the main thread. */
  readonly thread: number;
  /** Epoch ms. */
  readonly startMs: number;
  /** Epoch ms, by the clock of the process, of its last flush. */
  readonly seenMs: number;
  /** Time between its flushes, as observed: who is silent for three of them is missing. */
  readonly intervalMs: number;
  /** Length of its raw windows. */
  readonly windowMs: number;
  /**
   * Start of the oldest window that was written late in recent minutes, after an outage, say: roll-ups
   * from there on are made anew.
   */
  readonly lateMs?: number;
  /** Epoch ms, when `lateMs` was written last. */
  readonly lateAtMs?: number;
  /** Epoch ms; there once it shut down by itself: it is gone, not missing. */
  readonly endedMs?: number;
}

const NUMBERS = ["pid", "thread", "startMs", "seenMs", "intervalMs", "windowMs"] as const;
const LATER = ["lateMs", "lateAtMs", "endedMs"] as const;

/** @returns undefined for what is no record */
export function parseProcess(text: string): ProcessRecord | undefined {
  let given: Partial<ProcessRecord> | null;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof given !== "object" || given === null) return undefined;
  if (typeof given.id !== "string" || typeof given.host !== "string") return undefined;
  const isWhole =
    NUMBERS.every((name) => Number.isFinite(given[name])) &&
    LATER.every((name) => given[name] === undefined || Number.isFinite(given[name]));
  return isWhole && (given.windowMs as number) > 0 ? (given as ProcessRecord) : undefined;
}
