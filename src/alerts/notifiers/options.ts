import { Checks, isObject, show } from "../../readers/checks.js";

/** All faults of a notifier's options at once, each with its mend. */
export class NotifierOptionsError extends Error {
  override readonly name = "NotifierOptionsError";

  constructor(
    notifier: string,
    readonly faults: readonly string[],
  ) {
    const list = faults.map((fault) => `\n  - ${fault}`).join("");
    super(`${notifier}: ${faults.length} option${faults.length === 1 ? "" : "s"} to mend:${list}`);
  }
}

/**
 * The options of one notifier, checked.
 *
 * @param check - reports further faults
 * @throws NotifierOptionsError listing every fault
 */
export function optionsOf<T extends object, K extends keyof T & string>(
  notifier: string,
  given: T | undefined,
  known: readonly K[],
  check: (options: Partial<Pick<T, K>>, checks: Checks) => void,
): Partial<Pick<T, K>> {
  const checks = new Checks();
  if (given !== undefined && !isObject(given)) {
    checks.fault(`options is ${show(given)}; give { ${known.join(", ")} }`);
  }
  const options = checks.exactly("", given, known);
  const { name } = options as { name?: unknown };
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    checks.fault(`name is ${show(name)}; give a name`);
  }
  check(options, checks);
  if (checks.faults.length > 0) throw new NotifierOptionsError(notifier, checks.faults);
  return options;
}

/** The value may be a secret, and is not shown. */
export function urlOf(name: string, given: unknown, checks: Checks): URL {
  try {
    const url = new URL(String(given));
    if (url.protocol === "https:" || url.protocol === "http:") {
      if (url.username === "" && url.password === "") return url;
      checks.fault(`${name} has a user or password in it; give them as headers`);
    } else checks.fault(`${name} is a ${url.protocol} URL; give an http or https one`);
  } catch {
    checks.fault(`${name} is no URL; give https://host/path`);
  }
  return new URL("http://invalid");
}

/** A secret: text, not shown in faults. */
export function secretOf(name: string, given: unknown, mend: string, checks: Checks): string {
  if (typeof given === "string" && given !== "") return given;
  checks.fault(`${name} is ${given === undefined ? "missing" : "no text"}; ${mend}`);
  return "";
}

export function headersOf(given: unknown, checks: Checks): Record<string, string> {
  checks.type("headers", given, ["object"], "give an object of texts");
  const headers: Record<string, string> = {};
  for (const name of checks.names("headers.", given)) {
    const value = (given as Record<string, unknown>)[name];
    const isHeader =
      /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && typeof value === "string" && /^[\t -~]*$/.test(value);
    if (isHeader) headers[name.toLowerCase()] = value;
    else checks.fault(`headers.${name} is no header; give a name and a text of ASCII`);
  }
  return headers;
}
