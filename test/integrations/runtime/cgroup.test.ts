import { describe, expect, it } from "vitest";
import { Cgroup } from "../../../src/integrations/runtime/cgroup.js";
import { GIB } from "./fake-sources.js";

const V2 = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
const V1 = [
  "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755",
  "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
  "35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory",
  "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
].join("\n");
const V1_SELF = "4:memory:/box/app\n1:cpu,cpuacct:/box/app\n0::/box/app\n";
const cpuV1 = (directory: string, quota: string, period = "100000\n") => ({
  [`${directory}/cpu.cfs_quota_us`]: quota,
  [`${directory}/cpu.cfs_period_us`]: period,
});

interface Case {
  readonly what: string;
  readonly self?: string;
  readonly mounts?: string;
  readonly files?: Record<string, string>;
  readonly cpus?: number;
  readonly bytes?: number;
}

const CASES: Case[] = [
  { what: "no /proc at all" },
  { what: "no mounts", self: "0::/\n" },
  { what: "version 2 without limit files", self: "0::/\n", mounts: V2 },
  {
    what: "version 2 in its own namespace",
    self: "0::/\n",
    mounts: V2,
    files: {
      "/sys/fs/cgroup/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/memory.max": `${GIB}\n`,
    },
    cpus: 1.5,
    bytes: GIB,
  },
  {
    what: 'version 2 that says "max"',
    self: "0::/\n",
    mounts: V2,
    files: { "/sys/fs/cgroup/cpu.max": "max 100000\n", "/sys/fs/cgroup/memory.max": "max\n" },
  },
  {
    what: "version 2 limits on different ancestors, the tightest of which hold",
    self: "0::/a.slice/b.scope/c\n",
    mounts: V2,
    files: {
      "/sys/fs/cgroup/a.slice/cpu.max": "50000 100000\n",
      "/sys/fs/cgroup/a.slice/b.scope/cpu.max": "200000 100000\n",
      "/sys/fs/cgroup/a.slice/memory.max": `${2 * GIB}\n`,
      "/sys/fs/cgroup/a.slice/b.scope/c/memory.max": `${GIB}\n`,
    },
    cpus: 0.5,
    bytes: GIB,
  },
  {
    what: "version 2 with the container's group mounted and the host's path told",
    self: "0::/docker/abc/worker\n",
    mounts: "31 23 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
    files: { "/sys/fs/cgroup/worker/memory.max": `${GIB}\n` },
    bytes: GIB,
  },
  {
    what: "a path outside the namespace's root",
    self: "0::/../other\n",
    mounts: V2,
    files: { "/sys/fs/cgroup/memory.max": `${GIB}\n` },
    bytes: GIB,
  },
  {
    what: "a mount point with a space in it",
    self: "0::/\n",
    mounts: "31 23 0:28 / /mnt/c\\040group rw - cgroup2 cgroup2 rw\n",
    files: { "/mnt/c group/memory.max": `${GIB}\n` },
    bytes: GIB,
  },
  {
    what: "version 1 on a hybrid host, nested",
    self: V1_SELF,
    mounts: V1,
    files: {
      ...cpuV1("/sys/fs/cgroup/cpu,cpuacct/box/app", "250000\n"),
      "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": `${GIB}\n`,
    },
    cpus: 2.5,
    bytes: GIB,
  },
  {
    what: "version 1 without limits (-1, and 2⁶³ less a page)",
    self: V1_SELF,
    mounts: V1,
    files: {
      ...cpuV1("/sys/fs/cgroup/cpu,cpuacct/box/app", "-1\n"),
      "/sys/fs/cgroup/memory/box/app/memory.limit_in_bytes": "9223372036854771712\n",
    },
  },
  {
    what: "garbage everywhere",
    self: "::::\n7\n:memory:\n0::\n1:cpu,memory:relative\n\0\n",
    mounts: ` - cgroup\n1 2 3 - cgroup2\n${V2} - cgroup x\n${V1}`,
    files: {
      "/sys/fs/cgroup/cpu.max": "many few",
      "/sys/fs/cgroup/memory.max": "",
      ...cpuV1("/sys/fs/cgroup/cpu,cpuacct", "1e3", "0"),
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "NaN",
    },
  },
  {
    what: "a period of 0",
    self: "0::/\n",
    mounts: V2,
    files: { "/sys/fs/cgroup/cpu.max": "100000 0\n" },
  },
];

describe("control group limits", () => {
  it.each(CASES)("are found with $what", ({ self, mounts, files, cpus, bytes }) => {
    const world = new Map(Object.entries(files ?? {}));
    if (self !== undefined) world.set("/proc/self/cgroup", self);
    if (mounts !== undefined) world.set("/proc/self/mountinfo", mounts);
    const cgroup = new Cgroup((path) => world.get(path));
    expect(cgroup.cpuLimit()?.value).toBe(cpus);
    expect(cgroup.memoryLimit(16 * GIB)?.value).toBe(bytes);
  });

  it("count for nothing beyond the host's memory", () => {
    const files: Record<string, string> = {
      "/proc/self/cgroup": "0::/\n",
      "/proc/self/mountinfo": V2,
      "/sys/fs/cgroup/memory.max": `${64 * GIB}\n`,
    };
    expect(new Cgroup((path) => files[path]).memoryLimit(16 * GIB)).toBeUndefined();
  });

  it("of equal size hold at the outermost group, which has the most to carry", () => {
    const files: Record<string, string> = {
      "/proc/self/cgroup": "0::/pod/app\n",
      "/proc/self/mountinfo": V2,
      "/sys/fs/cgroup/pod/memory.max": `${GIB}\n`,
      "/sys/fs/cgroup/pod/app/memory.max": `${GIB}\n`,
    };
    const limit = new Cgroup((path) => files[path]).memoryLimit(16 * GIB);
    expect(limit?.directory).toBe("/sys/fs/cgroup/pod");
  });
});
