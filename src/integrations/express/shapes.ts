import type { IncomingMessage, ServerResponse } from "node:http";

/** What this integration touches of Express 4 and 5; no more of either is relied on. */
export type Next = (error?: unknown) => void;
export type Request = IncomingMessage & { readonly app?: App; readonly route?: object };
export type Handle = (request: Request, response: ServerResponse, next: Next) => unknown;

export interface Layer {
  readonly handle: Handle;
  /** Only layers made by `router.route`. */
  readonly route?: { readonly path?: unknown };
  /** The path as it was given: the router of Express 5.3 and later keeps it. */
  readonly rawPath?: unknown;
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: readonly { readonly name: string | number }[];
  /** Express 5: whether the path is `/` and matches everything. */
  readonly slash?: boolean;
  readonly matchers?: readonly ((path: string) => Match | false)[];
  /** The part of the path that matched last; not in Express 5.3 and later. */
  readonly path?: string;
  match(path: string): unknown;
  handle_request?: Handle;
  handleRequest?: Handle;
}

export interface Match {
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export type LayerClass = new (path: unknown, options: object, handle: Handle) => Layer;

export interface Router extends Handle {
  readonly stack: Layer[];
  readonly params?: Record<string, ParamHandle[] | undefined>;
  readonly caseSensitive?: boolean;
  readonly strict?: boolean;
  use(...args: unknown[]): unknown;
  route(path: unknown): unknown;
  param(...args: unknown[]): unknown;
}

export type ParamHandle = (request: Request, response: ServerResponse, next: Next) => unknown;

export interface App extends Handle {
  handle(request: Request, response: ServerResponse, callback?: Next): unknown;
  set(...args: unknown[]): unknown;
  use(...args: unknown[]): unknown;
  listen?(...args: unknown[]): unknown;
  readonly parent?: App;
  readonly mountpath?: unknown;
  /** Express 4: made when the first route or middleware is registered, from the settings then. */
  readonly _router?: Router;
  lazyrouter?(): unknown;
  /** Express 5: made at the first access, from the settings then. */
  readonly router?: Router;
}

export function isRouter(value: unknown): value is Router {
  return typeof value === "function" && Array.isArray((value as { stack?: unknown }).stack);
}

export function isApp(value: unknown): value is App {
  if (typeof value !== "function") return false;
  const { handle, set, use } = value as unknown as Record<string, unknown>;
  return [handle, set, use].every((method) => typeof method === "function");
}

/** Puts a method in place of one, out of the sight of `for in` and of Express's own mixins. */
export function replace<T extends object>(target: T, name: keyof T, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}
