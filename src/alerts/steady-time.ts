import type { Clock } from "../time/clock.js";

/**
 * Time that looks like the wall clock's but never jumps: all that lasts is measured in it, and states that
 * are kept or shared have it, because processes agree about it as well as about the wall clock.
 */
export class SteadyTime {
  readonly #offsetMs: number;

  constructor(private readonly clock: Clock) {
    this.#offsetMs = clock.wall() - clock.now();
  }

  /** Ms since the epoch, as of the wall clock when this was made. */
  now(): number {
    return this.#offsetMs + this.clock.now();
  }

  /** The instant as the wall clock has it now, for people and other systems. */
  shown(steadyMs: number): number {
    return Math.round(steadyMs + this.clock.wall() - this.now());
  }

  wall(): number {
    return this.clock.wall();
  }
}
