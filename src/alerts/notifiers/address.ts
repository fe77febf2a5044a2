import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { BlockList, isIP } from "node:net";
import { NotifyError } from "../notice.js";

/** Where no receiver of notices is, and the credentials of cloud machines are. */
const REFUSED = new BlockList();
REFUSED.addSubnet("169.254.0.0", 16, "ipv4");
REFUSED.addSubnet("0.0.0.0", 8, "ipv4");
REFUSED.addSubnet("224.0.0.0", 3, "ipv4");
REFUSED.addSubnet("fe80::", 10, "ipv6");
REFUSED.addSubnet("ff00::", 8, "ipv6");
REFUSED.addAddress("::", "ipv6");
REFUSED.addAddress("fd00:ec2::254", "ipv6");
REFUSED.addAddress("fd20:ce::254", "ipv6");
REFUSED.addAddress("100.100.100.200", "ipv4");
REFUSED.addAddress("192.0.0.192", "ipv4");
// 169.254.0.0/16 as NAT64 writes it (RFC 6052).
REFUSED.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * The address of a host, looked up once and checked: the connection goes to the very one that was
 * checked, so a name that answers differently the second time gains nothing.
 *
 * @see OWASP, Server-Side Request Forgery Prevention Cheat Sheet
 */
export function checkedLookup(host: string, options: LookupOptions, found: Found): void {
  lookup(host, options, (error, address, family) => {
    if (error !== null) {
      found(error, []);
      return;
    }
    const all: readonly LookupAddress[] =
      typeof address === "string" ? [{ address, family: family ?? isIP(address) }] : address;
    const fault = all.map((each) => refusal(each.address)).find((each) => each !== undefined);
    if (fault !== undefined) found(fault, []);
    else if (typeof address === "string") found(null, address, family);
    else found(null, [...all]);
  });
}

/** Why an address is not connected to; undefined: it may be. */
export function refusal(address: string): NotifyError | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  if (!REFUSED.check(plain, family)) return undefined;
  return new NotifyError(`${address} is no address of a receiver`, {
    permanent: true,
    reason: "refused_address",
  });
}
