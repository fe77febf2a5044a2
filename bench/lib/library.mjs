/** The built library; `AUSPEX_DIST` names another build, to race two of them. */
const dist = process.env.AUSPEX_DIST
  ? new URL(`file://${process.env.AUSPEX_DIST.replace(/\/?$/, "/")}`)
  : new URL("../../dist/", import.meta.url);

/** @param entry - `index`, `express`, `fastify`, `http`, … */
export function library(entry = "index") {
  return import(entryUrl(entry).href);
}

export function entryUrl(entry) {
  return new URL(`${entry}.js`, dist);
}
