/** How many of ours may sit on one object: nested calls that answer the same thing, and no more. */
const MAX_FOLLOWERS = 16;

/** A stream or promise that is handed out again and again must not gather followers without end. */
const followers = new WeakMap<object, number>();

/** Takes a place among those that follow an object. @returns false when there is none left */
export function mayFollow(object: object): boolean {
  const there = followers.get(object) ?? 0;
  if (there >= MAX_FOLLOWERS) return false;
  followers.set(object, there + 1);
  return true;
}

/** Puts a method of ours on an object, as its class would have it. Throws when the object is frozen. */
export function replace(object: object, name: PropertyKey, value: Function): void {
  Object.defineProperty(object, name, {
    value,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}
