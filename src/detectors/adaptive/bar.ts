import { ALARM, CLEARLY, EPISODE, MEMORY, MOST_ALARMS, QUIET, RAISE } from "./settings.js";

/**
 * How much surprise it takes to alarm: what the series taught, and more while an episode lasts.
 *
 * A bar that rises by a share with every alarm and sinks slowly holds the alarms of any series to about
 * the same rate, however heavy the tail of what surprises in it.
 */
export class Bar {
  /** Alarms, each forgotten over `MEMORY` values; no more count than let a series be heard. */
  alarms = 0;
  /** Surprise of the alarm that began the episode; 0 outside one. */
  episode = 0;
  /** Values the episode still has. */
  left = 0;

  get usual(): number {
    return ALARM * Math.exp(RAISE * this.alarms);
  }

  get height(): number {
    return Math.max(this.usual, CLEARLY * this.episode);
  }

  learn(surprise: number, isAlarm: boolean): void {
    if (isAlarm) {
      this.alarms = Math.min(this.alarms + 1, MOST_ALARMS);
      this.episode = surprise;
      this.left = EPISODE;
    } else if (this.left > 0 && surprise >= this.usual) this.left = Math.max(this.left, QUIET);
    this.alarms -= this.alarms / MEMORY;
    if (this.left > 0) this.left--;
    else this.episode = 0;
  }
}
