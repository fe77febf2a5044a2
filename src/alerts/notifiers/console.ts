import type { Notice, Notifier } from "../notice.js";
import { optionsOf } from "./options.js";

export interface ConsoleNotifierOptions {
  /** @default "console" */
  readonly name?: string;
  /** Takes each notice as text. @default console.log */
  readonly write?: (text: string) => void;
}

/** Writes notices where a person looks: control characters in them are made inert. */
export function consoleNotifier(given: ConsoleNotifierOptions = {}): Notifier {
  const options = optionsOf("consoleNotifier", given, ["name", "write"], ({ write }, checks) =>
    checks.type("write", write, ["function"], "give a function of a text"),
  );
  const { name = "console", write = (text) => console.log(text) } = options;
  return { name, notify: (notice) => write(textOf(notice)) };
}

function textOf({ severity, status, title, text, incident, links }: Notice): string {
  const lines = [`${status === "resolved" ? "RESOLVED" : severity.toUpperCase()} ${title}`];
  if (text !== "" && text !== title) lines.push(...text.split("\n"));
  for (const { what, likelihood, evidence } of incident?.causes ?? []) {
    lines.push(`probable cause (${Math.round(likelihood * 100)} %): ${what}`);
    lines.push(...evidence.map((each) => `  ${each}`));
  }
  for (const { title: of, url } of links) lines.push(`${of}: ${url}`);
  return lines.map(inert).join("\n  ");
}

/** A name that a client chose must not steer a terminal. */
function inert(line: string): string {
  return line.replace(/\p{Cc}/gu, "\u{fffd}");
}
