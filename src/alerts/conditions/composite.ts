import type { Subject } from "../series/subject.js";
import type { View } from "../series/view.js";
import type { Breach, Evaluable, Verdict } from "./evaluable.js";

/**
 * All conditions at once. The subjects are those of the first that is of operations, else of the first;
 * another one of operations is asked of the same operation, and any other whether some series of it holds.
 */
export function allOf(conditions: readonly Evaluable[]): Evaluable {
  const primary = conditions.find(({ isOfOperations }) => isOfOperations) ?? conditions[0]!;
  const others = conditions.filter((each) => each !== primary);
  const joined = others.filter((each) => each.isOfOperations && primary.isOfOperations);
  const overall = others.filter((each) => !joined.includes(each)).map((each) => new Overall(each));
  const verdict = (subject: Subject): Verdict => {
    return worst([
      primary.verdict(subject),
      ...joined.map((each) => each.verdict(subject)),
      ...overall.map((each) => each.verdict),
    ]);
  };
  return {
    isOfOperations: primary.isOfOperations,
    windowMs: Math.max(...conditions.map(({ windowMs }) => windowMs)),
    verdict,
    known: () => primary.known(),
    breaches(view, tell) {
      const found: Breach[] = [];
      primary.breaches(view, (breach) => found.push(breach));
      // The others read this step's figures as well: their verdicts are asked below.
      for (const each of joined) each.breaches(view, () => {});
      for (const each of overall) each.look(view);
      for (const breach of found) if (verdict(breach.subject) === "breach") tell(breach);
    },
    absent(view, tell) {
      const told = once(tell);
      for (const each of conditions) each.absent(view, told);
    },
  };
}

/** One of them: the alerts of each, one a subject. */
export function anyOf(conditions: readonly Evaluable[]): Evaluable {
  return {
    isOfOperations: conditions.every(({ isOfOperations }) => isOfOperations),
    windowMs: Math.max(...conditions.map(({ windowMs }) => windowMs)),
    verdict: (subject) => best(conditions.map((each) => each.verdict(subject))),
    *known() {
      const seen = new Set<string>();
      for (const each of conditions) {
        for (const subject of each.known()) {
          if (seen.has(subject.key)) continue;
          seen.add(subject.key);
          yield subject;
        }
      }
    },
    breaches(view, tell) {
      const told = once(tell);
      for (const each of conditions) each.breaches(view, told);
    },
    absent(view, tell) {
      const told = once(tell);
      for (const each of conditions) each.absent(view, told);
    },
  };
}

const INVERTED: Readonly<Record<Verdict, Verdict>> = {
  breach: "clear",
  between: "clear",
  clear: "breach",
  missing: "missing",
};

/** Every series that is not beyond the threshold, or still on its way back. */
export function not(condition: Evaluable): Evaluable {
  const verdict = (subject: Subject): Verdict => INVERTED[condition.verdict(subject)];
  return {
    isOfOperations: condition.isOfOperations,
    windowMs: condition.windowMs,
    verdict,
    known: () => condition.known(),
    breaches(view, tell) {
      let sample: Breach | undefined;
      condition.breaches(view, (breach) => {
        sample = breach;
      });
      const { signal = "custom", unit = "" } = sample ?? {};
      for (const subject of condition.known()) {
        if (verdict(subject) !== "breach") continue;
        tell({ subject, signal, unit, what: "condition", reason: "the condition does not hold" });
      }
    },
    absent: (view, tell) => condition.absent(view, tell),
  };
}

/** Whether some series of a condition holds, found once a step. */
class Overall {
  verdict: Verdict = "missing";

  constructor(private readonly condition: Evaluable) {}

  look(view: View): void {
    let holds = false;
    this.condition.breaches(view, () => {
      holds = true;
    });
    this.verdict = holds ? "breach" : this.#quiet();
  }

  #quiet(): Verdict {
    const verdicts: Verdict[] = [];
    for (const subject of this.condition.known()) verdicts.push(this.condition.verdict(subject));
    return best(verdicts);
  }
}

/** What holds for all: one that is fine is enough for fine. */
function worst(verdicts: readonly Verdict[]): Verdict {
  for (const verdict of ["clear", "missing", "between"] as const) {
    if (verdicts.includes(verdict)) return verdict;
  }
  return "breach";
}

/** What holds for some: one beyond is enough for beyond. */
function best(verdicts: readonly Verdict[]): Verdict {
  for (const verdict of ["breach", "between", "clear"] as const) {
    if (verdicts.includes(verdict)) return verdict;
  }
  return "missing";
}

function once(tell: (breach: Breach) => void): (breach: Breach) => void {
  const told = new Set<string>();
  return (breach) => {
    if (told.has(breach.subject.key)) return;
    told.add(breach.subject.key);
    tell(breach);
  };
}
