/**
 * State that all copies of this library in the process share, such as two installed versions: made by
 * whichever asks first.
 *
 * @param name - with a number that grows when the shape of the state changes: `auspex.agents@0`
 */
export function processWide<T extends object>(name: string, make: () => T): T {
  const holder = globalThis as unknown as Record<symbol, T | undefined>;
  const key = Symbol.for(name);
  holder[key] ??= make();
  return holder[key];
}
