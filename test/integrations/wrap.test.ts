import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it } from "vitest";
import { manualMonitor, monitor, operationNamed } from "../helpers/monitor.js";

describe("a wrapped function", () => {
  it("keeps name, length, properties and prototype", () => {
    const { auspex } = manualMonitor();
    const original = Object.assign(async function fetchUser(_id: string, _deep: boolean) {}, {
      version: 3,
    });
    const wrapped = auspex.wrap("fetch user", original);
    expect(wrapped.name).toBe("fetchUser");
    expect(wrapped.length).toBe(2);
    expect(wrapped.version).toBe(3);
    expect(Object.getPrototypeOf(wrapped)).toBe(Object.getPrototypeOf(original));
  });

  it("passes this, arguments and the result on", () => {
    const { auspex } = manualMonitor();
    const counter = {
      n: 1,
      add: auspex.wrap("add", function (this: { n: number }, ...by: number[]) {
        return this.n + by.reduce((a, b) => a + b, 0);
      }),
    };
    expect(counter.add(1, 2, 3)).toBe(7);
    expect(operationNamed(auspex, "add").traffic.count).toBe(1);
  });

  it("throws the very error, sync or async, and counts it by type", async () => {
    const { auspex } = manualMonitor();
    const error = new RangeError("no");
    const sync = auspex.wrap("sync", () => {
      throw error;
    });
    const later = auspex.wrap("async", async () => {
      throw error;
    });
    expect(() => sync()).toThrow(error);
    await expect(later()).rejects.toBe(error);
    for (const name of ["sync", "async"]) {
      const { errors, latency, inFlight } = operationNamed(auspex, name);
      expect(errors.byType).toEqual({ RangeError: 1 });
      expect([errors.count, latency.count, inFlight]).toEqual([1, 0, 0]);
    }
  });

  it("throws non-errors unchanged, whatever their properties do", () => {
    const { auspex } = manualMonitor();
    const trap = new Proxy(
      {},
      {
        get() {
          throw new Error("trap");
        },
      },
    );
    for (const thrown of [undefined, null, "text", 42, trap]) {
      const wrapped = auspex.wrap("odd", () => {
        throw thrown;
      });
      let caught: unknown = "nothing";
      try {
        wrapped();
      } catch (error) {
        caught = error;
      }
      expect(Object.is(caught, thrown)).toBe(true);
    }
    expect(operationNamed(auspex, "odd").errors.byType).toEqual({ _OTHER: 5 });
  });

  it("stays sync when it was sync, and measures until the promise settles when it was not", async () => {
    const { auspex, clock } = manualMonitor();
    expect(auspex.wrap("sync", () => 5)()).toBe(5);
    let resolve: (value: string) => void = () => {};
    const slow = auspex.wrap("slow", () => new Promise<string>((done) => (resolve = done)));
    const promise = slow();
    expect(operationNamed(auspex, "slow").inFlight).toBe(1);
    clock.advance(250);
    resolve("done");
    await expect(promise).resolves.toBe("done");
    const { latency, inFlight } = operationNamed(auspex, "slow");
    expect(latency.max).toBeCloseTo(250, -1);
    expect(inFlight).toBe(0);
  });

  it("leaves a rejection that nobody handles unhandled, once", async () => {
    const seen: unknown[] = [];
    const listener = (reason: unknown) => seen.push(reason);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", listener);
    try {
      const { auspex } = manualMonitor();
      const error = new Error("lost");
      auspex.wrap("lost", async () => {
        throw error;
      })();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(seen).toEqual([error]);
    } finally {
      process.off("unhandledRejection", listener);
      for (const other of others) process.on("unhandledRejection", other);
    }
  });

  it("keeps the AsyncLocalStorage store before, within and after", async () => {
    const storage = new AsyncLocalStorage<string>();
    const { auspex } = manualMonitor();
    const wrapped = auspex.wrap("stored", async () => {
      await null;
      return storage.getStore();
    });
    const [within, after] = await storage.run("mine", async () => [
      await wrapped(),
      storage.getStore(),
    ]);
    expect([within, after]).toEqual(["mine", "mine"]);
  });

  it("returns another's thenable itself and follows it when it is awaited", async () => {
    const { auspex, clock } = manualMonitor();
    let executions = 0;
    class Query {
      sql = "select 1";
      // biome-ignore lint/suspicious/noThenProperty: a query builder, as knex makes them
      then(resolve: (rows: number[]) => void) {
        executions++;
        resolve([1]);
      }
    }
    const find = auspex.wrap("find", () => new Query());
    const query = find();
    expect(query).toBeInstanceOf(Query);
    expect(query.sql).toBe("select 1");
    expect(executions).toBe(0);
    expect(operationNamed(auspex, "find").inFlight).toBe(0);
    clock.advance(40);
    expect(await query).toEqual([1]);
    expect(executions).toBe(1);
    const { latency } = operationNamed(auspex, "find");
    expect(latency.count).toBe(1);
    expect(latency.max).toBeCloseTo(40, 0);
  });

  it("follows a thenable once, however often it is handed out", async () => {
    class Cached extends Promise<number> {}
    const cached = Cached.resolve(1);
    const { auspex } = manualMonitor();
    const get = auspex.wrap("get", () => cached);
    for (let i = 0; i < 20_000; i++) get();
    expect(await get()).toBe(1);
    const { traffic, inFlight } = operationNamed(auspex, "get");
    expect([traffic.count, inFlight]).toEqual([20_001, 0]);
  });

  it("keeps what hangs on a plain promise", async () => {
    const { auspex } = manualMonitor();
    const run = auspex.wrap("run", () =>
      Object.assign(Promise.resolve(5), { kill: () => "killed" }),
    );
    expect(run().kill()).toBe("killed");
    expect(await run()).toBe(5);
  });

  it("returns what is no function as it is, and survives a this that throws", () => {
    const { auspex } = manualMonitor();
    expect(auspex.wrap("nothing", undefined as never)).toBeUndefined();
    const trap = new Proxy(
      {},
      {
        getPrototypeOf: () => {
          throw new Error("trap");
        },
      },
    );
    expect(auspex.wrap("trapped", () => 5).call(trap)).toBe(5);
  });

  it("keeps subclasses of Promise and what hangs on them", async () => {
    class Job extends Promise<number> {
      cancel() {
        return "cancelled";
      }
    }
    const { auspex } = manualMonitor();
    const start = auspex.wrap("job", () => new Job((resolve) => resolve(7)));
    const job = start();
    expect(job).toBeInstanceOf(Job);
    expect(job.cancel()).toBe("cancelled");
    expect(await job).toBe(7);
    expect(operationNamed(auspex, "job").traffic.count).toBe(1);
  });

  it("constructs what the original constructs, and lets itself be subclassed", () => {
    const { auspex } = manualMonitor();
    function Point(this: { x: number }, x: number) {
      this.x = x;
    }
    const Wrapped = auspex.wrap("point", Point as never) as unknown as new (
      x: number,
    ) => { x: number };
    expect(new Wrapped(3)).toBeInstanceOf(Point as never);
    expect(new Wrapped(3).x).toBe(3);
    class Sub extends Wrapped {}
    expect(new Sub(4)).toBeInstanceOf(Sub);
    expect(new Sub(4).x).toBe(4);
  });
});

