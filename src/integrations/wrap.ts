import type { Attributes } from "../attributes/attributes.js";
import type { Operation } from "../instruments/golden-signals.js";
import { INTERNALS, type Instrumented, processState } from "../instruments/internals.js";
import { followIterator, isAsyncIterator, isGeneratorFunction } from "./iterators.js";

export interface WrapOptions {
  readonly attributes?: Attributes;
  /** The monitor to record with. @default the one created first in the process */
  readonly auspex?: Instrumented;
}

// biome-ignore lint/suspicious/noExplicitAny: a wrapper takes whatever its function takes
export type AnyFunction = (...args: any[]) => unknown;

/** Finds the operation of a wrapped function: at once, or as soon as the process has a monitor. */
export class Binding {
  /** Undefined until there is a monitor. */
  private operation: Operation | undefined;
  private generation = -1;

  constructor(
    /** Called once per monitor, with the `this` of the call at hand. */
    private readonly nameOf: (self: unknown) => string,
    private readonly options: WrapOptions,
  ) {}

  current(self: unknown): Operation | undefined {
    const state = processState();
    if (state.generation === this.generation) return this.operation;
    return this.resolve(self, state.generation, state.monitors[0]);
  }

  /** What `this` of a call does when it is looked at is the host's affair, and may throw. */
  private safeName(self: unknown): string {
    try {
      return this.nameOf(self);
    } catch {
      return "(unnamed)";
    }
  }

  private resolve(self: unknown, generation: number, first?: Instrumented): Operation | undefined {
    this.generation = generation;
    const monitor = this.options.auspex ?? first;
    this.operation = monitor?.[INTERNALS].operation(this.safeName(self), this.options.attributes);
    return this.operation;
  }
}

/**
 * A function that records each call of `fn` and is otherwise the same: `this`, `name`, `length`,
 * properties, sync-ness, results and errors.
 *
 * An async call ends when its promise settles, a generator when its body does.
 */
export function wrapFunction<F extends AnyFunction>(fn: F, binding: Binding): F {
  const wrapped = isGeneratorFunction(fn) ? wrapGenerator(fn, binding) : wrapCall(fn, binding);
  return disguise(wrapped, fn);
}

function wrapCall(fn: AnyFunction, binding: Binding): AnyFunction {
  return function (this: unknown): unknown {
    const operation = binding.current(this);
    // biome-ignore lint/complexity/noArguments: a rest parameter would allocate and change `length`
    const args = arguments;
    if (new.target !== undefined)
      return Reflect.construct(fn, args, originalTarget(new.target, fn));
    if (operation === undefined) return Reflect.apply(fn, this, args);
    const started = operation.start();
    let result: unknown;
    try {
      result = Reflect.apply(fn, this, args);
    } catch (error) {
      operation.fail(started, error);
      throw error;
    }
    if (!isAsyncIterator(result)) return operation.settle(started, result);
    // Its work is done as it is consumed: that is what counts, as of a generator.
    operation.signals.leave();
    return followIterator(operation, result);
  };
}

function wrapGenerator(fn: AnyFunction, binding: Binding): AnyFunction {
  return function (this: unknown): unknown {
    const operation = binding.current(this);
    // biome-ignore lint/complexity/noArguments: as above
    const iterator = Reflect.apply(fn, this, arguments);
    return operation === undefined ? iterator : followIterator(operation, iterator as object);
  };
}

/** `new wrapped()` makes what `new fn()` makes; a subclass keeps its own prototype. */
function originalTarget(target: Function, fn: Function): Function {
  return Object.getPrototypeOf(target) === Object.getPrototypeOf(fn) ? fn : target;
}

/** Gives `wrapped` the own properties of `fn`, `name` and `length` among them. */
function disguise<F extends AnyFunction>(wrapped: AnyFunction, fn: F): F {
  for (const key of Reflect.ownKeys(fn)) {
    const descriptor = Object.getOwnPropertyDescriptor(fn, key) as PropertyDescriptor;
    const own = Object.getOwnPropertyDescriptor(wrapped, key);
    if (own !== undefined && !own.configurable && !own.writable) continue;
    try {
      if (own !== undefined && !own.configurable) {
        Object.defineProperty(wrapped, key, { value: fn[key as keyof F] });
      } else Object.defineProperty(wrapped, key, descriptor);
    } catch {
      // A property that cannot be carried over stays behind; the call itself is what matters.
    }
  }
  Object.setPrototypeOf(wrapped, Object.getPrototypeOf(fn));
  return wrapped as F;
}
