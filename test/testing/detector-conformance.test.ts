import { describe, expect, it } from "vitest";
import { type Detector, type Verdict, zScore } from "../../src/detectors/index.js";
import { detectorConformance } from "../../src/testing/detector-conformance.js";

/** Sentences that a detector breaks. */
async function broken(make: (unit: number) => Detector): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of detectorConformance(make, { intervalsMs: [60_000] })) {
    await run().catch(() => names.push(name));
  }
  return names;
}

/** A sound detector, but for what is replaced; `Wrapped` is given the one that does the work. */
const but = (change: (sound: Detector) => Partial<Detector>) => () => {
  const sound = zScore();
  const whole: Detector = {
    name: "changed",
    observe: (...given) => sound.observe(...given),
    save: () => sound.save(),
    restore: (state) => sound.restore(state),
  };
  return Object.assign(whole, change(sound));
};

/** The verdicts of a sound detector, changed. */
const saying = (change: (verdict: Verdict, value: number, timeMs: number) => Verdict) =>
  but((sound) => ({
    observe: (value, timeMs) => change(sound.observe(value, timeMs), value, timeMs),
  }));

describe("the detector conformance kit", () => {
  it("finds nothing wrong with a sound detector, wrapped or not", async () => {
    expect(await broken(() => zScore())).toEqual([]);
    expect(await broken(but(() => ({})))).toEqual([]);
  });

  it("finds a name with spaces", async () => {
    expect(await broken(but(() => ({ name: "my detector" })))).toEqual([
      "has a name without spaces",
    ]);
  });

  it("finds verdicts that contradict themselves", async () => {
    const unsound = [
      saying((verdict) => ({ ...verdict, score: verdict.score * 1.5 })),
      saying((verdict) => ({ ...verdict, anomalous: !verdict.anomalous })),
      saying(({ reason: _, ...verdict }) => verdict),
      saying((verdict) => ({ ...verdict, expected: Number.NaN })),
      saying((verdict) => ({ ...verdict, lower: 1, upper: 0 })),
    ];
    for (const make of unsound) {
      expect(await broken(make)).toContain("says of every value what a verdict is to say");
    }
  });

  it("finds chance, and a memory shared between detectors", async () => {
    const random = saying((verdict) => ({ ...verdict, expected: Math.random() }));
    expect(await broken(random)).toContain("says the same of the same values");
    const shared = zScore();
    const sharing = () => ({ ...but(() => ({}))(), observe: shared.observe.bind(shared) });
    expect(await broken(sharing)).toContain("shares nothing with another of its kind");
  });

  it("finds verdicts that change afterwards", async () => {
    const reusing = but((sound) => {
      const verdict = {} as { -readonly [K in keyof Verdict]: Verdict[K] };
      return { observe: (...given) => Object.assign(verdict, sound.observe(...given)) };
    });
    expect(await broken(reusing)).toContain(
      "knows nothing of what is to come, and takes nothing back",
    );
  });

  it("finds one that never warms up, and one that never gets warm", async () => {
    const eager = saying((verdict) => ({ ...verdict, warmingUp: false }));
    const never: Verdict = { score: 0, anomalous: false, warmingUp: true };
    for (const make of [eager, saying(() => never)]) {
      expect(await broken(make)).toContain(
        "says when it is warming up, and that it is over in time",
      );
    }
  });

  it("finds one that cries wolf, and one that sleeps", async () => {
    const nervous = () => zScore({ threshold: 1 });
    expect(await broken(nervous)).toContain(
      "is quiet on ordinary values 60 s apart, and sees an incident",
    );
    const sleeping = saying((verdict) => ({ ...verdict, score: 0, anomalous: false }));
    expect(await broken(sleeping)).toEqual([
      "is quiet on ordinary values 60 s apart, and sees an incident",
    ]);
  });

  it("finds one that alarms on a constant series, on rounding errors, and after a gap", async () => {
    const alarm: Verdict = { score: 1, anomalous: true, warmingUp: false, reason: "because" };
    let last = 0;
    const touchy = saying((verdict, value, timeMs) => {
      const isAlarm = !verdict.warmingUp && (timeMs - last > 86_400_000 * 2 || value < 0.31);
      last = timeMs;
      return isAlarm ? alarm : verdict;
    });
    const found = await broken(touchy);
    expect(found).toContain("is quiet on a constant series, in any unit");
    expect(found).toContain("takes rounding errors for none");
  });

  it("finds one that learns what is missing, infinite, late or without a time", async () => {
    const learning = (isBad: (value: number, timeMs: number, last: number) => boolean) =>
      but((sound) => {
        let last = Number.NEGATIVE_INFINITY;
        let learned = 0;
        return {
          observe(value, timeMs) {
            if (isBad(value, timeMs, last)) learned++;
            if (timeMs > last) last = timeMs;
            const verdict = sound.observe(value, timeMs);
            return { ...verdict, expected: learned };
          },
        };
      });
    expect(await broken(learning((value) => Number.isNaN(value)))).toContain(
      "takes NaN for a value that is missing",
    );
    expect(
      await broken(learning((value) => Math.abs(value) === Number.POSITIVE_INFINITY)),
    ).toContain("judges infinite values, and learns nothing of them");
    expect(await broken(learning((_, timeMs, last) => timeMs <= last))).toContain(
      "judges what repeats a time or lies before the last, and learns nothing of it",
    );
    expect(await broken(learning((_, timeMs) => Number.isNaN(timeMs)))).toContain(
      "judges what has no time, and learns nothing of it",
    );
  });

  it("finds one that knows its unit", async () => {
    const measured = saying((verdict, value) =>
      verdict.warmingUp
        ? verdict
        : { ...verdict, score: Math.min(0.4, value / 1000), anomalous: false },
    );
    const found = await broken(measured);
    expect(found).toContain("says the same in a unit that is a power of two");
    expect(found).toContain("says the same in thousands and thousandths");
  });

  it("finds a state that grows, that is alive, or that is no JSON", async () => {
    const growing = but((sound) => {
      const seen: number[] = [];
      return {
        observe: (value, ...rest) => {
          seen.push(value);
          return sound.observe(value, ...rest);
        },
        save: () => ({ seen: [...seen], inner: sound.save() }),
        restore: (state) => sound.restore((state as { inner: unknown })?.inner),
      };
    });
    expect(await broken(growing)).toContain(
      "keeps its state within bounds, however much it has seen",
    );
    const alive = but((sound) => {
      const state = { count: 0, inner: sound.save() };
      return {
        observe: (...given) => {
          state.count++;
          return sound.observe(...given);
        },
        save: () => state,
      };
    });
    expect(await broken(alive)).toContain("saves a state that is JSON, and not what it works on");
    const map = but((sound) => ({ save: () => new Map([["inner", sound.save()]]) }));
    expect(await broken(map)).toContain("saves a state that is JSON, and not what it works on");
  });

  it("finds one that forgets, and one that chokes on what it did not save", async () => {
    const forgetful = but((sound) => ({ restore: () => sound.restore(null) }));
    expect(await broken(forgetful)).toEqual(["says the same after it was saved and restored"]);
    const choking = but((sound) => ({
      restore: (state) => {
        const { detector } = state as { detector: string };
        if (detector === undefined) throw new TypeError("what is that?");
        sound.restore(state);
      },
    }));
    expect(await broken(choking)).toContain("is as new after a state it cannot read");
    const stubborn = but((sound) => ({
      restore: (state) => {
        if ((state as { detector?: string } | null)?.detector !== undefined) sound.restore(state);
      },
    }));
    expect(await broken(stubborn)).toContain("is as new after a state it cannot read");
  });

  it("finds one that throws", async () => {
    const throwing = saying((verdict, value) => {
      value.toFixed(2);
      return verdict;
    });
    expect(await broken(throwing)).toEqual(["throws at nothing it is given"]);
  });
});
