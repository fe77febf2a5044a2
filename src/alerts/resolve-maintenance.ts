import { type Checks, isObject, show } from "../readers/checks.js";
import { textOf } from "./check-texts.js";
import { type ResolvedMaintenance, WEEKDAYS } from "./maintenance.js";
import { checkMatchers } from "./matcher.js";
import type { Weekday } from "./options.js";
import { ZonedClock } from "./zoned-clock.js";

const KNOWN = [
  "name",
  "match",
  "fromMs",
  "untilMs",
  "weekdays",
  "from",
  "until",
  "timeZone",
] as const;
const MEND =
  'give { fromMs, untilMs }, or { weekdays: ["sun"], from: "02:00", until: "04:00", timeZone }';
/** The largest instant that a Date has. */
const END_OF_TIME_MS = 8.64e15;

/** Copies of the windows that have no fault. */
export function resolveMaintenance(given: unknown, checks: Checks): readonly ResolvedMaintenance[] {
  const list = checks.list("maintenance", given, `give a list of windows: ${MEND}`);
  return list.flatMap((each, at) => resolveWindow(`maintenance[${at}]`, each, checks) ?? []);
}

function resolveWindow(
  path: string,
  given: unknown,
  checks: Checks,
): ResolvedMaintenance | undefined {
  const before = checks.faults.length;
  if (!isObject(given)) {
    checks.fault(`${path} is ${show(given)}; ${MEND}`);
    return undefined;
  }
  const fields = checks.exactly(`${path}.`, given as Record<string, unknown>, KNOWN);
  const { name = "maintenance", fromMs, untilMs, from, until, timeZone = "UTC" } = fields;
  checks.type(`${path}.name`, name, ["string"], "give a text");
  const match = checkMatchers(`${path}.match`, fields["match"], checks);
  const info = { name: textOf(name, "maintenance").slice(0, 100), match };
  const isOnce = fromMs !== undefined || untilMs !== undefined;
  const isWeekly = from !== undefined || until !== undefined;
  if (isOnce === isWeekly) {
    checks.fault(`${path} is ${show(given)}; ${MEND}`);
    return undefined;
  }
  if (isOnce) {
    const start = checks.number(`${path}.fromMs`, fromMs ?? null, 0, 0, END_OF_TIME_MS, false);
    const end = checks.number(
      `${path}.untilMs`,
      untilMs ?? null,
      END_OF_TIME_MS,
      0,
      END_OF_TIME_MS,
      false,
    );
    if (end <= start) checks.fault(`${path}.untilMs is ${end}; give one after fromMs`);
    return checks.faults.length > before ? undefined : { ...info, fromMs: start, untilMs: end };
  }
  const fromMinute = minuteOf(`${path}.from`, from, checks);
  const untilMinute = minuteOf(`${path}.until`, until, checks);
  const weekdays = weekdaysOf(`${path}.weekdays`, fields["weekdays"], checks);
  const zone = textOf(timeZone, "");
  try {
    new ZonedClock(zone);
  } catch {
    checks.fault(`${path}.timeZone is ${show(timeZone)}; give an IANA name: "Europe/Berlin"`);
  }
  if (checks.faults.length > before) return undefined;
  return { ...info, fromMinute, untilMinute, weekdays, timeZone: zone };
}

function minuteOf(name: string, given: unknown, checks: Checks): number {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(textOf(given, "")) ?? [];
  if (hour !== undefined) return Number(hour) * 60 + Number(minute);
  checks.fault(`${name} is ${show(given)}; give a time of day: "02:30"`);
  return 0;
}

function weekdaysOf(name: string, given: unknown, checks: Checks): ReadonlySet<Weekday> {
  if (given === undefined) return new Set(WEEKDAYS);
  const list = checks.list(name, given, 'give a list: ["sat", "sun"]');
  for (const each of list) {
    if (WEEKDAYS.includes(each as Weekday)) continue;
    checks.fault(`${name} has ${show(each)}; give ${WEEKDAYS.join(", ")}`);
  }
  if (list.length === 0) checks.fault(`${name} is empty; give a day, or leave it out for all`);
  return new Set(list as Weekday[]);
}
