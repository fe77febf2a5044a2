/** How often an alert has come back lately. Kept with it. */
export interface FlapState {
  /** Decays; see `Flapping`. */
  readonly penalty: number;
  readonly atMs: number;
  readonly isFlapping: boolean;
  /** Firings since it was last calm. */
  readonly firings: number;
  readonly sinceMs: number;
}

export interface ResolvedFlap {
  readonly halfLifeMs: number;
  readonly suppressAt: number;
  readonly reuseAt: number;
}

export const CALM: FlapState = { penalty: 0, atMs: 0, isFlapping: false, firings: 0, sinceMs: 0 };

/**
 * Finds alerts that come and go, by a penalty that each firing adds to and that decays.
 *
 * @see RFC 2439, BGP Route Flap Damping: the same figure of merit, with the same two limits
 */
export class Flapping {
  constructor(private readonly options: ResolvedFlap | undefined) {}

  fired(state: FlapState, nowMs: number): FlapState {
    if (this.options === undefined) return state;
    const now = this.at(state, nowMs);
    const penalty = now.penalty + 1;
    const isFlapping = now.isFlapping || penalty >= this.options.suppressAt;
    const isNew = now.firings === 0;
    const sinceMs = isNew ? nowMs : now.sinceMs;
    return { penalty, atMs: nowMs, isFlapping, firings: now.firings + 1, sinceMs };
  }

  /** Where it stands now. */
  at(state: FlapState, nowMs: number): FlapState {
    if (this.options === undefined || state.firings === 0) return CALM;
    const { halfLifeMs, reuseAt } = this.options;
    const penalty = state.penalty * 0.5 ** (Math.max(0, nowMs - state.atMs) / halfLifeMs);
    // Far below the limit nothing is worth remembering.
    if (penalty < Math.min(reuseAt, 0.5) / 4) return CALM;
    const isFlapping = state.isFlapping && penalty >= reuseAt;
    return { ...state, penalty, atMs: nowMs, isFlapping };
  }
}
