import { hostname } from "node:os";
import { isMainThread, threadId } from "node:worker_threads";
import { textOf } from "../../attributes/attributes.js";
import type { PullSource } from "../../readers/pull.js";
import type { WindowName } from "../../window/rolling-window.js";
import type { FleetMissing, FleetProcess, MissingReason } from "../model.js";
import type { Packed } from "../wire/packer.js";
import { finite, list, malformed, record, text, WireFault, whole } from "../wire/unpacker.js";

/** Grows with every message that an older reader would misread. */
const PROTOCOL = 1;

/** Most parts, and most that are missing, of one answer. */
const MAX_PARTS = 4096;

/** A window's snapshot, or everything counted since the start. */
export type What = WindowName | "batch";

export const WINDOWS: readonly WindowName[] = ["10s", "1m", "5m", "1h", "total"];

/** What one process tells, on its way. */
export interface WirePart {
  readonly process: FleetProcess;
  /** Whose values they are, where they are of several. */
  readonly processes?: readonly FleetProcess[];
  readonly packed: Packed;
}

export interface Answer {
  readonly parts: readonly WirePart[];
  readonly missing: readonly FleetMissing[];
}

export type Message =
  /** Who I am; asked for, or when I begin. */
  | { readonly kind: "hello"; readonly process: FleetProcess; readonly isBinary: boolean }
  /** Who are you? */
  | { readonly kind: "who" }
  | { readonly kind: "ask"; readonly n: number; readonly what: What; readonly timeoutMs: number }
  | ({ readonly kind: "answer"; readonly n: number } & Answer)
  /** I end, and these are my totals. */
  | { readonly kind: "bye"; readonly parts: readonly WirePart[] }
  /** I go on without you. */
  | { readonly kind: "leave" };

/** A monitor as a member of a fleet. */
export function selfOf({ resource, incarnation }: PullSource): FleetProcess {
  return Object.freeze({
    id: incarnation.id,
    service: textOf(resource.attributes["service.name"]),
    host: hostname(),
    pid: process.pid,
    ...(isMainThread ? {} : { threadId }),
    startTimeMs: incarnation.startTimeMs,
    lastSeenMs: incarnation.startTimeMs,
    live: true,
  });
}

/**
 * A message as it travels.
 * @param isBinary - whether the other side reads bytes; else they go as base64
 */
export function sealed(message: Message, isBinary: boolean): object {
  const parts =
    "parts" in message && !isBinary ? { parts: message.parts.map(withText) } : undefined;
  // Only a channel that clones hands on an array of bytes as what it is.
  const probe = message.kind === "hello" ? { probe: Uint8Array.of(1) } : undefined;
  return { auspex: PROTOCOL, ...message, ...parts, ...probe };
}

/** What came as text goes on as it came, and whoever uses it sees whether it is any good. */
function withText(part: WirePart): WirePart {
  const { bytes } = part.packed;
  if (!(bytes instanceof Uint8Array)) return part;
  const { buffer, byteOffset, byteLength } = bytes;
  const text = Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  return { ...part, packed: { ...part.packed, bytes: text } };
}

/**
 * A message as it was sent. Parts stay packed: whoever uses one checks it.
 * @returns undefined for what is no message of ours
 * @throws WireFault when it is one that cannot be read
 */
export function opened(given: unknown): Message | undefined {
  if (typeof given !== "object" || given === null || !("auspex" in given)) return undefined;
  const fields = record(given, "message");
  if (fields.auspex !== PROTOCOL) {
    throw new WireFault("version", `its protocol is ${textOf(fields.auspex)}`);
  }
  const { kind, n, what, timeoutMs, process, probe, parts, missing } = fields;
  switch (kind) {
    case "who":
    case "leave":
      return { kind };
    case "hello":
      return { kind, process: readProcess(process), isBinary: ArrayBuffer.isView(probe) };
    case "ask": {
      if (what !== "batch" && !WINDOWS.includes(what as WindowName)) throw malformed("what");
      const limit = Math.min(60_000, Math.max(0, finite(timeoutMs, "deadline")));
      return { kind, n: whole(n, "number"), what: what as What, timeoutMs: limit };
    }
    case "answer":
      return {
        kind,
        n: whole(n, "number"),
        parts: list(parts, "parts").slice(0, MAX_PARTS).map(readPart),
        missing: list(missing, "missing").slice(0, MAX_PARTS).map(readMissing),
      };
    case "bye":
      return { kind, parts: list(parts, "parts").slice(0, MAX_PARTS).map(readPart) };
    default:
      throw malformed("a message has no kind");
  }
}

function readPart(given: unknown): WirePart {
  const { process, processes, packed } = record(given, "part");
  return {
    process: readProcess(process),
    ...(processes === undefined
      ? {}
      : { processes: list(processes, "processes").slice(0, MAX_PARTS).map(readProcess) }),
    packed: record(packed, "part") as unknown as Packed,
  };
}

/** Longest text of a process. */
const MAX_TEXT = 256;

function short(given: unknown, what: string): string {
  return text(given, what).slice(0, MAX_TEXT);
}

function readProcess(given: unknown): FleetProcess {
  const { id, service, host, pid, threadId, startTimeMs, lastSeenMs, live } = record(
    given,
    "process",
  );
  return Object.freeze({
    id: short(id, "id"),
    service: short(service, "service"),
    host: short(host, "host"),
    pid: whole(pid, "pid"),
    ...(threadId === undefined ? {} : { threadId: whole(threadId, "thread") }),
    startTimeMs: finite(startTimeMs, "start"),
    lastSeenMs: finite(lastSeenMs, "last seen"),
    live: live === true,
  });
}

const REASONS: readonly unknown[] = [
  "silent",
  "timeout",
  "ended",
  "malformed",
  "too_large",
  "version",
  "unreachable",
] satisfies readonly MissingReason[];

function readMissing(given: unknown): FleetMissing {
  const { id, reason, pid, host, threadId, lastSeenMs } = record(given, "missing");
  if (!REASONS.includes(reason)) throw malformed("no reason");
  return Object.freeze({
    id: short(id, "id"),
    reason: reason as MissingReason,
    ...(pid === undefined ? {} : { pid: whole(pid, "pid") }),
    ...(host === undefined ? {} : { host: short(host, "host") }),
    ...(threadId === undefined ? {} : { threadId: whole(threadId, "thread") }),
    ...(lastSeenMs === undefined ? {} : { lastSeenMs: finite(lastSeenMs, "last seen") }),
  });
}
