import type { Command } from "./connection.js";
import { MARKER, MARKER_VALUE } from "./keys.js";

/**
 * Makes hashes ours, or renews their time to live, in one step: for each 2 when it was not there, 1 when it
 * was and is ours, −1 when it is somebody else's and stays as it is.
 */
const CLAIM = `
local function claim(key, ttl)
  local mark = redis.pcall('HGET', key, '${MARKER}')
  if type(mark) == 'table' then
    if string.find(mark.err, 'WRONGTYPE', 1, true) then return -1 end
    error(mark.err)
  end
  local code = 1
  if mark ~= ARGV[1] then
    if mark or redis.call('EXISTS', key) == 1 then return -1 end
    redis.call('HSET', key, '${MARKER}', ARGV[1])
    code = 2
  end
  redis.call('PEXPIRE', key, ttl)
  return code
end
local codes = {}
for i, key in ipairs(KEYS) do codes[i] = claim(key, ARGV[i + 1]) end
return codes`;

/** A key, and how long it is to live from now. */
export interface Claim {
  readonly key: string;
  readonly ttlMs: number;
}

/** What became of claims. */
export interface Claimed {
  /** They were ours, and Redis has lost them. */
  readonly lost: readonly string[];
  /** They are somebody else's. */
  readonly foreign: readonly string[];
}

/** Which keys are ours, as far as Redis has said. */
export class Claims {
  readonly #ours = new Set<string>();

  isOurs(key: string): boolean {
    return this.#ours.has(key);
  }

  /** @param claims - of keys with one hash tag */
  command(claims: readonly Claim[]): Command {
    const keys = claims.map(({ key }) => key);
    const ttls = claims.map(({ ttlMs }) => Math.ceil(ttlMs));
    return ["EVAL", CLAIM, keys.length, ...keys, MARKER_VALUE, ...ttls];
  }

  /** @param reply - to the command, no error */
  answered(claims: readonly Claim[], reply: unknown): Claimed {
    const codes: readonly unknown[] = Array.isArray(reply) ? reply : [];
    const lost: string[] = [];
    const foreign: string[] = [];
    claims.forEach(({ key }, at) => {
      if (codes[at] === 2 && this.#ours.has(key)) lost.push(key);
      if (codes[at] === 1 || codes[at] === 2) this.#ours.add(key);
      else {
        this.#ours.delete(key);
        foreign.push(key);
      }
    });
    return { lost, foreign };
  }

  drop(key: string): void {
    this.#ours.delete(key);
  }

  clear(): void {
    this.#ours.clear();
  }
}
