import { describeError } from "../../diag/diag.js";

/**
 * What went wrong, rebuilt: a driver's own error carries the command with its arguments, and a URL may
 * carry a password.
 */
export class RedisFault extends Error {
  /**
   * The reason, as metrics show it: the code of an error reply (`OOM`, `READONLY`, …) or of the system
   * (`ECONNREFUSED`), else `timeout`, `closed`, `foreign_value`, `no_ioredis` or `_OTHER`.
   */
  override readonly name: string;
  /** Whether the same is worth another attempt. */
  readonly isRetryable: boolean;

  constructor(
    reason: string,
    message: string,
    /** Whether Redis itself said so: the connection is fine then. */
    readonly isReply = false,
  ) {
    super(message);
    this.name = reason;
    this.isRetryable = !FINAL.has(reason);
  }
}

/** What only a person can mend. Whatever else it is, it may pass. */
const FINAL: ReadonlySet<string> = new Set([
  "WRONGTYPE",
  "NOAUTH",
  "WRONGPASS",
  "NOPERM",
  "ERR",
  "foreign_value",
  "no_ioredis",
  "temporality",
  "already_shutdown",
]);

/** @param where - host and port, never a whole URL */
export function faultOf(error: unknown, where: string): RedisFault {
  if (error instanceof RedisFault) return error;
  // An unknown command is shown with its arguments, which may be anything.
  const text = describeError(error).split(", with args beginning with", 1)[0];
  const code = replyCode(error);
  if (code !== undefined) return new RedisFault(code, `${where}: ${text}`, true);
  return new RedisFault(reasonOf(error), `${where}: ${text}`);
}

/** Error replies begin with their code; what a script met stands further on, before Redis 7. */
function replyCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, code] = /^([A-Z]{2,20}) /.exec(error.message) ?? [];
  if (code !== "ERR") return code;
  const [within = code] =
    /\b(?:OOM|READONLY|NOPERM|MISCONF|NOREPLICAS)\b/.exec(error.message) ?? [];
  return within;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "_OTHER";
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && /^\w{1,40}$/.test(code)) return code;
  if (/timed out|ETIMEDOUT/.test(error.message)) return "timeout";
  if (/closed|isn't writeable|isn't ready|startup nodes/i.test(error.message)) return "closed";
  return "_OTHER";
}
