import type { ProcessRecord } from "./process-record.js";
import { heardField, owedField, type Rewind, type RollupState } from "./rollup-state.js";

/**
 * What is to be taken back because a process has written about time that is rolled up already: one that
 * says so (`lateMs`), one that was silent then and owed it, one that is new here.
 *
 * Each is taken back once: the field that says so changes with it.
 * @param back - where all steps begin anew, for everything since an instant to be made again
 */
export function rewindsOf(
  { fields }: RollupState,
  processes: readonly ProcessRecord[],
  back: (sinceMs: number) => Rewind["back"],
): readonly Rewind[] {
  const rewinds: Rewind[] = [];
  for (const { id, startMs, seenMs, windowMs, lateMs = startMs, lateAtMs = 0 } of processes) {
    const heard = fields.get(heardField(id));
    if (heard !== String(lateAtMs)) {
      const since = heard === undefined ? startMs : lateMs;
      const field = heardField(id);
      rewinds.push({ field, from: heard ?? "", to: String(lateAtMs), back: back(since) });
    }
    const owed = fields.get(owedField(id));
    if (owed !== undefined && seenMs >= Number(owed) + windowMs) {
      rewinds.push({ field: owedField(id), from: owed, to: "", back: back(Number(owed)) });
    }
  }
  return rewinds;
}
