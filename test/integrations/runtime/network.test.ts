import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

const net = (name: string, received: number, transmitted: number, errors = 0) =>
  `${name}: ${received} 7 ${errors} 2 0 0 0 0 ${transmitted} 8 0 3 0 0 0 0\n`;

/** A machine that lists those interfaces, with files of `/sys/class/net`. */
function machine(text: string, sys: Record<string, string | undefined>) {
  const world = new FakeWorld();
  world.files = { "/proc/self/net/dev": text };
  for (const [path, file] of Object.entries(sys)) world.files[`/sys/class/net/${path}`] = file;
  return { world, ...probe("network", world) };
}

describe("the network probe", () => {
  function network(text: string, speed?: string) {
    return machine(text, { "eth0/speed": speed });
  }
  const SHARE = "hw.network.bandwidth.utilization";

  it("tells bytes, packets, errors and drops by direction", () => {
    const { world, sample, of } = network(net("  eth0", 1000, 2000));
    world.files["/proc/self/net/dev"] = net("  eth0", 1500, 2100, 4);
    sample(5000);
    expect(of("system.network.io", "eth0", "receive").value).toBe(1500);
    expect(of("system.network.io", "eth0", "transmit").value).toBe(2100);
    expect(of("system.network.packet.count", "transmit").value).toBe(8);
    expect(of("system.network.errors", "receive").value).toBe(4);
    expect(of("system.network.packet.dropped", "transmit").value).toBe(3);
    expect(of(SHARE, "receive").value).toBeNaN();
  });

  it("measures against the link's speed where it tells one", () => {
    const { world, sample, of } = network(net("eth0", 0, 0), "1000\n");
    world.files["/proc/self/net/dev"] = net("eth0", 125e6, 312.5e6);
    sample(5000);
    expect(of(SHARE, "receive")).toMatchObject({ value: 0.2, saturation: 0.2 });
    expect(of(SHARE, "transmit").value).toBe(0.5);
  });

  it.each(["-1\n", "0\n", "fast\n", ""])("has no share of a link of speed %j", (speed) => {
    const { world, sample, of } = network(net("eth0", 0, 0), speed);
    world.files["/proc/self/net/dev"] = net("eth0", 5, 5);
    sample(5000);
    expect(of(SHARE, "receive").value).toBeNaN();
  });

  it("leaves out loopback and what is virtual, heads and garbage", () => {
    const names = ["lo", "veth12ab", "docker0", "br-12", "cali9", "ifb0", "tunl0", "dummy0"];
    const { sample, probe: one } = network(
      `Inter-|   Receive | Transmit\n face |bytes packets\n${names.map((name) => net(name, 1, 1)).join("")}:\nx`,
    );
    sample(5000);
    expect(one.readings).toEqual([]);
  });

  it("tells the share of a whole gap after it, not of its last step", () => {
    const { world, sample, of } = network(net("eth0", 0, 0), "1000\n");
    world.files["/proc/self/net/dev"] = undefined;
    for (let i = 0; i < 11; i++) sample(5000);
    expect(of(SHARE, "receive").value).toBeNaN();
    world.files["/proc/self/net/dev"] = net("eth0", 60 * 12.5e6, 0);
    sample(5000);
    expect(of(SHARE, "receive")).toMatchObject({ value: 0.1, saturation: 0.1 });
  });

  it("takes a torn line for nothing, not for a beginning", () => {
    const { world, sample, of } = network(net("eth0", 1000, 2000));
    world.files["/proc/self/net/dev"] = "eth0: 1100\n";
    sample(5000);
    expect(of("system.network.io", "receive").value).toBe(1100);
    expect(of("system.network.io", "transmit").value).toBe(2000);
  });
});

