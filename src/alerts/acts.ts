import type { KeptMarker } from "./incident/markers.js";
import type { Silence } from "./silence.js";

/** What people do to alerts: kept and handed from process to process as it is. */
export type Act =
  | {
      readonly kind: "acknowledge" | "resolve";
      /** Key of an alert or of a group of them, or id of an incident. */
      readonly target: string;
      readonly by: string;
      readonly comment?: string;
      /** Steady ms. */
      readonly atMs: number;
    }
  | {
      readonly kind: "comment";
      readonly target: string;
      readonly by: string;
      readonly comment: string;
      readonly atMs: number;
    }
  | { readonly kind: "silence"; readonly silence: Silence; readonly atMs: number }
  | { readonly kind: "unsilence"; readonly id: string; readonly atMs: number }
  | { readonly kind: "marker"; readonly marker: KeptMarker; readonly atMs: number };

/** Done in one process, and where in its row. */
export interface SentAct {
  readonly sequence: number;
  readonly act: Act;
}
