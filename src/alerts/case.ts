import type { FiringAlert } from "./firing-alert.js";
import { CALM, type FlapState } from "./flap.js";

/** Why an alert that fires is not told of. */
export type QuietKind = "resolved-by-hand" | "silence" | "maintenance" | "inhibited" | "cooldown";

export interface Quiet {
  readonly kind: QuietKind;
  /** Which silence, which window, … */
  readonly text: string;
}

export interface Acknowledgement {
  readonly by: string;
  readonly atMs: number;
  readonly comment?: string;
}

export interface Comment {
  readonly by: string;
  readonly atMs: number;
  readonly text: string;
}

/** One alert over all processes, from when it fires until nobody needs to remember it. Times are steady ms. */
export interface Case {
  readonly key: string;
  alert: FiringAlert;
  isFiring: boolean;
  /** When it fired last. */
  firedMs: number;
  endedMs: number | undefined;
  /** When the last firing before this one ended: its cooldown begins there. */
  coolMs: number | undefined;
  flap: FlapState;
  /** Keys of the groups it is in, by route. */
  readonly groups: Map<string, string>;
  /** A notice has said that it fires, and none yet that it is over. */
  isTold: boolean;
  quiet: Quiet | undefined;
  acknowledged: Acknowledgement | undefined;
  /** Somebody has called it resolved: it counts as over until it is, or until a repeat would be due. */
  closedMs: number | undefined;
  comments: readonly Comment[];
  incident: string | undefined;
}

export function newCase(alert: FiringAlert): Case {
  return {
    key: alert.key,
    alert,
    isFiring: false,
    firedMs: alert.sinceMs,
    endedMs: undefined,
    coolMs: undefined,
    flap: CALM,
    groups: new Map(),
    isTold: false,
    quiet: undefined,
    acknowledged: undefined,
    closedMs: undefined,
    comments: [],
    incident: undefined,
  };
}

/** Whether it fires as far as people are concerned: one that flaps fires until it is calm. */
export function isStanding({ isFiring, closedMs, flap }: Case): boolean {
  return closedMs === undefined && (isFiring || flap.isFlapping);
}
