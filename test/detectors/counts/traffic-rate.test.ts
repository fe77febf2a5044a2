import { describe, expect, it } from "vitest";
import { trafficRate } from "../../../src/detectors/index.js";
import { alarms, DAY, Draw, MINUTE, Stream, values } from "../series.js";

const STEP = 5 * MINUTE;
const PER_DAY = DAY / STEP;
/** Requests a window: none to speak of at night, `most` at noon. */
const daily = (draw: Draw, most: number) => (at: number) =>
  draw.poisson(0.01 + (most / 2) * (1 - Math.cos((2 * Math.PI * at) / PER_DAY)));

describe("trafficRate", () => {
  it("sees silence at noon at once, and takes it for nothing at night", () => {
    const draw = new Draw(1);
    const valueAt = daily(draw, 300);
    const stream = new Stream(trafficRate(), STEP);
    stream.show(values(5 * PER_DAY, valueAt));
    // Midnight and the first few minutes.
    expect(alarms(stream.show([0, 0, 0, 0]))).toEqual([]);
    stream.show(values(PER_DAY / 2 - 4, (at) => valueAt(at + 4)));
    expect(stream.one(0)).toMatchObject({
      anomalous: true,
      reason: expect.stringMatching(
        /^0 requests came, where (2\d\d|3\d\d)(\.\d+)? are usual at this time: fewer than chance/,
      ),
    });
  });

  it("adds up windows that are each too small to tell", () => {
    const draw = new Draw(2);
    const stream = new Stream(trafficRate());
    stream.show(values(2000, () => draw.poisson(4)));
    const [first = 99] = alarms(stream.show(values(12, () => 0)));
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(8);
  });

  it("does not get used to silence before it is evidence", () => {
    for (const [rate, patience] of [
      [1.5, 16],
      [0.5, 50],
    ] as const) {
      const draw = new Draw(8);
      const stream = new Stream(trafficRate());
      stream.show(values(5000, () => draw.poisson(rate)));
      const [first = 99] = alarms(stream.show(values(60, () => 0)));
      expect(first, `${rate}`).toBeLessThan(patience);
    }
  });

  it("is quiet through days, nights and weekends, whatever the load", () => {
    for (const most of [2, 40, 5000]) {
      const draw = new Draw(3);
      const valueAt = daily(draw, most);
      const stream = new Stream(trafficRate(), STEP);
      const verdicts = values(21, (day) => {
        const share = day % 7 >= 5 ? 0.7 : 1;
        return stream.show(values(PER_DAY, (at) => Math.round(share * valueAt(at))));
      });
      const quiet = verdicts.slice(1).flat();
      expect(alarms(quiet).length, `${most}`).toBeLessThan(5);
    }
  });

  it("learns how much the rate wanders, and sees what is beyond that", () => {
    const limits = [0, 0.4].map((wandering) => {
      const draw = new Draw(4);
      const stream = new Stream(trafficRate());
      stream.show(values(3000, () => draw.poisson(200 * Math.exp(wandering * draw.normal()))));
      return stream.one(200);
    });
    expect(limits[0]?.upper).toBeLessThan(320);
    expect(limits[1]?.upper).toBeGreaterThan(420);
    expect(limits[1]?.lower).toBeLessThan(100);
  });

  it("sees a flood", () => {
    const draw = new Draw(5);
    const stream = new Stream(trafficRate());
    stream.show(values(500, () => draw.poisson(100)));
    expect(stream.one(400)).toMatchObject({
      anomalous: true,
      reason: expect.stringMatching(/more than chance/),
    });
  });

  it("takes the number of requests from the context, where there is one", () => {
    const draw = new Draw(6);
    const stream = new Stream(trafficRate());
    stream.show(
      values(500, () => 0.1),
      () => ({ count: draw.poisson(100) }),
    );
    expect(stream.one(0.1, { count: 0 }).anomalous).toBe(true);
  });

  it("accepts a lasting change of load after a while", () => {
    const draw = new Draw(7);
    const stream = new Stream(trafficRate());
    stream.show(values(2000, () => draw.poisson(100)));
    const found = alarms(stream.show(values(400, () => draw.poisson(400))));
    expect(found[0]).toBe(0);
    expect(Math.max(...found)).toBeLessThan(100);
  });
});
