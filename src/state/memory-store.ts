import type { StateStore } from "./services.js";

/** State that ends with the process; for tests, and to see what would be kept. */
export interface MemoryStore extends StateStore {
  readonly values: Map<string, string>;
}

export function memoryStore(): MemoryStore {
  const values = new Map<string, string>();
  return {
    name: "memory",
    values,
    load: async (key) => values.get(key),
    save: async (key, value) => void values.set(key, value),
  };
}
