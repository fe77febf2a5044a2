/** Longest a regular expression is shown. */
const MAX_PATTERN = 80;

/** The alternatives of a path as it is given to Express: a string, a regular expression, or lists of them. */
export function alternativesOf(path: unknown): readonly unknown[] {
  if (!Array.isArray(path)) return [path];
  return path.flat(Number.POSITIVE_INFINITY);
}

/** A path as part of a template; an expression as `/source/flags`, without its escaped slashes. */
export function textOf(path: unknown): string {
  if (!(path instanceof RegExp)) return String(path);
  const source = path.source.replaceAll("\\/", "/");
  const shown = source.length > MAX_PATTERN ? `${source.slice(0, MAX_PATTERN - 1)}…` : source;
  return `/${shown}/${path.flags}`;
}

/** The template of a route: `/` under `/api` is `/api`. */
export function joinRoute(prefix: string, path: unknown): string {
  const text = textOf(path);
  if (text === "" || text === "/") return prefix === "" ? "/" : prefix;
  return text.startsWith("/") ? prefix + text : `${prefix}/${text}`;
}

/** The prefix that a mount adds; "" when it is mounted at the root. */
export function joinMount(prefix: string, path: unknown): string {
  const text = path instanceof RegExp ? textOf(path) : String(path).replace(/\/+$/, "");
  return text === "" ? prefix : joinRoute(prefix, path instanceof RegExp ? path : text);
}
