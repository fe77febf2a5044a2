import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Longest file name that every common file system takes, less what is added to it. */
const LONGEST_NAME = 200;

/**
 * A text as a file name: percent-encoded, so that it has no separator and is neither `.` nor `..`.
 *
 * @throws RangeError for an empty text, or one that becomes longer than 200 bytes
 */
export function fileName(text: string): string {
  // A lone surrogate, which cannot be encoded, becomes U+FFFD in the bytes.
  const encoded = encodeURIComponent(Buffer.from(text).toString())
    .replace(/^\./, "%2E")
    .replaceAll("*", "%2A");
  if (encoded.length === 0 || encoded.length > LONGEST_NAME) {
    throw new RangeError(`a name of ${encoded.length} bytes; give 1 to ${LONGEST_NAME}`);
  }
  return encoded;
}

/**
 * Where the state of a service is kept.
 *
 * @param directory - takes the place of `$XDG_STATE_HOME/auspex`, `~/.local/state/auspex`
 * @throws when there is no home, or the service has no name
 * @see XDG Base Directory Specification 0.8: a relative path is to be ignored
 */
export function stateDirectory(
  service: string,
  directory: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (directory !== undefined) return join(directory, fileName(service));
  const given = environment.XDG_STATE_HOME ?? "";
  const base = isAbsolute(given) ? given : join(homedir(), ".local", "state");
  return join(base, "auspex", fileName(service));
}
