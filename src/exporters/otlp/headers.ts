import { validateHeaderName, validateHeaderValue } from "node:http";

/** Headers that say how the body is written; a second opinion would make it unreadable. */
const OURS = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "connection",
  "expect",
  "upgrade",
]);

/**
 * Every fault of foreign headers, by name; values may be secrets and are never shown. What passes
 * cannot add a line to a request.
 */
export function headerFaults(headers: unknown): string[] {
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) {
    return ["headers are no object of names and texts"];
  }
  const faults: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    const shown = JSON.stringify(name.slice(0, 60));
    if (typeof value !== "string") faults.push(`header ${shown} is no text`);
    else if (OURS.has(name.toLowerCase())) faults.push(`header ${shown} is the exporter's own`);
    else if (!isValid(name, value))
      faults.push(`header ${shown} has characters HTTP does not allow`);
  }
  return faults;
}

function isValid(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
