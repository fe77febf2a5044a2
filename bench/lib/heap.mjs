// The heap after collection, told apart by what is in it.
import { getHeapCodeStatistics } from "node:v8";
import { median } from "./statistics.mjs";

/** Neither machine code nor what it carries is in the heap of a process with these flags. */
export const INTERPRETER = ["--no-opt", "--no-sparkplug", "--no-maglev"];

/** Needs `--expose-gc`. `code`: machine code and bytecode, both part of `heapUsed`. */
export function heapNow() {
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics();
  return { heapUsed, arrayBuffers, code: code_and_metadata_size + bytecode_and_metadata_size };
}

/** Median of the slopes between all pairs (Theil–Sen): one odd collection does not tilt it. */
export function slope(points) {
  const slopes = [];
  for (let i = 0; i < points.length; i++) {
    for (let j = i + 1; j < points.length; j++) {
      slopes.push((points[j].y - points[i].y) / (points[j].x - points[i].x));
    }
  }
  return median(slopes);
}
