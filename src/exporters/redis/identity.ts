import { hostname } from "node:os";
import { threadId } from "node:worker_threads";
import type { ExporterOwner } from "../../readers/exporter.js";
import { MARKER } from "./keys.js";
import type { ProcessRecord } from "./process-record.js";

const MAX_SERVICE = 255;

/** Name of the service, as it stands in the index; it is a segment of keys as `segment` writes it. */
export function serviceOf({ resource }: ExporterOwner): string {
  const name = resource.attributes["service.name"];
  if (typeof name !== "string" || name === "") return "unknown_service";
  // In the index that would be the mark: all services would lose it.
  if (name === MARKER) return "%5F";
  // Whoever reads the index must come to the same keys, and Redis keeps no lone surrogates.
  return Buffer.from(name.slice(0, MAX_SERVICE)).toString();
}

/** What the registry says of this process for as long as it runs. */
export function processOf(
  { resource, incarnation }: ExporterOwner,
  windowMs: number,
): Pick<ProcessRecord, "id" | "pid" | "host" | "thread" | "startMs" | "windowMs"> {
  const { attributes } = resource;
  const pid = attributes["process.pid"];
  const host = attributes["host.name"];
  return {
    id: incarnation.id,
    pid: typeof pid === "number" ? pid : process.pid,
    host: typeof host === "string" ? host : hostname(),
    thread: threadId,
    startMs: incarnation.startTimeMs,
    windowMs,
  };
}
