export { Accumulator } from "./accumulator.js";
export { ClosedHistogram, type Summary } from "./closed-histogram.js";
export { type CorrectedHistogram, corrected } from "./corrected.js";
export { Layout, type LayoutOptions } from "./layout.js";
export { decodeV2, decodeV2Base64, encodeV2, encodeV2Base64 } from "./v2.js";
