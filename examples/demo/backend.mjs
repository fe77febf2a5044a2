// What the demo's servers wait for: a database behind a pool, and a card provider. Nothing is real
// but the waiting; the two faults are what the demo switches on and off.
import { setTimeout as sleep } from "node:timers/promises";

export const faults = { databaseTimes: 1, refused: 0 };

/** Milliseconds with a long tail: log-normal about `median`, as waiting times are. */
function logNormal(median, sigma) {
  const gauss = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return median * Math.exp(sigma * gauss);
}

export const wait = (median, sigma = 0.4) => sleep(logNormal(median, sigma));

/** A pool of connections: who finds none waits in line, so a slow database is felt twice. */
export const database = {
  size: 24,
  used: 0,
  line: [],
  async query(median) {
    if (this.used >= this.size) await new Promise((resolve) => this.line.push(resolve));
    else this.used++;
    try {
      await wait(median * faults.databaseTimes);
    } finally {
      const next = this.line.shift();
      if (next === undefined) this.used--;
      else next();
    }
  },
};

export async function cardProvider(median) {
  await wait(median, 0.5);
  if (Math.random() < faults.refused) {
    throw Object.assign(new Error("the card provider is down"), { statusCode: 503 });
  }
}
