import type { ExportTallySnapshot, OverheadSnapshot, SelfSnapshot } from "../snapshot/model.js";
import type { FleetPart } from "./model.js";

/**
 * What the library knows of itself, of all processes: counts are sums. Shares of CPU time are those of the
 * process that spends most, threads of one process added up; `ofCore` is the cores that all spend.
 */
export function mergedSelf(parts: readonly FleetPart[]): SelfSnapshot {
  const all = parts.map(({ snapshot }) => snapshot.self);
  const live = parts.filter(({ process }) => process.live);
  const sum = (of: (self: SelfSnapshot) => number): number => {
    return all.reduce((total, self) => total + of(self), 0);
  };
  const now = (of: (self: SelfSnapshot) => number): number => {
    return live.reduce((total, { snapshot }) => total + of(snapshot.self), 0);
  };
  return Object.freeze({
    records: sum(({ records }) => records),
    dropped: Object.freeze({
      notANumber: sum(({ dropped }) => dropped.notANumber),
      negative: sum(({ dropped }) => dropped.negative),
      infinite: sum(({ dropped }) => dropped.infinite),
    }),
    clamped: sum(({ clamped }) => clamped),
    overflowed: sum(({ overflowed }) => overflowed),
    misuse: sum(({ misuse }) => misuse),
    attributes: Object.freeze({
      truncated: sum(({ attributes }) => attributes.truncated),
      dropped: sum(({ attributes }) => attributes.dropped),
    }),
    callbackErrors: sum(({ callbackErrors }) => callbackErrors),
    clockSteps: sum(({ clockSteps }) => clockSteps),
    exports: exportsOf(all),
    series: now(({ series }) => series),
    expired: Object.freeze({
      series: sum(({ expired }) => expired.series),
      values: sum(({ expired }) => expired.values),
    }),
    windows: Object.freeze({
      bytes: now(({ windows }) => windows.bytes),
      budgetBytes: now(({ windows }) => windows.budgetBytes),
      coarsened: sum(({ windows }) => windows.coarsened),
      dropped: sum(({ windows }) => windows.dropped),
    }),
    overhead: overheadOf(live),
  });
}

/** Exporters are named by their users. */
function exportsOf(all: readonly SelfSnapshot[]): SelfSnapshot["exports"] {
  const byName = new Map<string, ExportTallySnapshot>();
  for (const { exports } of all) {
    for (const [name, tally] of Object.entries(exports)) {
      const before = byName.get(name);
      byName.set(
        name,
        Object.freeze({
          exported: (before?.exported ?? 0) + tally.exported,
          failed: (before?.failed ?? 0) + tally.failed,
          skipped: (before?.skipped ?? 0) + tally.skipped,
          rejected: (before?.rejected ?? 0) + tally.rejected,
        }),
      );
    }
  }
  return Object.freeze(Object.fromEntries(byName));
}

function overheadOf(live: readonly FleetPart[]): OverheadSnapshot {
  const shares = new Map<string, { timer: number; recording: number }>();
  for (const { process, snapshot } of live) {
    const key = `${process.pid} ${process.host}`;
    const { timer, recording } = snapshot.self.overhead;
    const before = shares.get(key);
    shares.set(key, {
      timer: (before?.timer ?? 0) + timer,
      recording: (before?.recording ?? 0) + recording,
    });
  }
  let worst = { timer: 0, recording: 0 };
  for (const share of shares.values()) {
    if (share.timer + share.recording > worst.timer + worst.recording) worst = share;
  }
  const all = live.map(({ snapshot }) => snapshot.self.overhead);
  return Object.freeze({
    ofCore: all.reduce((total, { ofCore }) => total + ofCore, 0),
    ratio: worst.timer + worst.recording,
    ...worst,
    budget: Math.min(...all.map(({ budget }) => budget), Number.POSITIVE_INFINITY),
    overBudget: all.some(({ overBudget }) => overBudget),
    intervalMs: Math.max(0, ...all.map(({ intervalMs }) => intervalMs)),
  });
}
