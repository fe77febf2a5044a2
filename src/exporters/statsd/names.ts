/** Most characters of one node of a Graphite path: Whisper makes it a file name. */
const LONGEST_NODE = 100;
/** Most characters of a whole name. */
const LONGEST_NAME = 500;
/** Datadog cuts tags and names behind this. */
const LONGEST_TAG = 200;

/** A name for plain StatsD: dots part nodes of a Graphite path, and no node is empty. */
export function pathName(name: string): string {
  const nodes = name.split(".").filter((node) => node !== "");
  return bounded(nodes.map(pathNode).join("."), LONGEST_NAME) || "_";
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
export function datadogName(name: string): string {
  return bounded(name.replace(/[^a-zA-Z0-9_.]+/g, "_"), LONGEST_TAG) || "_";
}

/** Key of a DogStatsD tag: the colon ends it. */
export function tagKey(key: string): string {
  return bounded(wellFormed(key).replace(/[:|@,#\p{Cc}]/gu, "_"), LONGEST_TAG / 2) || "_";
}

/** Value of a DogStatsD tag, or any other field of its protocol. May hold colons. */
export function tagValue(value: string): string {
  return bounded(wellFormed(value).replace(/[|@,#\p{Cc}]/gu, "_"), LONGEST_TAG / 2);
}

/** A name that is too long is cut, and told from others of the same beginning by a hash. */
export function bounded(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${wellFormed(text.slice(0, longest - 9))}_${hash(text)}`;
}

/** Lone surrogates have no UTF-8 form and become U+FFFD. */
export function wellFormed(text: string): string {
  return (text as { toWellFormed?(): string }).toWellFormed?.() ?? text;
}

/** FNV-1a in eight hexadecimal digits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
