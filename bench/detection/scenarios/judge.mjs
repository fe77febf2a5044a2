// Judges what was told of a world: which incidents were found and when, and what was told for nothing.

/** An anomaly that begins so soon after an incident's end is still of it. */
const AFTER_MS = 10 * 60_000;

/**
 * @param anomalies - `{ timeMs, operation, signal }` of those that began
 * @returns one world's tally
 */
export function judge(world, anomalies) {
  const incidents = world.events.filter(({ isIncident }) => isIncident);
  const misses = world.events.filter(({ isIncident }) => !isIncident);
  const found = new Map();
  const falseAlarms = [];
  let onMisses = 0;
  let right = 0;
  for (const anomaly of anomalies) {
    if (anomaly.timeMs < world.fromMs) continue;
    const incident = incidents.find(
      (each) =>
        anomaly.timeMs >= each.at &&
        anomaly.timeMs <= each.until + AFTER_MS &&
        concerns(each, anomaly),
    );
    if (incident !== undefined) {
      right++;
      if (!found.has(incident)) found.set(incident, anomaly.timeMs - incident.at);
      continue;
    }
    falseAlarms.push(anomaly);
    const isOnMiss = misses.some(
      ({ at, until }) => anomaly.timeMs >= at && anomaly.timeMs <= until + AFTER_MS,
    );
    if (isOnMiss) onMisses++;
  }
  const months = (world.untilMs - world.fromMs) / (30 * 86_400_000);
  return {
    incidents: incidents.length,
    found: found.size,
    missed: incidents.filter((each) => !found.has(each)),
    toDetect: [...found].map(([{ kind }, ms]) => ({ kind, ms })),
    right,
    falseAlarms,
    onMisses,
    nearMisses: misses.length,
    operations: world.operations.length,
    operationMonths: months * world.operations.length,
  };
}

/** Whatever it says of an operation that is struck; of a saturation, that one. */
function concerns(incident, { operation }) {
  if (incident.saturation !== undefined) return operation === incident.saturation;
  return incident.names?.has(operation) ?? operation === incident.victim;
}

export function summary(tallies) {
  const sum = (of) => tallies.reduce((total, each) => total + of(each), 0);
  const right = sum((each) => each.right);
  const wrong = sum((each) => each.falseAlarms.length);
  const times = tallies.flatMap((each) => each.toDetect.map(({ ms }) => ms)).sort((a, b) => a - b);
  return {
    incidents: sum((each) => each.incidents),
    found: sum((each) => each.found),
    nearMisses: sum((each) => each.nearMisses),
    onMisses: sum((each) => each.onMisses),
    falseAlarms: wrong,
    precision: right + wrong === 0 ? 1 : right / (right + wrong),
    recall:
      sum((each) => each.found) /
      Math.max(
        1,
        sum((each) => each.incidents),
      ),
    medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN,
    p90Ms: times[Math.floor(times.length * 0.9)] ?? Number.NaN,
    perOperationMonth: wrong / sum((each) => each.operationMonths),
  };
}
