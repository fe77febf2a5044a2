import { describe, expect, it } from "vitest";
import { errorRatio } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

/** A stream that has seen so many windows of about so many requests. */
function taught(requests: number, ratio: number, windows = 1000, seed = 1) {
  const draw = new Draw(seed);
  const stream = new Stream(errorRatio());
  const one = () => {
    const count = draw.poisson(requests);
    return { count, errors: draw.binomial(count, ratio) };
  };
  const verdicts = stream.show(
    values(windows, () => 0),
    one,
  );
  return { draw, stream, one, verdicts };
}

describe("errorRatio", () => {
  it("takes one error in two requests at night for nothing, and two hundred in a thousand for an incident", () => {
    expect(taught(3, 0.001).stream.one(0.5, { count: 2, errors: 1 }).score).toBe(0);
    expect(taught(1000, 0.001, 200).stream.one(0.2, { count: 1000, errors: 200 })).toMatchObject({
      anomalous: true,
      reason: expect.stringMatching(
        /^200 of 1000 requests failed, 20 %; usually 0\.\d+ % do, and of so many chance makes \d(\.\d+)? % at most$/,
      ),
    });
  });

  it("is quiet for weeks of chance, at any traffic and ratio", () => {
    for (const [requests, ratio] of [
      [0.3, 0.01],
      [5, 0.002],
      [100, 0.05],
      [3000, 0.0005],
    ] as const) {
      const { verdicts } = taught(requests, ratio, 5000, 7);
      expect(alarms(verdicts).length, `${requests} at ${ratio}`).toBeLessThan(2);
    }
  });

  it("sees an outage where only few requests come, from a few windows together", () => {
    const { stream } = taught(2, 0.002);
    const verdicts = stream.show(
      values(8, () => 1),
      () => ({ count: 2, errors: 2 }),
    );
    const [first = 99] = alarms(verdicts);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(5);
    expect(verdicts[first]?.reason).toMatch(/% of the requests of the last few windows failed/);
  });

  it("counts errors that come in company for less", () => {
    const run = (together: number) => {
      const draw = new Draw(3);
      const stream = new Stream(errorRatio());
      stream.show(
        values(2000, () => 0),
        () => ({
          count: 500,
          errors: draw.uniform() < 0.5 / together ? draw.poisson(together) : 0,
        }),
      );
      return stream.one(0, { count: 500, errors: 20 });
    };
    expect(run(1).anomalous).toBe(true);
    expect(run(12).anomalous).toBe(false);
  });

  it("is quiet when fewer fail than usual, and when the outage is over", () => {
    const { stream, one } = taught(1000, 0.05, 300);
    expect(stream.one(0, { count: 1000, errors: 0 }).score).toBe(0);
    stream.show(
      values(20, () => 0),
      () => ({ count: 1000, errors: 900 }),
    );
    expect(stream.one(0.05, { count: 1000, errors: 50 }).expected).toBeLessThan(0.08);
    expect(stream.one(0, { count: 1000, errors: 0 }).score).toBe(0);
    expect(
      alarms(
        stream.show(
          values(200, () => 0),
          one,
        ),
      ).length,
    ).toBeLessThan(10);
  });

  it("wants as many errors as it was told before it speaks", () => {
    const stream = new Stream(errorRatio({ minErrors: 50 }));
    stream.show(
      values(100, () => 0),
      () => ({ count: 100, errors: 0 }),
    );
    expect(stream.one(0, { count: 40, errors: 40 }).score).toBe(0);
    expect(stream.one(0, { count: 40, errors: 40 }).anomalous).toBe(true);
  });

  it("has nothing to judge without counts that make sense", () => {
    const { stream } = taught(100, 0.01, 100);
    const odd = [
      undefined,
      {},
      { count: 5 },
      { errors: 5 },
      { count: -1, errors: 0 },
      { count: Number.NaN, errors: 1 },
    ];
    for (const context of odd) {
      expect(stream.detector.observe(0.5, stream.timeMs + 1, context)).toMatchObject({
        score: 0,
        warmingUp: false,
      });
    }
    // More errors than requests are as many as there are requests.
    expect(stream.one(0, { count: 100, errors: 500 }).reason).toMatch(/^100 of 100 requests/);
  });
});
