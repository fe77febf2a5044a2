import { describe, expect, it } from "vitest";
import { Diag } from "../../src/diag/diag.js";
import { guardedCall, isThenable } from "../../src/diag/guarded-call.js";
import { readFields } from "../../src/diag/read-fields.js";
import { unhandledIn } from "../helpers/hostile.js";

describe("a guarded call", () => {
  it("answers what the function answers", () => {
    const tally = { callbackErrors: 0 };
    expect(guardedCall(() => 5, tally)).toBe(5);
    expect(tally.callbackErrors).toBe(0);
  });

  it("counts what throws and what answers a promise, and lets no rejection out", async () => {
    const tally = { callbackErrors: 0 };
    const unhandled = await unhandledIn(() => {
      const failing = [
        () => {
          throw new Error("thrown");
        },
        async () => {
          throw new Error("rejected");
        },
        () => ({
          // biome-ignore lint/suspicious/noThenProperty: a thenable of somebody else's
          then() {
            throw new Error("then");
          },
        }),
      ];
      for (const call of failing) expect(guardedCall<unknown>(call, tally)).toBeUndefined();
    });
    expect(unhandled).toEqual([]);
    expect(tally.callbackErrors).toBe(3);
  });

  it("takes for a promise only what has a then that can be read", () => {
    // biome-ignore-start lint/suspicious/noThenProperty: thenables of somebody else's
    const hostile = {
      get then(): unknown {
        throw new Error("then");
      },
    };
    expect([undefined, null, 5, "x", {}, { then: 5 }, hostile].some(isThenable)).toBe(false);
    expect(isThenable(Promise.resolve())).toBe(true);
    expect(isThenable(Object.assign(() => {}, { then: () => {} }))).toBe(true);
    // biome-ignore-end lint/suspicious/noThenProperty: as above
  });
});

describe("reading fields", () => {
  it("takes the named ones, inherited ones too, and tells of those that throw", () => {
    class Options {
      readonly a = 1;
      readonly other = 2;
      get b(): number {
        return 3;
      }
      get c(): number {
        throw new Error("c");
      }
    }
    const threw: string[] = [];
    expect(readFields(new Options(), ["a", "b", "c"], (name) => threw.push(name))).toEqual({
      a: 1,
      b: 3,
    });
    expect(threw).toEqual(["c"]);
  });

  it.each([undefined, null, 5, "text", Symbol("x")])("finds none in %s", (given) => {
    expect(readFields(given as unknown as { length?: number }, ["length"])).toEqual({});
  });
});

describe("the voice of the library", () => {
  it("asks onError even when the logger throws", () => {
    const told: string[] = [];
    const logger = {
      warn() {
        throw new Error("logger");
      },
      debug() {},
    };
    new Diag(logger, ({ message }) => told.push(message)).warn("kind", "something is wrong");
    expect(told).toEqual(["auspex: something is wrong"]);
  });

  it("survives a logger and an onError that answer promises which reject", async () => {
    const reject = async () => {
      throw new Error("from the host");
    };
    const unhandled = await unhandledIn(() => {
      const diag = new Diag({ warn: reject, debug: reject }, reject as () => void);
      diag.warn("kind", "one");
      diag.warn("kind", "two");
    });
    expect(unhandled).toEqual([]);
  });
});