describe("interfaces", () => {
  const counted = ({ probe: one }: ReturnType<typeof machine>) => [
    ...new Set(
      one.readings.flatMap(({ attributes }) => attributes?.["network.interface.name"] ?? []),
    ),
  ];
  const listed = (...names: string[]) => names.map((name) => net(name, 1, 1)).join("");
  const hardware = (name: string) => ({ [`${name}/device/uevent`]: "DRIVER=x\n" });
  const typed = (name: string, type: string) => ({
    [`${name}/uevent`]: `DEVTYPE=${type}\nINTERFACE=${name}\n`,
  });

  it("of a machine are those with hardware, whatever the others are called", () => {
    const names = ["lo", "ens5", "wlan0", "br0", "bond0", "eth0.100", "wg0", "tun0", "vx", "eni1a"];
    const one = machine(listed(...names, "ovs-system", "macvlan0", "lan0"), {
      ...hardware("ens5"),
      ...hardware("wlan0"),
      ...typed("wlan0", "wlan"),
      ...typed("br0", "bridge"),
      ...typed("bond0", "bond"),
      ...typed("eth0.100", "vlan"),
      ...typed("wg0", "wireguard"),
      ...typed("vx", "vxlan"),
      "tun0/tun_flags": "0x1001\n",
      ...hardware("lan0"),
      ...typed("lan0", "dsa"),
    });
    expect(counted(one)).toEqual(["ens5", "wlan0"]);
  });

  it("of a container are its ends of pairs, not what is on top of them", () => {
    const one = machine(listed("lo", "eth0", "net1", "tun0", "br0"), {
      "eth0/uevent": "INTERFACE=eth0\nIFINDEX=4\n",
      "net1/uevent": "INTERFACE=net1\nIFINDEX=5\n",
      "tun0/tun_flags": "0x1001\n",
      ...typed("br0", "bridge"),
    });
    expect(counted(one)).toEqual(["eth0", "net1"]);
  });

  it("of a container that was also given hardware are both", () => {
    expect(counted(machine(listed("eth0", "net1"), hardware("net1")))).toEqual(["eth0", "net1"]);
  });

  it("leave out hardware beneath other hardware, which counts for both, not that of a bond", () => {
    const one = machine(listed("eth0", "enP1s1", "ens6", "bond0"), {
      ...hardware("eth0"),
      ...hardware("enP1s1"),
      "enP1s1/master/device/uevent": "DRIVER=hv_netvsc\n",
      ...hardware("ens6"),
      ...typed("bond0", "bond"),
    });
    expect(counted(one)).toEqual(["eth0", "ens6"]);
  });

  it("are told by their names where there is no /sys", () => {
    const one = machine(listed("lo", "eth0", "veth1a", "docker0", "br-12", "enp3s0"), {});
    expect(counted(one)).toEqual(["eth0", "enp3s0"]);
  });

  it("are looked up once each, and again when they were gone", () => {
    const one = machine(listed("ens5", "br0"), { ...hardware("ens5"), ...typed("br0", "bridge") });
    one.world.asked = [];
    one.sample(5000);
    expect(one.world.asked).toEqual(["/proc/self/net/dev"]);
    one.world.files["/proc/self/net/dev"] = listed("ens5");
    one.sample(5000);
    one.world.files["/sys/class/net/br0/uevent"] = "";
    one.world.files["/sys/class/net/br0/device/uevent"] = "DRIVER=x\n";
    one.world.files["/proc/self/net/dev"] = listed("ens5", "br0");
    one.sample(5000);
    expect(counted(one)).toEqual(["ens5", "br0"]);
  });

  it("that are gone give their places to those that come", () => {
    const names = (prefix: string) => Array.from({ length: 16 }, (_, i) => `${prefix}${i}`);
    const one = machine(listed(...names("old")), {});
    one.world.files["/proc/self/net/dev"] = listed("lo");
    one.sample(5000);
    one.world.files["/proc/self/net/dev"] = listed(...names("new"));
    one.sample(5000);
    expect(counted(one)).toEqual(names("new"));
    expect(one.probe.readings).toHaveLength(160);
  });
});
