import type { Act } from "./acts.js";
import type { Case } from "./case.js";
import type { Desk } from "./desk.js";

/** Remarks kept with one alert or incident. */
const MAX_COMMENTS = 20;

/**
 * Does at a desk what somebody has asked for, here or in another process.
 *
 * @param shown - the instant as the wall clock has it
 * @returns whether it was about anything that the desk knows
 */
export function apply(act: Act, desk: Desk, shown: (steadyMs: number) => number): boolean {
  const timeMs = shown(act.atMs);
  const { history } = desk;
  switch (act.kind) {
    case "silence": {
      const { id, by, comment = "" } = act.silence;
      history.add({ timeMs, what: "silence", key: id, text: comment, ...(by && { by }) });
      return desk.quieting.silences.add(act.silence);
    }
    case "unsilence":
      return desk.quieting.silences.remove(act.id);
    case "marker": {
      const { kind: key, text } = act.marker;
      desk.markers.add(act.marker);
      history.add({ timeMs, what: "marker", key, text });
      return true;
    }
    default:
      return applyTo(act, desk, timeMs);
  }
}

type ActOnAlerts = Extract<Act, { readonly target: string }>;

const TOLD = {
  acknowledge: "acknowledged",
  resolve: "resolved-by-hand",
  comment: "comment",
} as const;

function applyTo(act: ActOnAlerts, desk: Desk, timeMs: number): boolean {
  const { target, by, comment, atMs } = act;
  const saying = comment === undefined ? [] : [{ by, atMs, text: comment }];
  const incident = desk.correlator.open.get(target);
  if (incident !== undefined) {
    incident.comments = [...incident.comments, ...saying].slice(-MAX_COMMENTS);
    if (act.kind === "acknowledge") incident.acknowledged = { by, atMs };
  }
  const cases = casesOf(target, desk);
  for (const one of cases) {
    const { rule } = one.alert;
    desk.history.add({
      ...{ timeMs, what: TOLD[act.kind], key: one.key, rule, by },
      text: comment ?? "",
    });
    one.comments = [...one.comments, ...saying].slice(-MAX_COMMENTS);
    if (act.kind === "resolve" && one.isFiring) one.closedMs = atMs;
    if (act.kind !== "acknowledge" || one.acknowledged !== undefined) continue;
    one.acknowledged = { by, atMs, ...(comment !== undefined && { comment }) };
    desk.quality.acknowledged(rule, timeMs);
  }
  return incident !== undefined || cases.length > 0;
}

/** The alert of a key, or those of a group or of an incident. */
function casesOf(target: string, desk: Desk): readonly Case[] {
  const one = desk.cases.get(target);
  if (one !== undefined) return [one];
  const keys =
    desk.groups.all.get(target)?.members.keys() ?? desk.correlator.open.get(target)?.alerts ?? [];
  return Array.from(keys).flatMap((key) => desk.cases.get(key) ?? []);
}
