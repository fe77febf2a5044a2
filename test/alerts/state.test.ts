import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { INACTIVE, type Judgement, next, type Standing } from "../../src/alerts/state.js";

const judgements = fc.constantFrom<Judgement>("breach", "between", "clear", "keep");
const plan = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), judgements), { maxLength: 60 });
const timings = fc.record({
  forMs: fc.integer({ min: 0, max: 60 }),
  keepFiringMs: fc.integer({ min: 0, max: 60 }),
});

interface Look {
  readonly atMs: number;
  readonly judgement: Judgement;
  readonly before: Standing;
  readonly after: Standing;
}

function run(
  steps: readonly [number, Judgement][],
  timing: { forMs: number; keepFiringMs: number },
) {
  const looks: Look[] = [];
  let standing = INACTIVE;
  let atMs = 1000;
  for (const [ms, judgement] of steps) {
    atMs += ms;
    const after = next(standing, judgement, atMs, timing);
    looks.push({ atMs, judgement, before: standing, after });
    standing = after;
  }
  return looks;
}

describe("an alert's state", () => {
  it("goes inactive → pending → firing → inactive, and skips nothing but a wait of 0", () => {
    fc.assert(
      fc.property(plan, timings, (steps, timing) => {
        for (const { before, after, judgement } of run(steps, timing)) {
          const change = `${before.phase} ${after.phase}`;
          if (change === "inactive firing") expect(timing.forMs).toBe(0);
          if (change === "firing pending") expect.unreachable();
          if (before.phase === "inactive" && after.phase !== "inactive") {
            expect(judgement).toBe("breach");
          }
        }
      }),
    );
  });

  it("fires only when every look for `forMs` saw it beyond its threshold", () => {
    fc.assert(
      fc.property(plan, timings, (steps, timing) => {
        const looks = run(steps, timing);
        for (const [at, { before, after, atMs }] of looks.entries()) {
          if (before.phase === "firing" || after.phase !== "firing") continue;
          const since = looks.slice(0, at + 1).toReversed();
          const began = since.findIndex(({ before: { phase } }) => phase === "inactive");
          const own = since.slice(0, began + 1);
          expect(own.every(({ judgement }) => ["breach", "keep"].includes(judgement))).toBe(true);
          expect(atMs - (own.at(-1) as Look).atMs).toBeGreaterThanOrEqual(timing.forMs);
          expect(after.beganMs).toBe((own.at(-1) as Look).atMs);
        }
      }),
    );
  });

  it("ends only when it has been back for `keepFiringMs`", () => {
    fc.assert(
      fc.property(plan, timings, (steps, timing) => {
        const looks = run(steps, timing);
        for (const [at, { before, after, atMs, judgement }] of looks.entries()) {
          if (before.phase !== "firing" || after.phase !== "inactive") continue;
          expect(judgement).toBe("clear");
          const last = looks.slice(0, at).findLast((look) => look.judgement !== "clear");
          expect(atMs - (last as Look).atMs).toBeGreaterThanOrEqual(timing.keepFiringMs);
        }
      }),
    );
  });

  it("stays as it was while nobody knows", () => {
    const timing = { forMs: 0, keepFiringMs: 0 };
    const firing = next(INACTIVE, "breach", 10, timing);
    expect(next(firing, "keep", 1e9, timing)).toMatchObject({ phase: "firing", sinceMs: 10 });
    const waiting = { forMs: 50, keepFiringMs: 0 };
    const pending = next(INACTIVE, "breach", 10, waiting);
    expect(next(pending, "keep", 1e9, waiting)).toBe(pending);
    expect(next(INACTIVE, "keep", 10, timing)).toBe(INACTIVE);
  });
});
