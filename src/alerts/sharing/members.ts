import { isList, isObject } from "../../readers/checks.js";
import type { FleetServices } from "../../state/services.js";
import type { SentAct } from "../acts.js";
import type { FiringAlert } from "../firing-alert.js";
import type { GuardedStore } from "./guarded-store.js";

/** What one process of a fleet tells the one that notifies. */
export interface MemberRecord {
  /** Grows while the process lives and has something to tell. */
  readonly beat: number;
  readonly alerts: readonly FiringAlert[];
  readonly acts: readonly SentAct[];
}

const MAX_MEMBERS = 500;
const LOCK_MS = 3000;
const TRIES = 10;

/**
 * Which processes have something to tell, and what. Each writes a record of its own; the list of them is
 * changed by one process at a time.
 */
export class Members {
  constructor(
    private readonly services: FleetServices,
    private readonly store: GuardedStore,
    private readonly prefix: string,
    private readonly pause: () => Promise<void>,
  ) {}

  /** Writes this process's record, and sees to it that it is listed. */
  async tell(id: string, record: MemberRecord): Promise<boolean> {
    const isKept = await this.store.save(this.#key(id), JSON.stringify(record));
    return isKept && (await this.#edit((ids) => (ids.includes(id) ? ids : [...ids, id])));
  }

  /**
   * Takes those out of the list that have nothing to tell any more.
   * @param dead - those that will never write again: their records go as well
   */
  async forget(gone: readonly string[], dead: readonly string[]): Promise<void> {
    const all = new Set([...gone, ...dead]);
    if (all.size === 0) return;
    await this.#edit((ids) => ids.filter((id) => !all.has(id)));
    // A store cannot remove: nothing is what an empty text says.
    for (const id of dead) await this.store.save(this.#key(id), "");
  }

  /** Everybody's records. Undefined: nobody can tell. */
  async records(): Promise<ReadonlyMap<string, MemberRecord> | undefined> {
    const ids = await this.#list();
    if (ids === undefined) return undefined;
    const records = new Map<string, MemberRecord>();
    const loaded = await Promise.all(ids.map((id) => this.store.load(this.#key(id))));
    for (const [at, answer] of loaded.entries()) {
      if (answer === "failed") return undefined;
      const record = parse(answer.text);
      records.set(ids[at] as string, record ?? { beat: 0, alerts: [], acts: [] });
    }
    return records;
  }

  async #edit(change: (ids: readonly string[]) => readonly string[]): Promise<boolean> {
    const before = await this.#list();
    if (before === undefined) return false;
    if (change(before).length === before.length) return true;
    const lock = this.services.lease(`${this.prefix}/list`, LOCK_MS);
    for (let tries = 0; tries < TRIES; tries++) {
      if ((await lock.hold()) === 0) {
        await this.pause();
        continue;
      }
      const ids = await this.#list();
      const isKept =
        ids !== undefined &&
        (await this.store.save(this.#listKey, JSON.stringify(change(ids).slice(-MAX_MEMBERS))));
      await lock.release();
      return isKept;
    }
    return false;
  }

  async #list(): Promise<readonly string[] | undefined> {
    const answer = await this.store.load(this.#listKey);
    if (answer === "failed") return undefined;
    try {
      const ids: unknown = JSON.parse(answer.text ?? "[]");
      if (!isList(ids)) return [];
      return ids.filter((id): id is string => typeof id === "string").slice(0, MAX_MEMBERS);
    } catch {
      return [];
    }
  }

  get #listKey(): string {
    return `${this.prefix}/list`;
  }

  #key(id: string): string {
    return `${this.prefix}/member/${id}`;
  }
}

/** Undefined for what is no record: another version's, or damaged. */
function parse(text: string | undefined): MemberRecord | undefined {
  if (text === undefined) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    if (!isObject(record)) return undefined;
    const { beat, alerts, acts } = record;
    if (typeof beat !== "number" || !isList(alerts) || !isList(acts)) return undefined;
    return {
      beat,
      alerts: (alerts as FiringAlert[]).filter(isAlert),
      acts: (acts as SentAct[]).filter(({ sequence, act }) => {
        return typeof sequence === "number" && isObject(act) && typeof act.kind === "string";
      }),
    };
  } catch {
    return undefined;
  }
}

function isAlert(alert: FiringAlert): boolean {
  return (
    isObject(alert) &&
    typeof alert.key === "string" &&
    typeof alert.sinceMs === "number" &&
    isObject(alert.labels) &&
    isObject(alert.annotations) &&
    isObject(alert.attributes)
  );
}
