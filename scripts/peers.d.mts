/** The path of a peer, installed if need be. Throws one line that says how to get it. */
export function peer(name: "prometheus" | "promtool"): string;
