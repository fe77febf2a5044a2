import { describe, expect, it } from "vitest";
import { macd } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("macd", () => {
  const noisy = (seed: number, valueAt: (at: number) => number) => {
    const draw = new Draw(seed);
    return (at: number) => valueAt(at) + draw.normal();
  };

  it("sees a trend begin within a few values", () => {
    const stream = new Stream(macd());
    stream.show(
      values(
        1000,
        noisy(1, () => 100),
      ),
    );
    const found = alarms(
      stream.show(
        values(
          40,
          noisy(2, (at) => 100 + 2 * at),
        ),
      ),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toBeLessThan(15);
  });

  it("is quiet on a trend that goes on as it did, and on a level, whatever it is", () => {
    const stream = new Stream(macd());
    stream.show(
      values(
        1000,
        noisy(3, (at) => 5 * at),
      ),
    );
    expect(
      alarms(
        stream.show(
          values(
            1000,
            noisy(4, (at) => 5000 + 5 * at),
          ),
        ),
      ),
    ).toEqual([]);
  });

  it("says which averages part", () => {
    const stream = new Stream(macd());
    stream.show(
      values(
        500,
        noisy(5, () => 100),
      ),
    );
    const [verdict] = stream.show(values(1, () => 200));
    expect(verdict?.reason).toMatch(
      /^the average of the last values, 11\d(\.\d+)?, leaves the longer one, 10\d(\.\d+)?, \d/,
    );
  });
});