describe("a wrapped generator", () => {
  it("is the generator itself, and counts from its first step to its end", () => {
    const { auspex, clock } = manualMonitor();
    function* numbers(upTo: number): Generator<number, string, string | undefined> {
      for (let i = 0; i < upTo; i++) yield i;
      return "end";
    }
    const wrapped = auspex.wrap("numbers", numbers);
    const iterator = wrapped(2);
    expect(iterator).toBeInstanceOf(numbers);
    expect(Object.prototype.toString.call(iterator)).toBe("[object Generator]");
    expect(operationNamed(auspex, "numbers").inFlight).toBe(0);
    expect(iterator.next()).toEqual({ value: 0, done: false });
    expect(operationNamed(auspex, "numbers").inFlight).toBe(1);
    clock.advance(30);
    expect(iterator.next()).toEqual({ value: 1, done: false });
    expect(iterator.next()).toEqual({ value: "end", done: true });
    expect(iterator.next()).toEqual({ value: undefined, done: true });
    const { latency, inFlight } = operationNamed(auspex, "numbers");
    expect([latency.count, inFlight]).toEqual([1, 0]);
    expect(latency.max).toBeCloseTo(30, 0);
    expect([...wrapped(3)]).toEqual([0, 1, 2]);
  });

  it("passes what is sent and thrown into it, and ends when its consumer stops early", () => {
    const { auspex } = manualMonitor();
    let cleaned = 0;
    const wrapped = auspex.wrap("echo", function* (): Generator<unknown, void, unknown> {
      try {
        let last: unknown = "first";
        for (;;) last = yield last;
      } finally {
        cleaned++;
      }
    });
    const iterator = wrapped();
    iterator.next();
    expect(iterator.next("sent").value).toBe("sent");
    expect(() => iterator.throw(new TypeError("in"))).toThrow("in");
    for (const _ of wrapped()) break;
    expect(cleaned).toBe(2);
    const { errors, traffic, inFlight } = operationNamed(auspex, "echo");
    expect([errors.byType, traffic.count, inFlight]).toEqual([{ TypeError: 1 }, 2, 0]);
  });

  it("follows async generators in the same way", async () => {
    const { auspex, clock } = manualMonitor();
    const wrapped = auspex.wrap("stream", async function* (fail: boolean) {
      yield 1;
      clock.advance(20);
      if (fail) throw new RangeError("cut");
      yield 2;
    });
    const seen: number[] = [];
    for await (const value of wrapped(false)) seen.push(value);
    await expect(async () => {
      for await (const value of wrapped(true)) seen.push(value);
    }).rejects.toThrow("cut");
    expect(seen).toEqual([1, 2, 1]);
    const { errors, latency, inFlight } = operationNamed(auspex, "stream");
    expect([errors.byType, latency.count, inFlight]).toEqual([{ RangeError: 1 }, 1, 0]);
    expect(latency.max).toBeCloseTo(20, 0);
  });
});

