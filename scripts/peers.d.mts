export type PeerName =
  | "prometheus"
  | "promtool"
  | "prometheus-pushgateway"
  | "redis-server"
  | "redis-cli"
  | "prometheus-alertmanager";

/** The path of a peer, installed if need be. Throws one line that says how to get it. */
export function peer(name: PeerName): string;
