/** Real programs that tests talk to; see scripts/peers.mjs. A missing one is an error, not a skip. */
export { peer } from "../../scripts/peers.mjs";
