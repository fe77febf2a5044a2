import type { Command, Connection } from "./connection.js";
import { type Keys, MARKER, MARKER_VALUE } from "./keys.js";
import { put } from "./own-hash.js";
import type { ResolvedRetention, RetentionTier } from "./retention.js";

/**
 * Changes one field if it is what the caller believes, and takes others back to no more than a number.
 * What a slow former holder believes has changed meanwhile, so it changes nothing.
 */
const CHANGE = `
if (redis.call('HGET', KEYS[1], ARGV[2]) or '') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], '${MARKER}', '${MARKER_VALUE}')
if ARGV[4] == '' then redis.call('HDEL', KEYS[1], ARGV[2])
else redis.call('HSET', KEYS[1], ARGV[2], ARGV[4]) end
for i = 5, #ARGV, 2 do
  local at = redis.call('HGET', KEYS[1], ARGV[i])
  if at and tonumber(at) > tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`;

/** The shortest step there can be. */
const LEAST_STEP_MS = 1000;

/** A field that changes, and steps that are made anew with it. */
export interface Rewind {
  readonly field: string;
  /** "": it is not there. */
  readonly from: string;
  /** "": it is removed. */
  readonly to: string;
  readonly back: readonly (readonly [field: string, toMs: number])[];
}

/** How far roll-ups have come, as one reading of the hash `{service}:rollups`. */
export class RollupState {
  constructor(readonly fields: ReadonlyMap<string, string>) {}

  /** All before this instant is rolled up; undefined before the first. */
  reached(stepsMs: readonly number[], stepMs: number): number | undefined {
    const ms = Number(this.fields.get(reachedField(stepsMs, stepMs)));
    return Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
  }

  /** As it will be when steps are taken back. */
  takenBack(rewinds: readonly Rewind[]): RollupState {
    const fields = new Map(this.fields);
    for (const [field, toMs] of rewinds.flatMap(({ back }) => back)) {
      if (Number(fields.get(field)) > toMs) fields.set(field, String(toMs));
    }
    return new RollupState(fields);
  }

  /** What the writers keep, for those who read. */
  get retention(): ResolvedRetention | undefined {
    return parseRetention(this.fields.get("retention"));
  }
}

/** Names of the fields. Ids and steps stand at the end, so none can be taken for another. */
export function reachedField(stepsMs: readonly number[], stepMs: number): string {
  return `reached|${stepsMs.join(",")}|${stepMs}`;
}

/** Oldest step that was rolled up without what this process still owes. */
export const owedField = (process: string): string => `owed|${process}`;

/** When a process said last that it wrote something late; "0" for one that never did. */
export const heardField = (process: string): string => `heard|${process}`;

/** `seenMs` of a silent process whose totals were completed from its raw windows. */
export const completeField = (process: string): string => `complete|${process}`;

export function stateKey(keys: Keys, service: string): string {
  return keys.service(service, "rollups");
}

export function parseState(reply: readonly unknown[]): RollupState {
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < reply.length; at += 2) {
    fields.set(String(reply[at]), String(reply[at + 1]));
  }
  return new RollupState(fields);
}

/** Reads and changes the hash. Every change compares first, so two holders of the lease do no harm. */
export class RollupStateStore {
  readonly #key: string;

  constructor(
    private readonly connection: Connection,
    keys: Keys,
    service: string,
    /** How long it is kept without a change: as long as the oldest roll-up. */
    private readonly ttlMs: number,
  ) {
    this.#key = stateKey(keys, service);
  }

  /** @throws Error when the key is somebody else's, or Redis fails */
  async read(): Promise<RollupState> {
    const reply = await this.connection.command("HGETALL", this.#key);
    const state = parseState(Array.isArray(reply) ? reply : []);
    if (state.fields.size > 0 && state.fields.get(MARKER) !== MARKER_VALUE) {
      throw new Error("WRONGTYPE the key of the roll-ups holds something else");
    }
    return state;
  }

  /** Says what it is, and what is kept how long. */
  async describe(retention: ResolvedRetention, state: RollupState): Promise<void> {
    const text = formatRetention(retention);
    if (state.fields.get("retention") === text) return;
    await this.set("retention", text);
  }

  /** @param from - as it was read; "": it was not there. @returns whether it was that, and is `to` now */
  async advance(field: string, from: string, to: number): Promise<boolean> {
    const change = this.#change({ field, from, to: String(to), back: [] });
    return (await this.connection.command(...change)) === 1;
  }

  /** Each on its own: one that somebody else has made already changes nothing. */
  async rewind(rewinds: readonly Rewind[]): Promise<void> {
    failed(await this.connection.batch(rewinds.map((each) => this.#change(each))));
  }

  /** Remembers what processes owe; what they owe already is older. */
  async owe(processes: readonly string[], startMs: number): Promise<void> {
    await this.rewind(
      processes.map((process) => {
        return { field: owedField(process), from: "", to: String(startMs), back: [] };
      }),
    );
  }

  async set(field: string, value: string): Promise<void> {
    await this.connection.command(...put(this.#key, this.ttlMs, [field, value]));
  }

  /** Forgets a process. */
  async forget(process: string): Promise<void> {
    const fields = [owedField, heardField, completeField].map((fieldOf) => fieldOf(process));
    await this.connection.command("HDEL", this.#key, ...fields);
  }

  #change({ field, from, to, back }: Rewind): Command {
    return ["EVAL", CHANGE, 1, this.#key, this.ttlMs, field, from, to, ...back.flat()];
  }
}

/** @throws the first error among replies */
export function failed(replies: readonly unknown[]): void {
  for (const reply of replies) if (reply instanceof Error) throw reply;
}

function formatRetention({ rawMs, tiers, byCategory }: ResolvedRetention): string {
  const pairs = (list: readonly RetentionTier[]) =>
    list.map(({ stepMs, keepMs }) => [stepMs, keepMs]);
  const categories = [...byCategory].map(([name, list]) => [name, pairs(list)]);
  return JSON.stringify({ rawMs, tiers: pairs(tiers), categories });
}

function parseRetention(text: string | undefined): ResolvedRetention | undefined {
  if (text === undefined) return undefined;
  try {
    const { rawMs, tiers, categories } = JSON.parse(text);
    const byCategory = new Map<string, readonly RetentionTier[]>();
    for (const [name, list] of categories) byCategory.set(String(name), tiersFrom(list));
    return Number.isFinite(rawMs) ? { rawMs, tiers: tiersFrom(tiers), byCategory } : undefined;
  } catch {
    return undefined;
  }
}

/** @throws RangeError for what is no list of tiers, each a multiple of the one before */
function tiersFrom(list: unknown): readonly RetentionTier[] {
  let finerMs = LEAST_STEP_MS;
  const tiers = Array.from(list as Iterable<readonly [number, number]>, ([stepMs, keepMs]) => {
    const isStep = Number.isSafeInteger(stepMs) && stepMs >= finerMs && stepMs % finerMs === 0;
    if (!isStep || !(keepMs > 0)) throw new RangeError("no tier");
    finerMs = stepMs;
    return { stepMs, keepMs };
  });
  if (tiers.length === 0) throw new RangeError("no tiers");
  return tiers;
}
