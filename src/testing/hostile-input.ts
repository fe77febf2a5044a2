/** What a host may hand in where a number or an object is meant. */
export const ODD: readonly unknown[] = [
  undefined,
  null,
  "12",
  "",
  {},
  [],
  [5],
  true,
  7n,
  Symbol("odd"),
  () => 5,
  Number.NaN,
];

function throwing(): object {
  const trap = (): never => {
    throw new Error("trapped");
  };
  return new Proxy({}, { get: trap, has: trap, ownKeys: trap, getOwnPropertyDescriptor: trap });
}

/** Contexts of a detector, each odd in one way. */
export function oddContexts(): unknown[] {
  const fields = ["count", "errors", "histogram", "inputs"];
  const values = [...ODD, -1, Number.POSITIVE_INFINITY, 1e308, throwing()];
  const whole = fields.flatMap((field) => values.map((value) => ({ [field]: value })));
  const views = values.map((value) => ({
    histogram: {
      count: value,
      min: value,
      max: value,
      percentile: () => value,
      countAtOrBelow: throwing,
    },
  }));
  return [...ODD, throwing(), ...whole, ...views];
}

/** What no detector has saved. @param state - one that it has */
export function junkOf(state: unknown): unknown[] {
  return [...ODD, -1, throwing(), { method: 1 }, { state }, [state]];
}

export function text(junk: unknown): string {
  try {
    return String(JSON.stringify(junk)).slice(0, 80);
  } catch {
    return typeof junk;
  }
}
