import type { Lease } from "../../state/services.js";
import type { Connection } from "./connection.js";

/** How long a lease that nobody holds is remembered: its next token is larger than its last. */
const REMEMBERED_MS = 86_400_000;

/**
 * Takes, renews, or says no; one key, one atomic step, the clock of Redis.
 *
 * A new holder's token is the time in ms, or the last token + 1 where that is more: it grows even when
 * Redis has lost everything. A key that is no lease of ours stays as it is, and nobody holds it.
 */
const HOLD = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('HMGET', KEYS[1], '_', 'owner', 'token', 'until')
if not lease[1] and redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
if lease[1] and lease[1] ~= 'auspex/1' then return 0 end
local token = tonumber(lease[3] or '0')
if not (lease[2] == ARGV[1] and tonumber(lease[4]) > now) then
  if lease[4] and tonumber(lease[4]) > now then return 0 end
  token = math.max(token + 1, now)
end
local held = string.format('%.0f', now + ARGV[2])
redis.call('HSET', KEYS[1], '_', 'auspex/1', 'owner', ARGV[1],
  'token', string.format('%.0f', token), 'until', held)
redis.call('PEXPIRE', KEYS[1], ARGV[2] + ARGV[3])
return token`;

/** Gives it back if it is still the caller's; the token stays. */
const RELEASE = `
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', '0')
return 1`;

export interface RedisLeaseOptions {
  readonly connection: Pick<Connection, "command">;
  readonly key: string;
  /** Who asks: the incarnation, different for each process and thread. */
  readonly owner: string;
  /** How long it is held without renewal, ms. */
  readonly ttlMs: number;
}

/**
 * The right to do one thing alone among the processes that share a Redis.
 *
 * A lease is a courtesy, not a lock: who held it may find out late that it has passed on. What is done
 * under it must be harmless when done twice, or compare the token.
 */
export class RedisLease implements Lease {
  constructor(private readonly options: RedisLeaseOptions) {}

  async hold(): Promise<number> {
    const { connection, key, owner, ttlMs } = this.options;
    try {
      const token = await connection.command("EVAL", HOLD, 1, key, owner, ttlMs, REMEMBERED_MS);
      return Number(token) || 0;
    } catch {
      return 0;
    }
  }

  /** Never rejects: what cannot be given back runs out by itself. */
  async release(): Promise<void> {
    const { connection, key, owner } = this.options;
    try {
      await connection.command("EVAL", RELEASE, 1, key, owner);
    } catch {
      // It runs out.
    }
  }
}
