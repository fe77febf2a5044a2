const CODE = /^[A-Za-z_][\w.:-]{0,63}$/;

/**
 * `error.type` of anything thrown: its `code` (`ECONNREFUSED`), else its class, else `_OTHER`.
 *
 * Messages never enter: they carry ids and secrets. Never throws, whatever a getter does.
 * @see OpenTelemetry semantic conventions, error.type
 */
export function errorType(error: unknown): string {
  try {
    if (typeof error !== "object" || error === null) return "_OTHER";
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (typeof code === "string" && CODE.test(code)) return code;
    if (typeof name === "string" && name !== "Error" && CODE.test(name)) return name;
    const className = error.constructor?.name;
    return typeof className === "string" && CODE.test(className) ? className : "_OTHER";
  } catch {
    return "_OTHER";
  }
}
