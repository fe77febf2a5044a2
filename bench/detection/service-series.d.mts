import type { Series } from "./corpus.mjs";
export function makeServices(seed: string, each?: number): Series[];
