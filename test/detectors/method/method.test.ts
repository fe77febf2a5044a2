import { describe, expect, it } from "vitest";
import { errorRatio, holtWinters, threshold, zScore } from "../../../src/detectors/index.js";
import { detectorOf } from "../../../src/detectors/method/method.js";
import { Draw, MINUTE, MONDAY, Stream, values } from "../series.js";

const taught = () => {
  const draw = new Draw(1);
  const stream = new Stream(zScore());
  stream.show(values(300, () => 100 + draw.normal()));
  return stream;
};

describe("a detector of a method", () => {
  it("is as new after a state that was cut, edited or made by another", () => {
    const state = JSON.stringify(taught().detector.save());
    const other = new Stream(holtWinters());
    other.show(values(100, (at) => at));
    const edited = [
      state.replace(/"mean":[\d.]+/, '"mean":1'),
      state.replace(/"count":\d+/, '"count":5'),
      state.replace(/"check":\d+/, '"check":1'),
      state.replace('"version":1', '"version":2'),
      JSON.stringify(other.detector.save()),
      JSON.stringify(new Stream(zScore({ window: 50 })).detector.save()),
    ];
    for (const text of edited) {
      expect(text).not.toBe(state);
      const detector = zScore();
      detector.restore(JSON.parse(text));
      expect(detector.observe(100, MONDAY).warmingUp).toBe(true);
    }
    const detector = zScore();
    detector.restore(JSON.parse(state));
    expect(detector.observe(100, MONDAY + 1000 * MINUTE).warmingUp).toBe(false);
  });

  it("forgets what it had learned when it is given a state it cannot read", () => {
    const { detector, timeMs } = taught();
    detector.restore("nonsense");
    expect(detector.observe(100, timeMs + MINUTE).warmingUp).toBe(true);
  });

  it("alarms at values that are infinite, or as good as that, once it is warm", () => {
    const stream = taught();
    for (const value of [Number.POSITIVE_INFINITY, -1e200, Number.MAX_VALUE]) {
      expect(stream.one(value)).toMatchObject({ score: 1, anomalous: true });
    }
    expect(stream.one(100).anomalous).toBe(false);
    expect(zScore().observe(Number.POSITIVE_INFINITY, MONDAY).warmingUp).toBe(true);
  });

  it("takes what is too small to be squared for nothing", () => {
    const detector = zScore();
    let alarms = 0;
    for (let at = 0; at < 1000; at++) {
      const value = 1e-300 * (100 + (at % 7));
      if (detector.observe(value, MONDAY + at * MINUTE).anomalous) alarms++;
    }
    expect(alarms).toBe(0);
  });

  it("says what a missing value is, and is neither colder nor warmer for it", () => {
    expect(taught().one(Number.NaN)).toEqual({
      score: 0,
      anomalous: false,
      warmingUp: false,
      reason: "there is no value to judge",
    });
    expect(zScore().observe(Number.NaN, MONDAY).warmingUp).toBe(true);
    expect(threshold({ above: 1 }).observe(Number.NaN, MONDAY).warmingUp).toBe(false);
  });

  it("takes a context that throws for a missing one", () => {
    const context = {
      get count(): number {
        throw new Error("count");
      },
    };
    expect(errorRatio().observe(1, MONDAY, context)).toMatchObject({ score: 0, warmingUp: true });
  });

  it("explains by what it knew before the value, and only alarms", () => {
    let explained = 0;
    class Counting {
      seen = 0;

      judge(value: number) {
        const { seen } = this;
        return {
          score: value,
          explain: () => {
            explained++;
            return `${seen} and ${this.seen}`;
          },
        };
      }

      learn(): void {
        this.seen++;
      }
    }
    const stream = new Stream(detectorOf("counting", () => new Counting(), true));
    stream.show([0, 0.2, 0.49]);
    expect(explained).toBe(0);
    expect(stream.one(0.5).reason).toBe("3 and 3");
  });

  it("keeps scores within 0 and 1, and leaves out bounds that are no numbers", () => {
    const judgements = [
      { score: Number.NaN, expected: Number.NaN },
      { score: 7, lower: Number.NEGATIVE_INFINITY, upper: 5, expected: -0 },
      { score: -1 },
    ];
    const stream = new Stream(
      detectorOf(
        "odd",
        () => ({
          judge: (at: number) => ({ ...judgements[at]!, explain: () => "because" }),
          learn: () => undefined,
        }),
        true,
      ),
    );
    expect(stream.show([0, 1, 2])).toEqual([
      { score: 0, anomalous: false, warmingUp: false },
      { score: 1, anomalous: true, warmingUp: false, reason: "because", upper: 5, expected: 0 },
      { score: 0, anomalous: false, warmingUp: false },
    ]);
  });
});
