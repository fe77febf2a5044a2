import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import { Pool } from "../histogram/pool.js";
import { Latency } from "./latency.js";
import type { DependencySnapshot, LatencySnapshot, OperationSnapshot } from "./model.js";

/** Instruments of outgoing calls. Processing a message is work that came in, and is not among them. */
const KINDS = new Map<string, DependencySnapshot["kind"]>([
  ["http.client.request.duration", "http"],
  ["db.client.operation.duration", "db"],
  ["messaging.client.operation.duration", "messaging"],
  ["rpc.client.call.duration", "rpc"],
  ["auspex.dependency.operation.duration", "other"],
]);

/** Where operations go that the series limit turned away: nobody knows whom they called. */
const OTHER = "_OTHER";

/**
 * The dependency map of one service: its outgoing operations by whom they call.
 *
 * Histograms are added up, so percentiles are those of all calls together. About 10 µs an operation.
 */
export function dependenciesOf(
  service: string,
  operations: readonly OperationSnapshot[],
): readonly DependencySnapshot[] {
  const groups = new Map<string, { kind: DependencySnapshot["kind"]; of: OperationSnapshot[] }>();
  for (const operation of operations) {
    const kind = KINDS.get(operation.instrument);
    if (kind === undefined) continue;
    const key = `${kind} ${nameOf(kind, operation)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { kind, of: [operation] });
    else group.of.push(operation);
  }
  const pool = new Pool();
  return Object.freeze(
    Array.from(groups.values(), ({ kind, of }) => merged(service, kind, of, pool)),
  );
}

function merged(
  caller: string,
  kind: DependencySnapshot["kind"],
  operations: readonly OperationSnapshot[],
  pool: Pool,
): DependencySnapshot {
  const latency = sumOf(
    operations.map((each) => each.latency),
    pool,
  );
  const failed = sumOf(
    operations.map(({ errors }) => errors.latency),
    pool,
  );
  const aborted = sum(operations, (each) => each.aborted.count);
  const count = latency.count + failed.count + aborted;
  return Object.freeze({
    caller,
    name: nameOf(kind, operations[0] as OperationSnapshot),
    kind,
    operations: operations.length,
    latency,
    traffic: Object.freeze({ count, perSecond: sum(operations, (each) => each.traffic.perSecond) }),
    errors: Object.freeze({
      count: failed.count,
      ratio: count === 0 ? 0 : failed.count / count,
      byType: byType(operations),
      latency: failed,
    }),
    aborted: Object.freeze({ count: aborted }),
    inFlight: sum(operations, (each) => each.inFlight),
  });
}

function nameOf(kind: DependencySnapshot["kind"], { attributes }: OperationSnapshot): string {
  if (kind !== "http") return String(attributes["server.service.name"] ?? OTHER);
  const address = String(attributes["server.address"] ?? OTHER);
  const port = attributes["server.port"];
  if (port === undefined || port === 80 || port === 443) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Error counts by type; types come from foreign code, `__proto__` among them. */
function byType(operations: readonly OperationSnapshot[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { errors } of operations) {
    for (const [type, count] of Object.entries(errors.byType)) {
      counts.set(type, (counts.get(type) ?? 0) + count);
    }
  }
  return Object.freeze(Object.fromEntries(counts));
}

function sum(
  operations: readonly OperationSnapshot[],
  of: (operation: OperationSnapshot) => number,
): number {
  return operations.reduce((total, each) => total + of(each), 0);
}

function sumOf(latencies: readonly LatencySnapshot[], pool: Pool): LatencySnapshot {
  const [first] = latencies as readonly [LatencySnapshot, ...LatencySnapshot[]];
  if (latencies.length === 1) return first;
  // Behind every snapshot of a monitor is one of these; the model names only what readers need.
  return new Latency(pool.sum(latencies.map(({ histogram }) => histogram as ClosedHistogram)));
}
