/** Real programs that tests talk to; see scripts/peers.mjs. A missing one is an error, not a skip. */
export { type PeerName, peer } from "../../scripts/peers.mjs";
