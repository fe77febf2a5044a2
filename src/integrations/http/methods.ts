/** Methods that are told apart; others are `_OTHER`. @see RFC 9110, RFC 5789; semconv http.request.method */
const KNOWN = [
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

const INDEX = new Map(KNOWN.map((method, index) => [method, index]));

/** Methods by index; the last stands for every unknown one. */
export const METHODS: readonly string[] = [...KNOWN, "_OTHER"];

export function methodIndex(method: string | undefined): number {
  return method === "GET" ? 0 : (INDEX.get(method as string) ?? KNOWN.length);
}
