import type { ReadFile } from "./sources.js";

/**
 * How an interface stands to what carries its bytes: hardware of its own; `own`, a machine's or
 * container's first ones by their name; `soft`, which may be a container's or the host's end of one;
 * `layered`, on top of others that are counted already.
 */
export type Link = "hardware" | "own" | "soft" | "layered";

/** Where the kernel's word is the same for both ends of a pair, and where /sys is not there. */
const LAYERED =
  /^(?:lo$|veth|docker|br-|virbr|cni|cilium|flannel|cali|lxc|vnet|tap|ifb|dummy|sit|tunl|ip6tnl|ip6gre|gre|erspan|kube-|nodelocaldns)/;
/** A container's end of a pair has no type, nor has the host's. A switch's port has its hardware below. */
const LAYERED_TYPES = new Set(["bridge", "bond", "vlan", "vxlan", "geneve", "wireguard", "dsa"]);
const OWN = /^eth\d+$/;

/** Asks the kernel, once an interface. @see sysfs-class-net of the kernel's ABI */
export function linkOf(name: string, readFile: ReadFile): Link {
  if (LAYERED.test(name) || name.includes("/")) return "layered";
  const path = `/sys/class/net/${name}`;
  const type = /^DEVTYPE=(\S+)$/m.exec(readFile(`${path}/uevent`) ?? "")?.[1] ?? "";
  if (LAYERED_TYPES.has(type) || readFile(`${path}/tun_flags`) !== undefined) return "layered";
  if (readFile(`${path}/device/uevent`) === undefined) return OWN.test(name) ? "own" : "soft";
  // A virtual function beneath another interface with hardware, which counts for both.
  return readFile(`${path}/master/device/uevent`) === undefined ? "hardware" : "layered";
}
