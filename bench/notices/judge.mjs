// Which notices were of an incident, and which were for nothing.

/** A notice so soon after an incident's end is still of it. */
const AFTER_MS = 10 * 60_000;

/**
 * A notice counts when it asks for attention: it says that something fires, or it is a digest. What says that
 * something is over is counted apart: each thing told of has one such end.
 *
 * @param told - `{ timeMs, notice }`, by the world's clock
 * @param anomalies - `{ timeMs, operation, signal }` of those that began
 * @returns one world's tally
 */
export function judge(world, told, anomalies) {
  const incidents = world.events
    .filter(({ isIncident }) => isIncident)
    .map((event) => ({ event, notices: [], noticedMs: undefined, seenMs: undefined }));
  const misses = world.events.filter(({ isIncident }) => !isIncident);
  const judged = told.filter(({ timeMs }) => timeMs >= world.fromMs);
  for (const each of incidents) {
    const { event } = each;
    each.seenMs = anomalies.find(
      ({ timeMs, operation }) => isDuring(event, timeMs) && concerns(event, operation),
    )?.timeMs;
  }
  const forNothing = [];
  let right = 0;
  for (const each of judged.filter(({ notice }) => notice.status !== "resolved")) {
    const of = incidents.filter(({ event }) => {
      const isOf = each.notice.alerts.some(
        ({ rule, operation }) =>
          concerns(event, operation) || (rule === "budget burns" && spends(event)),
      );
      return isOf && isDuring(event, each.timeMs);
    });
    for (const incident of of) {
      incident.notices.push(each);
      incident.noticedMs ??= each.timeMs;
    }
    if (of.length > 0) right++;
    else forNothing.push({ ...each, miss: misses.find((miss) => isDuring(miss, each.timeMs)) });
  }
  return {
    incidents,
    right,
    forNothing,
    nearMisses: misses.length,
    resolved: judged.filter(({ notice }) => notice.status === "resolved").length,
    days: (world.untilMs - world.fromMs) / 86_400_000,
  };
}

function isDuring({ at, until }, timeMs) {
  return timeMs >= at && timeMs <= until + AFTER_MS;
}

/** Whatever is said of an operation that is struck; of a saturation, that one. */
function concerns(event, operation) {
  if (event.saturation !== undefined) return operation === event.saturation;
  return event.names?.has(operation) ?? operation === event.victim;
}

/** Whether it spends the budget that the service has: one of errors. */
function spends({ kind }) {
  return ["error burst", "partial outage", "retry storm"].includes(kind);
}

/** When a fault can first be seen: one that grows is nothing yet at its beginning. */
export function visibleAt({ kind, at, until }) {
  if (kind === "memory leak") return undefined;
  // Halfway up; see the worlds' own plans.
  return kind === "latency ramp" ? at + (until - at) / 4 : at;
}

export function summary(tallies) {
  const incidents = tallies.flatMap((each) => each.incidents);
  const noticed = incidents.filter(({ notices }) => notices.length > 0);
  const sum = (of) => tallies.reduce((total, each) => total + of(each), 0);
  const toNotice = (of) =>
    of.flatMap(({ event, noticedMs }) => {
      const from = visibleAt(event);
      return from === undefined ? [] : [noticedMs - from];
    });
  const isCritical = ({ notices }) => notices[0].notice.severity === "critical";
  return {
    incidents: incidents.length,
    noticed: noticed.length,
    right: sum(({ right }) => right),
    perIncident: sum(({ right }) => right) / Math.max(1, noticed.length),
    resolved: sum(({ resolved }) => resolved),
    forNothing: sum(({ forNothing }) => forNothing.length),
    onMisses: sum(({ forNothing }) => forNothing.filter(({ miss }) => miss).length),
    nearMisses: sum(({ nearMisses }) => nearMisses),
    days: sum(({ days }) => days),
    times: toNotice(noticed),
    criticalTimes: toNotice(noticed.filter(isCritical)),
    /** From what a detector says to the notice of it: the share of it that is the alerts' own. */
    ownTimes: noticed.flatMap(({ seenMs, noticedMs }) =>
      seenMs === undefined || seenMs > noticedMs ? [] : [noticedMs - seenMs],
    ),
  };
}
