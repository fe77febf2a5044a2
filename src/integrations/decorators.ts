import type { Instrumented } from "../instruments/internals.js";
import { type AnyFunction, Binding, type WrapOptions, wrapFunction } from "./wrap.js";

export interface MonitoredOptions extends WrapOptions {
  /** Name of the operation. @default "Class.method" */
  readonly name?: string;
}

/** What a decorated method or function-valued field gets back: the same kind of thing. */
interface MonitoredDecorator {
  /** TC39 (stage 3), on methods and accessors' functions. */
  <This, A extends unknown[], R>(
    value: (this: This, ...args: A) => R,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => R>,
  ): (this: This, ...args: A) => R;
  /** TC39, on fields that hold functions. */
  (value: undefined, context: ClassFieldDecoratorContext): <F>(initial: F) => F;
  /** Legacy (`experimentalDecorators`), on methods. */
  (target: object, key: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor;
}

interface Monitored extends MonitoredDecorator {
  (name?: string, options?: WrapOptions): MonitoredDecorator;
  (options: MonitoredOptions): MonitoredDecorator;
}

/**
 * Records every call of a method. `@monitored`, `@monitored("name")` and `@monitored({ auspex })` all
 * work, as TC39 and as legacy decorators, on static and private methods too.
 *
 * Until the process has a monitor the method runs unrecorded.
 */
export const monitored = function monitored(...args: readonly unknown[]): unknown {
  if (isApplication(args)) return apply(args, {});
  const [first, second] = args;
  if (typeof first === "function") {
    throw new TypeError("@monitored decorates methods, not classes; for functions use auspex.wrap");
  }
  const options: MonitoredOptions =
    typeof first === "string"
      ? { ...(second as WrapOptions | undefined), name: first }
      : ((first ?? {}) as MonitoredOptions);
  return (...application: readonly unknown[]) => apply(application, options);
} as Monitored;

/** Applied to something, rather than called for options. */
function isApplication([first, second]: readonly unknown[]): boolean {
  if (typeof second === "string" || typeof second === "symbol") {
    return typeof first === "object" || typeof first === "function";
  }
  return typeof second === "object" && second !== null && "kind" in second;
}

function apply(
  [value, context, descriptor]: readonly unknown[],
  options: MonitoredOptions,
): unknown {
  if (typeof context === "string" || typeof context === "symbol") {
    return applyLegacy(context, descriptor as PropertyDescriptor | undefined, options);
  }
  const { kind, name, private: isPrivate } = context as ClassMemberDecoratorContext;
  const wrap = (fn: unknown): unknown => {
    return typeof fn === "function" ? wrapMethod(fn as AnyFunction, name, isPrivate, options) : fn;
  };
  if (kind === "field") return wrap;
  if (kind === "method" || kind === "getter" || kind === "setter") return wrap(value);
  throw new TypeError(`@monitored decorates methods and fields that hold functions, not a ${kind}`);
}

function applyLegacy(
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  options: MonitoredOptions,
): PropertyDescriptor {
  if (typeof descriptor?.value !== "function") {
    throw new TypeError(
      "@monitored decorates methods; for other members use auspex.wrap(name, fn)",
    );
  }
  return { ...descriptor, value: wrapMethod(descriptor.value, key, false, options) };
}

function wrapMethod(
  fn: AnyFunction,
  key: string | symbol,
  isPrivate: boolean,
  options: MonitoredOptions,
): AnyFunction {
  const binding = new Binding(
    (self) => options.name ?? qualifiedName(self, wrapped, key, isPrivate),
    options,
  );
  const wrapped: AnyFunction = wrapFunction(fn, binding);
  return wrapped;
}

/** `Class.method` of the class that declares the method, even when a subclass calls it. */
function qualifiedName(
  self: unknown,
  wrapped: AnyFunction,
  key: string | symbol,
  isPrivate: boolean,
): string {
  const method = typeof key === "symbol" ? (key.description ?? "method") : key;
  const owner = isPrivate ? undefined : declaringObject(self, wrapped, key);
  const from = owner ?? self;
  const className =
    typeof from === "function" ? from.name : (from as object | undefined)?.constructor?.name;
  return className ? `${className}.${method}` : method;
}

function declaringObject(self: unknown, wrapped: AnyFunction, key: string | symbol): unknown {
  let object = self;
  while (object !== null && (typeof object === "object" || typeof object === "function")) {
    if (Object.getOwnPropertyDescriptor(object, key)?.value === wrapped) return object;
    object = Object.getPrototypeOf(object);
  }
  return undefined;
}

export type { Instrumented, WrapOptions };
