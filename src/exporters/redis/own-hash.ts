import type { Argument, Command } from "./connection.js";
import { MARKER, MARKER_VALUE } from "./keys.js";

/**
 * Makes a hash ours, writes fields and says how long it lives: all of it in one step. Whatever comes between
 * two commands, a `FLUSHALL` say, leaves no hash without its mark or its time to live. A hash of somebody
 * else stays as it is. Fields go in by the thousand: a script has room for some more at a time.
 */
const PUT = `
local mark = redis.call('HGET', KEYS[1], '${MARKER}')
if mark ~= ARGV[1] and (mark or redis.call('EXISTS', KEYS[1]) == 1) then return -1 end
local added = redis.call('HSET', KEYS[1], '${MARKER}', ARGV[1])
for i = 3, #ARGV, 1000 do
  added = added + redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return added`;

/** Reply: how many fields are new, the mark among them; −1 when the hash is somebody else's. */
export function put(key: string, ttlMs: number, fields: readonly Argument[]): Command {
  return ["EVAL", PUT, 1, key, MARKER_VALUE, Math.ceil(ttlMs), ...fields];
}

const REPLACE = `
local mark = redis.call('HGET', KEYS[1], '${MARKER}')
if mark ~= ARGV[1] and (mark or redis.call('EXISTS', KEYS[1]) == 1) then return -1 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], '${MARKER}', ARGV[1], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

/** As `put`, with the fields given and no others, some hundred at most. Reply: 1, or −1 as there. */
export function replace(key: string, ttlMs: number, fields: readonly Argument[]): Command {
  return ["EVAL", REPLACE, 1, key, MARKER_VALUE, Math.ceil(ttlMs), ...fields];
}

/** The code of the error that a write to a hash gets that was claimed, and is gone. */
export const LOST = "LOST";

/**
 * Writes fields into a hash that was claimed a moment ago (see `Claims`) and is still ours. A plain `HSET`
 * would make one without mark and time to live where it has gone meanwhile: nobody's, for good.
 */
export const WRITE = `
if redis.call('HGET', KEYS[1], '${MARKER}') ~= '${MARKER_VALUE}' then
  return redis.error_reply('${LOST} the hash is not there any more')
end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1`;

/** Reply: 1, or the error `LOST`. */
export function write(key: string, fields: readonly Argument[]): Command {
  return ["EVAL", WRITE, 1, key, ...fields];
}
