import type { FleetMissing, FleetProcess, FleetSaturationSnapshot } from "../fleet/model.js";
import { bar, count, percent } from "./figures.js";
import { type Look, type Paint, plain } from "./paint.js";
import { tableOf } from "./table.js";
import { fitted, inert } from "./text.js";
import type { Shown, Size, View } from "./view.js";

/** Most bars; what is as good as empty has none. */
const MAX_BARS = 6;
const LEAST_LEVEL = 0.01;
const BAR_WIDTH = 20;
const LEVEL_WIDTH = 6;
const LEAST_NAME = 12;
const LEAST_COLUMNS = 20;

const KEYS = "q quit · ←→ sort · r reverse · ↑↓ scroll · w window";

/**
 * A snapshot as lines of text, of at most `columns` and at most `rows`. Pure: what it knows of a terminal
 * is its size.
 */
export function render(
  snapshot: Shown,
  view: View,
  { columns: given, rows }: Size,
  paint: Paint = plain,
): string {
  const columns = Math.max(LEAST_COLUMNS, given);
  const line = (text: string, as: Look): string => paint(fitted(text, columns), as);
  const top = [
    line(headingOf(snapshot), "bold"),
    line(totalsOf(snapshot), "dim"),
    ...troublesOf(snapshot).map((text) => line(text, "bad")),
    ...barsOf(snapshot, columns, paint),
    "",
  ];
  const foot = rows === Number.POSITIVE_INFINITY ? [] : [line(KEYS, "dim")];
  const table = tableOf(snapshot, view, columns, rows - top.length - foot.length, paint);
  return [...top, ...table, ...foot].slice(0, rows).join("\n");
}

function headingOf({ service, window, processes, end }: Shown): string {
  const live = processes.filter((process) => process.live);
  const hosts = new Set(live.map(({ host }) => host)).size;
  const where = hosts > 1 ? ` on ${hosts} hosts` : "";
  const isThreads = live.some(({ threadId = 0 }) => threadId > 0);
  const what = isThreads ? "threads" : live.length === 1 ? "process" : "processes";
  const name = inert(service) || "no service yet";
  const time = new Date(end).toISOString().slice(11, 19);
  return `${name} · ${inert(window)} · ${live.length} ${what} live${where} · ${time} UTC`;
}

function totalsOf({ operations }: Shown): string {
  let perSecond = 0;
  let traffic = 0;
  let failed = 0;
  let inFlight = 0;
  for (const operation of operations) {
    perSecond += operation.traffic.perSecond;
    traffic += operation.traffic.count;
    failed += operation.errors.count;
    inFlight += operation.inFlight;
  }
  const errors = percent(traffic === 0 ? 0 : failed / traffic);
  return `${count(perSecond)}/s · ${errors} errors · ${count(inFlight)} in flight`;
}

/** What keeps the figures from being whole. */
function troublesOf({ partial, missing, stale, reason, end }: Shown): readonly string[] {
  const lines: string[] = [];
  if (stale || reason !== undefined) {
    lines.push(`OUT OF DATE: ${inert(reason ?? "the fleet cannot be read")}`);
  }
  if (partial && missing.length > 0) {
    const names = missing.map((each) => `${nameOf(each)} ${each.reason}${ago(each, end)}`);
    lines.push(`PARTIAL: ${missing.length} missing: ${names.join(", ")}`);
  } else if (partial && lines.length === 0) lines.push("PARTIAL");
  return lines;
}

function ago({ lastSeenMs }: FleetMissing, now: number): string {
  if (lastSeenMs === undefined) return "";
  return ` (seen ${count(Math.max(0, Math.round((now - lastSeenMs) / 1000)))}s ago)`;
}

/** As people call it; its id is for programs. */
function nameOf({ id, host, pid, threadId }: FleetMissing | FleetProcess): string {
  if (pid === undefined) return inert(id);
  const thread = threadId === undefined ? "" : `#${threadId}`;
  return inert(`${host === undefined ? "" : `${host}/`}${pid}${thread}`);
}

/** What is fullest, each where it is fullest. */
function barsOf(snapshot: Shown, columns: number, paint: Paint): readonly string[] {
  const processes = new Map(snapshot.processes.map((process) => [process.id, process]));
  const full = snapshot.saturation.filter(({ saturation = 0 }) => saturation >= LEAST_LEVEL);
  const level = ({ saturation = 0 }: FleetSaturationSnapshot): number => saturation;
  return full
    .sort((a, b) => level(b) - level(a) || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_BARS)
    .map((each) => {
      const process = processes.get(each.process);
      const where = process === undefined ? inert(each.process) : nameOf(process);
      const attributes = Object.values(each.attributes).join(" ");
      const name = inert(`${each.name} ${attributes}`.trimEnd());
      const share = fitted(percent(level(each)), LEVEL_WIDTH, "right");
      const rest = columns - BAR_WIDTH - LEVEL_WIDTH - 2;
      if (rest < LEAST_NAME) return fitted(`${share} ${name}`, columns);
      const title = Math.ceil(rest * 0.6);
      const look = level(each) >= 0.9 ? "bad" : level(each) >= 0.7 ? "warn" : "good";
      const drawn = paint(bar(level(each), BAR_WIDTH), look);
      return `${fitted(name, title)} ${drawn}${share} ${fitted(where, rest - title)}`;
    });
}
