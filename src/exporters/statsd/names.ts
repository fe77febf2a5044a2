/** Most characters of one node of a Graphite path: Whisper makes it a file name. */
const LONGEST_NODE = 100;
/** Most characters of a name in plain StatsD, attributes included. */
const LONGEST_PATH = 500;
/** Datadog cuts names and tags behind this. */
const LONGEST_TAG = 200;
/** Kept free for the end of a rollup: `.p99_999`. */
const LONGEST_END = 8;

/** Names that the original server finds in its tables before anybody has sent them. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/** A name for plain StatsD: dots part nodes of a Graphite path, and no node is empty. */
export function pathName(prefix: string, name: string): string {
  const nodes = name.split(".").filter((node) => node !== "");
  const path = prefix + (nodes.map(pathNode).join(".") || "_");
  return cutBehind(path, LONGEST_PATH / 2, ".cut_");
}

/**
 * A name with its attributes and end.
 *
 * @param path - of `pathName`
 * @param attributes - nodes (`.key_value`) or Graphite's tags (`;key=value`), which stand behind the end
 */
export function plainName(path: string, attributes: string, end: string): string {
  const isTagged = attributes.startsWith(";");
  const whole = cutBehind(
    path + attributes,
    LONGEST_PATH - LONGEST_END,
    isTagged ? ";cut=" : ".cut_",
  );
  const name = isTagged ? path + end + whole.slice(path.length) : whole + end;
  return INHERITED.has(name) ? `${name}_` : name;
}

/** One node of a path; whatever else it holds becomes one `_`. */
export function pathNode(text: string): string {
  return bounded(text.replace(/[^a-zA-Z0-9-]+/g, "_"), LONGEST_NODE);
}

/** Key or value of a Graphite tag. */
export function graphiteTag(text: string): string {
  return bounded(text.replace(/[^a-zA-Z0-9_.-]+/g, "_"), LONGEST_NODE) || "_";
}

/** A name as Datadog keeps it. */
export function datadogName(prefix: string, name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9_.]+/g, "_") || "_";
  return bounded(prefix + clean, LONGEST_TAG - LONGEST_END);
}

/** Key of a DogStatsD tag: the colon ends it. */
export function tagKey(key: string): string {
  return bounded(wellFormed(key).replace(/[:|@,#\p{Cc}]/gu, "_"), LONGEST_TAG / 2) || "_";
}

/** A DogStatsD tag whose key is clean. The value may hold colons. */
export function tag(key: string, value: string): string {
  return `${key}:${bounded(fieldText(value), LONGEST_TAG - key.length - 1)}`;
}

/** A field of an event. */
export function eventField(text: string): string {
  return bounded(fieldText(text), LONGEST_TAG / 2);
}

/** A text that is too long is cut, and told from others of the same beginning by a hash. */
export function bounded(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${wellFormed(text.slice(0, longest - 9))}_${hash(text)}`;
}

/** Lone surrogates have no UTF-8 form and become U+FFFD. */
export function wellFormed(text: string): string {
  return (text as { toWellFormed?(): string }).toWellFormed?.() ?? text;
}

function fieldText(text: string): string {
  return wellFormed(text).replace(/[|@,#\p{Cc}]/gu, "_");
}

/** A name that is too long loses whole parts from its end; one more, with a hash, says so. */
function cutBehind(name: string, longest: number, part: ".cut_" | ";cut="): string {
  if (name.length <= longest) return name;
  const end = part + hash(name);
  return name.slice(0, name.lastIndexOf(part[0], longest - end.length)) + end;
}

/** FNV-1a in eight hexadecimal digits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
