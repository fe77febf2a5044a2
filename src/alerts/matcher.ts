import { fits } from "../attributes/pattern.js";
import { type Checks, isList, isObject, show } from "../readers/checks.js";

/**
 * What a name or a value must be: a text, in which `*` stands for any text; one of several; or what it
 * must not be. No regular expressions, so it takes linear time whatever comes.
 */
export type Matcher = string | number | boolean | readonly Matcher[] | { readonly not: Matcher };

/** Matchers by label. A label that is absent is as an empty one: `{ not: "*" }` never fits. */
export type Matchers = Readonly<Record<string, Matcher>>;

type Test = (value: string) => boolean;
type Labels = Readonly<Record<string, string | number | boolean>>;

const MEND = 'give a text ("*" is any), a list of them, or { not: … }';
const MAX_DEPTH = 4;

/** @param given - has passed `checkMatcher` */
export function matcherOf(given: Matcher): Test {
  if (isList(given)) {
    const plain = new Set<string>();
    const tests: Test[] = [];
    for (const each of given) {
      if (isPlain(each)) plain.add(String(each));
      else tests.push(matcherOf(each));
    }
    return (value) => plain.has(value) || tests.some((test) => test(value));
  }
  if (typeof given === "object") {
    const test = matcherOf((given as { not: Matcher }).not);
    return (value) => !test(value);
  }
  const text = String(given);
  return isPlain(given) ? (value) => value === text : (value) => fits(text, value);
}

/** Whether labels fit all of the matchers; undefined when there are none to fit. */
export function matchersOf(given: Matchers | undefined): ((labels: Labels) => boolean) | undefined {
  const tests = Object.entries(given ?? {}).map(([label, matcher]) => {
    return { label, test: matcherOf(matcher) };
  });
  if (tests.length === 0) return undefined;
  return (labels) =>
    tests.every(({ label, test }) => {
      return test(Object.hasOwn(labels, label) ? String(labels[label]) : "");
    });
}

function isPlain(given: Matcher): boolean {
  return typeof given !== "object" && !(typeof given === "string" && given.includes("*"));
}

/** A copy of a matcher; what is none is a fault. */
export function checkMatcher(
  name: string,
  given: unknown,
  checks: Checks,
  depth = 0,
): Matcher | undefined {
  if (given === undefined) return undefined;
  if (["string", "number", "boolean"].includes(typeof given)) return given as Matcher;
  if (depth < MAX_DEPTH && isList(given)) {
    const list = checks.list(name, given, MEND);
    return list.flatMap((each, at) => {
      return checkMatcher(`${name}[${at}]`, each ?? null, checks, depth + 1) ?? [];
    });
  }
  if (depth < MAX_DEPTH && isObject(given)) {
    const { not } = checks.exactly(`${name}.`, given as { not?: unknown }, ["not"]);
    const inner = checkMatcher(`${name}.not`, not ?? null, checks, depth + 1);
    return inner === undefined ? undefined : { not: inner };
  }
  checks.fault(`${name} is ${show(given)}; ${MEND}`);
  return undefined;
}

/** A copy of matchers, without a prototype. */
export function checkMatchers(name: string, given: unknown, checks: Checks): Matchers | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) {
    checks.fault(`${name} is ${show(given)}; give matchers by label: { severity: "critical" }`);
    return undefined;
  }
  const copy: Record<string, Matcher> = Object.create(null);
  const labels = checks.names(`${name}.`, given);
  for (const [label, matcher] of Object.entries(checks.fields(`${name}.`, given, labels))) {
    const checked = checkMatcher(`${name}.${label}`, matcher ?? null, checks);
    if (checked !== undefined) copy[label] = checked;
  }
  return copy;
}