describe("a function that returns an async iterator", () => {
  it("is measured until the iterator is done, as its compiled generator would be", async () => {
    const { auspex, clock } = manualMonitor();
    const rows = auspex.wrap("rows", () => {
      let n = 0;
      return {
        next: async () => {
          clock.advance(10);
          return n < 3 ? { value: n++, done: false } : { value: undefined, done: true };
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    });
    const seen: unknown[] = [];
    for await (const row of rows()) seen.push(row);
    expect(seen).toEqual([0, 1, 2]);
    const { latency, inFlight } = operationNamed(auspex, "rows");
    expect([latency.count, inFlight]).toEqual([1, 0]);
    expect(latency.max).toBeCloseTo(40, 0);
  });
});

describe("operation.run", () => {
  it("records sync and async work and passes on what comes out", async () => {
    const auspex = monitor({ saturation: false });
    const operation = auspex.operation("run");
    expect(operation.run(() => 3)).toBe(3);
    expect(await operation.run(async () => 4)).toBe(4);
    expect(() =>
      operation.run(() => {
        throw new TypeError("a");
      }),
    ).toThrow("a");
    await expect(operation.run(() => Promise.reject(new TypeError("b")))).rejects.toThrow("b");
    const { traffic, errors, inFlight } = operationNamed(auspex, "run");
    expect([traffic.count, errors.byType, inFlight]).toEqual([4, { TypeError: 2 }, 0]);
  });
});
