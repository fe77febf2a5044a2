import { guardedCall } from "../../diag/guarded-call.js";
import { readFields } from "../../diag/read-fields.js";
import { isList } from "../../readers/checks.js";
import type { AlertEvent, Severity } from "../../snapshot/events.js";
import { seriesKey } from "../keys.js";
import { type Matcher, matcherOf } from "../matcher.js";
import { isAtLeast, SEVERITIES } from "../severity.js";
import type { Burn, BurnSource, SloCondition } from "./condition.js";
import type { Breach, Evaluable } from "./evaluable.js";

const LIMIT = 1000;
const MAX_RATES = 16;
/** After a start every SLO has evaluated itself within this time. */
const SETTLE_MS = 120_000;

/** An SLO whose budget burns. */
interface Burning {
  readonly slo: string;
  readonly severity: Severity;
  /** Times as fast as allowed. */
  readonly rate: number | undefined;
  readonly factor?: number;
  readonly reason?: string;
  readonly spentBy?: string | undefined;
}

/** The budgets that burn now, as the `alert` events of SLOs tell of them. */
export class Burns {
  /** Undefined: it does not burn. */
  readonly #heard = new Map<string, Burning | undefined>();

  hear({ key, rule, labels, state, severity, value, reason, operation }: AlertEvent): void {
    const { slo } = labels;
    // An alert of a rule about an SLO is not one of the SLO itself.
    if (slo === undefined || rule !== `slo:${slo}` || key !== rule) return;
    if (this.#heard.size >= LIMIT && !this.#heard.has(slo)) return;
    const isOver = state === "resolved";
    // One that is of all operations goes by its own name.
    const spentBy = operation === slo ? undefined : operation;
    this.#heard.set(slo, isOver ? undefined : { slo, severity, rate: value, reason, spentBy });
  }

  has(slo: string): boolean {
    return this.#heard.has(slo);
  }

  *[Symbol.iterator](): Iterator<Burning> {
    for (const burning of this.#heard.values()) if (burning !== undefined) yield burning;
  }
}

/** One alert an SLO, with the worst of what burns. */
export function slo(
  { slo: given, severity = "info" }: SloCondition,
  burns: Burns,
  tally: { callbackErrors: number },
): Evaluable {
  const source = sourceOf(given);
  const isNamed = source === undefined ? matcherOf(given as Matcher) : undefined;
  const found = new Map<string, Breach>();
  let isKnown = false;
  const read = (): Iterable<Burning> => {
    if (source === undefined) return burns;
    const burning = statusOf(source, tally);
    isKnown = burning !== undefined;
    return burning ?? [];
  };
  return {
    isOfOperations: false,
    windowMs: SETTLE_MS,
    verdict({ key, operation }) {
      if (found.has(key)) return "breach";
      const isHeard = source === undefined ? burns.has(operation) : isKnown;
      return isHeard ? "clear" : "missing";
    },
    known: () => Array.from(found.values(), ({ subject }) => subject),
    breaches(_view, tell) {
      found.clear();
      for (const each of read()) {
        if (!isAtLeast(each.severity, severity) || isNamed?.(each.slo) === false) continue;
        const breach = breachOf(each);
        const before = found.get(breach.subject.key)?.severity;
        if (before === undefined || !isAtLeast(before, each.severity)) {
          found.set(breach.subject.key, breach);
        }
      }
      for (const breach of found.values()) tell(breach);
    },
    absent(_view, tell) {
      if (isKnown || source === undefined) return;
      const { name } = source;
      const subject = { key: seriesKey(name, {}), operation: name, attributes: {} };
      tell({
        subject,
        signal: "slo",
        unit: "",
        what: "burn rate",
        reason: "the SLO has no status",
      });
    },
  };
}

/** The SLO itself, where it was given and not its name. */
export function sourceOf(given: SloCondition["slo"]): BurnSource | undefined {
  return typeof given === "object" && "status" in given ? (given as BurnSource) : undefined;
}

function breachOf({ slo: name, severity, rate, factor, reason, spentBy }: Burning): Breach {
  const subject = { key: seriesKey(name, {}), operation: name, attributes: {} };
  const what = "burn rate";
  return {
    subject,
    value: rate,
    threshold: factor,
    signal: "slo",
    unit: "×",
    what,
    severity,
    reason,
    spentBy,
  };
}

/** Undefined when it has none to give. */
function statusOf(
  source: BurnSource,
  tally: { callbackErrors: number },
): readonly Burning[] | undefined {
  const status = guardedCall(() => source.status(), tally);
  const { burn } = readFields(status, ["burn"]);
  if (!isList(burn)) return undefined;
  return guardedCall(() =>
    burn.slice(0, MAX_RATES).flatMap((each): Burning[] => {
      const { severity, factor, long, firing } = readFields(each as Burn, [
        "severity",
        "factor",
        "long",
        "firing",
      ]);
      if (firing !== true || !SEVERITIES.includes(severity as Severity)) return [];
      const rate = finite(long);
      return [
        { slo: source.name, severity: severity as Severity, rate, factor: finite(factor) ?? 0 },
      ];
    }),
  );
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
