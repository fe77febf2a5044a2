/** What a host may hand in where something else is meant; each is made anew by its function. */
export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  NaN: () => Number.NaN,
  "a negative number": () => -1,
  "a bigint": () => 5n,
  "a symbol": () => Symbol("hostile"),
  "an empty text": () => "",
  "a huge text": () => "x".repeat(1 << 20),
  "a key of Object.prototype": () => "__proto__",
  "an object": () => ({}),
  "an object without a prototype": () => Object.create(null),
  "a list": () => [],
  "a list of nothing": () => [null, undefined],
  "a function": () => () => undefined,
  "a function that throws": () => () => {
    throw new Error("called");
  },
  "an async function that rejects": () => async () => {
    throw new Error("awaited");
  },
  "an instance": () => new Map([["a", 1]]),
  "a class": () => class Foreign {},
  "an object whose text throws": () => ({
    toString() {
      throw new Error("toString");
    },
    valueOf() {
      throw new Error("valueOf");
    },
  }),
  "an object whose fields throw": throwing,
  "a function whose fields throw": () => Object.setPrototypeOf(() => undefined, throwing()),
  "a Proxy that throws": () => new Proxy({}, traps()),
  "a function Proxy that throws": () => new Proxy(() => undefined, traps()),
  "a revoked Proxy": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

const FIELDS =
  "unit description attributes timeoutMs lowest highest significantDigits kind system namespace destination address port max capacity oldestAgeMs name read then length size";

/** All fields that some option has, each with a getter that throws. */
function throwing(): object {
  const object = {};
  for (const field of FIELDS.split(" ")) {
    Object.defineProperty(object, field, {
      enumerable: true,
      get() {
        throw new Error(field);
      },
    });
  }
  return object;
}

/** Every trap there is throws. */
function traps(): object {
  return Object.fromEntries(
    Object.getOwnPropertyNames(Reflect).map((trap) => [
      trap,
      () => {
        throw new Error(trap);
      },
    ]),
  );
}

/** Rejections that nobody handles while `work` runs and in the turns of the event loop after it. */
export async function unhandledIn(work: () => unknown): Promise<unknown[]> {
  const found: unknown[] = [];
  const note = (reason: unknown): void => void found.push(reason);
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", note);
  try {
    await work();
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off("unhandledRejection", note);
    for (const listener of before) process.on("unhandledRejection", listener);
  }
  return found;
}
