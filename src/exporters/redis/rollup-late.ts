import type { ProcessRecord } from "./process-record.js";
import type { ResolvedRetention } from "./retention.js";
import {
  heardField,
  owedField,
  type Rewind,
  type RollupState,
  reachedField,
} from "./rollup-state.js";
import { floorTo, plansOf } from "./rollup-steps.js";

/**
 * What is to be taken back because a process has written about time that is rolled up already: one that
 * says so (`lateMs`), one that was silent then and owed it, one that is new here.
 *
 * Each is taken back once: the field that says so changes with it. Readers need not wait for that: they
 * read what is to be taken back from the raw windows.
 */
export function rewindsOf(
  { fields }: RollupState,
  processes: readonly ProcessRecord[],
  retention: ResolvedRetention,
  wallMs: number,
): readonly Rewind[] {
  const rewinds: Rewind[] = [];
  const back = (sinceMs: number) => backTo(sinceMs, retention, wallMs);
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

/** Where every step begins anew for all since an instant to be made again; no further back than raw is kept. */
function backTo(sinceMs: number, retention: ResolvedRetention, wallMs: number): Rewind["back"] {
  return plansOf(retention).flatMap(({ stepsMs }) => {
    const [finestMs] = stepsMs;
    const oldest = floorTo(wallMs - retention.rawMs, finestMs) + finestMs;
    return stepsMs.map((stepMs) => {
      return [reachedField(stepsMs, stepMs), floorTo(Math.max(sinceMs, oldest), stepMs)] as const;
    });
  });
}
