/** Why a message was passed over. */
export type MessageFault =
  /** Longer than 64 KiB. */
  | "oversized"
  /** Objects and lists in one another, more than 16 deep. */
  | "deep"
  /** No JSON. */
  | "unreadable"
  /** JSON, but no object that its channel is for. */
  | "malformed"
  /** Of a task that has ended already. */
  | "duplicate"
  /** Of a channel that nothing is known of. */
  | "unknown_channel";

const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 16;

/** The fields of a message that is a JSON object, or what is wrong with it. Never throws. */
export function readMessage(
  text: unknown,
): { readonly fields: Readonly<Record<string, unknown>> } | { readonly fault: MessageFault } {
  if (typeof text !== "string") return { fault: "malformed" };
  if (text.length > MAX_BYTES || Buffer.byteLength(text) > MAX_BYTES) return { fault: "oversized" };
  if (isDeep(text)) return { fault: "deep" };
  const value = parsed(text) ?? parsed(withoutOddNumbers(text));
  if (value === undefined) return { fault: "unreadable" };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { fault: "malformed" };
  }
  // Whoever sends this has something else in mind.
  if (Object.hasOwn(value, "__proto__")) return { fault: "malformed" };
  return { fields: Object.assign(Object.create(null), value) };
}

/** @returns undefined: no JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Python's `json.dumps` writes what JSON has no word for; a loss that is NaN is news all the same. Linear,
 * for a text that is never closed is one, too.
 */
function withoutOddNumbers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\[\s\S])*"?|-?\b(?:NaN|Infinity)\b/g, (found) =>
    found.startsWith('"') ? found : "null",
  );
}

/** Before it is parsed: brackets outside of texts. */
function isDeep(text: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isText) {
      if (code === 0x5c) at++;
      else if (code === 0x22) isText = false;
    } else if (code === 0x22) isText = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
