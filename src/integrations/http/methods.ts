/** Methods that are told apart unless the environment says others. @see RFC 9110, RFC 5789 */
const DEFAULT_METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "QUERY",
];

/** Most methods told apart; later ones of a longer list are `_OTHER`. */
const MAX_METHODS = 64;

/**
 * The list of `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS`, which stands instead of the default one.
 * @see OpenTelemetry semantic conventions, http.request.method
 */
function methodsOf(list: string | undefined): readonly string[] {
  const methods = (list ?? "").split(",").map((method) => method.trim());
  const named = [...new Set(methods)].filter((method) => method !== "");
  return named.length === 0 ? DEFAULT_METHODS : named.slice(0, MAX_METHODS);
}

const known = methodsOf(process.env.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS);
const first = known[0];
const indexes = new Map(known.map((method, index) => [method, index]));

/** Methods by index; the last stands for every unknown one. */
export const METHODS: readonly string[] = [...known, "_OTHER"];

export function methodIndex(method: string | undefined): number {
  return method === first ? 0 : (indexes.get(method as string) ?? known.length);
}

/** Of requests that are none: bytes that Node could not read. */
export const UNKNOWN_METHOD = known.length;
