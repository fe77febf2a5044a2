import type { Agent } from "./api.js";
import type { Run } from "./run.js";

/** What runs around the code at hand; kept in the storage, replaced as a whole. */
export interface Scope {
  readonly agent: Agent;
  /** The innermost run. */
  readonly run: Run | undefined;
  /** Name of the innermost workflow. */
  readonly workflow: string | undefined;
}
