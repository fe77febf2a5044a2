import { readFields } from "../../diag/read-fields.js";
import { errorType } from "../../instruments/error-type.js";
import { failureType } from "../outbound/failure.js";

/** What an error says of the call that it ended. */
export interface Failure {
  /** `error.type`; undefined when nobody wanted the result any more. */
  readonly type: string | undefined;
  readonly isTimeout: boolean;
}

/** Aborts of clients that do not call them `AbortError`: OpenAI's and Anthropic's, axios's. */
const ABORTS = new Set(["APIUserAbortError", "ERR_CANCELED", "CanceledError"]);
/** ETIMEDOUT, TimeoutError, APIConnectionTimeoutError, UND_ERR_HEADERS_TIMEOUT, … */
const TIMEOUT = /tim(?:e|ed)[-_]?out|deadline_exceeded/i;

/** Reads an error. Never throws, whatever its getters do; it is not kept. */
export function failureOf(error: unknown): Failure {
  // A string may have been handed to `abort` or thrown by a tool: it is taken for the latter.
  const isObject = typeof error === "object" && error !== null;
  const type = isObject ? failureType(error) : errorType(error);
  if (type === undefined || ABORTS.has(type)) return ABORTED;
  if (type === "McpError") return mcpFailure(error as object);
  return { type, isTimeout: TIMEOUT.test(type) };
}

const MCP_REQUEST_TIMEOUT = -32001;

/**
 * Of the MCP client the JSON-RPC code says what failed, its class does not.
 * @see OpenTelemetry semantic conventions, MCP, error.type
 */
function mcpFailure(error: object): Failure {
  const { code } = readFields(error as { code?: unknown }, ["code"]);
  if (!Number.isSafeInteger(code)) return { type: "McpError", isTimeout: false };
  return { type: String(code), isTimeout: code === MCP_REQUEST_TIMEOUT };
}

const ABORTED: Failure = Object.freeze({ type: undefined, isTimeout: false });
