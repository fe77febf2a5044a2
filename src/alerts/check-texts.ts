import { type Checks, show } from "../readers/checks.js";

const MAX_TEXT = 500;

/** A text of the host's, cut to what is worth keeping; whatever else it is, the fallback. */
export function textOf(given: unknown, fallback: string): string {
  return typeof given === "string" && given !== "" ? given.slice(0, MAX_TEXT) : fallback;
}

/** A copy of a list of texts, those that are none left out as faults. */
export function checkTexts(name: string, given: unknown, checks: Checks): readonly string[] {
  return checks.list(name, given, "give a list of texts").flatMap((each, at) => {
    if (typeof each === "string" && each !== "") return [each];
    checks.fault(`${name}[${at}] is ${show(each)}; give a text`);
    return [];
  });
}
