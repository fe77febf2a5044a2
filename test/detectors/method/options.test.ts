import { describe, expect, it } from "vitest";
import * as detectors from "../../../src/detectors/index.js";
import { HOSTILE } from "../../helpers/hostile.js";

const {
  autoencoder,
  cusum,
  distributionShift,
  errorRatio,
  ewma,
  holtWinters,
  iqr,
  isolationForest,
} = detectors;
const { lstm, macd, pageHinkley, randomCutForest, robustZ, seasonal, spot, trafficRate, zScore } =
  detectors;
const FACTORIES: Readonly<Record<string, (options: never) => unknown>> = {
  autoencoder,
  cusum,
  distributionShift,
  errorRatio,
  ewma,
  holtWinters,
  iqr,
  isolationForest,
  lstm,
  macd,
  pageHinkley,
  randomCutForest,
  robustZ,
  seasonal,
  spot,
  trafficRate,
  zScore,
};

describe("options of a detector", () => {
  it("that are wrong are all told at once, each with its mend", () => {
    const make = () =>
      randomCutForest({ trees: 0, samples: 2.5, shingle: "4" as never, size: 1 } as never);
    expect(make).toThrow(RangeError);
    expect(make).toThrow(
      /^randomCutForest: 4 options to mend:\n {2}- size is not an option; known are trees, .*\n {2}- trees is 0; give a whole number from 1 to 200\n {2}- samples is 2\.5; .*\n {2}- shingle is "4"; /,
    );
  });

  it("may be left out, or left undefined", () => {
    for (const make of Object.values(FACTORIES)) {
      expect(() => make(undefined as never)).not.toThrow();
      expect(() => make({ probability: undefined } as never)).toBeDefined();
    }
  });

  it("of any kind end in a detector or in a RangeError", () => {
    for (const [name, make] of Object.entries(FACTORIES)) {
      for (const [what, hostile] of Object.entries(HOSTILE)) {
        try {
          expect(make(hostile() as never), `${name} of ${what}`).toBeDefined();
        } catch (error) {
          expect(error, `${name} of ${what}`).toBeInstanceOf(RangeError);
        }
      }
    }
  });

  it("that contradict one another are told too", () => {
    expect(() => macd({ fast: 30, slow: 20 })).toThrow(/slow is 20; give more than fast/);
    expect(() => distributionShift({ distance: "near" as never })).toThrow(
      /distance is "near"; give one of "berk-jones", "wasserstein", "ks"/,
    );
  });
});
