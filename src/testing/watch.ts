import { AssertionError } from "node:assert";

/** A promise, or an error that says what took too long. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new AssertionError({ message: `${what} has not settled within ${ms} ms` });
    timer = setTimeout(() => reject(error), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Handles that hold the event loop, by what they are called in a sentence. */
const HANDLES = {
  timer: ["Timeout"],
  socket: ["TCPSocketWrap", "TCPServerWrap", "UDPWrap", "PipeWrap"],
} as const;

type Handle = keyof typeof HANDLES;

/** How many of them keep the process alive. */
export function keptAlive(handle: Handle = "timer"): number {
  const kinds: readonly string[] = HANDLES[handle];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind)).length;
}

/** The same object, frozen with all that is plain in it: a write to it throws. */
export function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
