import { replace } from "./streams/replace.js";

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** What a promise of a class of its own has; any other thenable has `then`. */
interface Thenable {
  readonly then?: unknown;
  readonly catch?: unknown;
  readonly finally?: unknown;
  readonly withResponse?: unknown;
  readonly asResponse?: unknown;
}

/** Who is told how a thenable is settled: once per wait. The value is passed on as it is answered. */
export interface Settled {
  /** Somebody waits for it. */
  awaited(): void;
  answered(value: unknown): void;
  fail(error: unknown): void;
}

/**
 * Tells `settled` of a thenable's end, from a `then` of ours on it: the thenable stays the same object,
 * and what is derived from it is what its own `then` derives.
 *
 * `catch` and `finally` go through it too: the promises of the OpenAI and Anthropic clients have
 * overridden all three, each on its own. So do `withResponse` and `asResponse`, which wait without them.
 * @returns whether it can be followed: it is a thenable, and not frozen
 */
export function followThenable(thenable: object, settled: Settled): boolean {
  const { then, catch: rescue, finally: conclude, ...others } = methodsOf(thenable);
  if (typeof then !== "function") return false;
  const follow = function (this: unknown, onValue?: unknown, onError?: unknown): unknown {
    return followBy(then as Method, this, settled, onValue, onError);
  };
  replace(thenable, "then", follow);
  if (typeof rescue === "function") {
    replace(thenable, "catch", function (this: unknown, onError?: unknown): unknown {
      return follow.call(this, undefined, onError);
    });
  }
  if (typeof conclude === "function") {
    replace(thenable, "finally", function (this: unknown, onEnd?: () => void): unknown {
      return (follow.call(this) as Promise<unknown>).finally(onEnd);
    });
  }
  // The one may call the other: what it answers itself is what counts.
  let isWithin = false;
  for (const [name, method] of Object.entries(others)) {
    if (typeof method !== "function") continue;
    replace(thenable, name, function (this: unknown, ...given: unknown[]): unknown {
      if (isWithin) return Reflect.apply(method, this, given);
      isWithin = true;
      let answer: unknown;
      try {
        answer = Reflect.apply(method, this, given);
      } finally {
        isWithin = false;
      }
      return answer instanceof Promise ? followBy(answer.then as Method, answer, settled) : answer;
    });
  }
  return true;
}

function followBy(
  then: Method,
  thenable: unknown,
  settled: Settled,
  onValue?: unknown,
  onError?: unknown,
): unknown {
  settled.awaited();
  return then.call(
    thenable,
    (value: unknown) => {
      settled.answered(value);
      return typeof onValue === "function" ? onValue(value) : value;
    },
    (error: unknown) => {
      settled.fail(error);
      if (typeof onError === "function") return onError(error);
      throw error;
    },
  );
}

function methodsOf(thenable: object): Thenable {
  const { then, catch: rescue, finally: conclude, withResponse, asResponse } = thenable as Thenable;
  return { then, catch: rescue, finally: conclude, withResponse, asResponse };
}
