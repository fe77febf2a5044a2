import { Moments } from "../method/moments.js";

const SPAN = 500;
/** What a network is given lies within so many deviations. */
const FARTHEST = 10;

/** Values as a network is given them: without their level and their unit. */
export class Scale extends Moments {
  constructor() {
    super(SPAN);
  }

  to(value: number): number {
    const off = value - this.mean;
    if (off === 0) return 0;
    return Math.max(-FARTHEST, Math.min(FARTHEST, off / this.deviation));
  }

  from(given: number): number {
    return this.mean + given * this.deviation;
  }
}
