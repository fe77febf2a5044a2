export { type FileStore, type FileStoreOptions, fileStore } from "./file-store.js";
export { type MemoryStore, memoryStore } from "./memory-store.js";
export type { StateStore } from "./services.js";
