import { describe, expect, it } from "vitest";
import { FakeWorld, GIB, probe } from "./fake-sources.js";

const V2 = {
  "/proc/self/cgroup": "0::/\n",
  "/proc/self/mountinfo": "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n",
  "/cg/memory.max": `${2 * GIB}\n`,
};
const V1 = {
  "/proc/self/cgroup": "4:memory:/app\n",
  "/proc/self/mountinfo": "35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n",
  "/cg/memory/app/memory.limit_in_bytes": `${2 * GIB}\n`,
};

describe("the memory probe", () => {
  it.each([
    { what: "the host without a control group", files: {}, expected: 1 / 16 },
    {
      what: "a version 2 limit, the inactive page cache left out",
      files: {
        ...V2,
        "/cg/memory.current": `${1.75 * GIB}\n`,
        "/cg/memory.stat": `anon 1\ninactive_file ${0.25 * GIB}\nactive_file 7\n`,
      },
      expected: 0.75,
    },
    {
      what: "a version 1 limit, with the totals of the hierarchy",
      files: {
        ...V1,
        "/cg/memory/app/memory.usage_in_bytes": `${1.75 * GIB}\n`,
        "/cg/memory/app/memory.stat": `inactive_file 5\ntotal_inactive_file ${0.25 * GIB}`,
      },
      expected: 0.75,
    },
    { what: "a limit whose usage is unreadable, by resident set", files: V2, expected: 0.5 },
    {
      what: "a limit without statistics, by whole usage",
      files: { ...V2, "/cg/memory.current": `${1.5 * GIB}\n` },
      expected: 0.75,
    },
    {
      what: "a group that is over its limit",
      files: { ...V2, "/cg/memory.current": `${3 * GIB}\n`, "/cg/memory.stat": "garbage" },
      expected: 1,
    },
  ])("measures saturation against $what", ({ files, expected }) => {
    const world = new FakeWorld();
    world.files = files;
    const { sample, of } = probe("memory", world);
    sample(1000);
    expect(of("process.memory.usage")).toMatchObject({ value: GIB, saturation: expected });
  });

  it("reads usage at every sample, limits every ten seconds", () => {
    const world = new FakeWorld();
    world.files = { ...V2, "/cg/memory.current": `${GIB}\n`, "/cg/memory.stat": "inactive_file 0" };
    const { sample, of } = probe("memory", world);
    world.asked = [];
    for (let second = 0; second < 9; second++) sample(1000);
    expect(world.asked.filter((path) => path.endsWith("current"))).toHaveLength(9);
    expect(world.asked).not.toContain("/cg/memory.max");
    world.files["/cg/memory.max" as keyof typeof world.files] = `${4 * GIB}\n`;
    sample(1000);
    expect(of("process.memory.usage").saturation).toBe(0.25);
  });

  it("tells the group's working set against its limit, and nothing of it without one", () => {
    const world = new FakeWorld();
    world.files = { ...V2, "/cg/memory.current": `${GIB}\n` };
    const limited = probe("memory", world);
    limited.sample(1000);
    const name = "container.memory.working_set";
    expect(limited.of(name)).toMatchObject({ value: GIB, saturation: 0.5 });
    const free = probe("memory", new FakeWorld());
    free.sample(1000);
    expect(free.of(name).value).toBeNaN();
  });

  it("tells what lies outside the heap", () => {
    const { sample, of } = probe("memory", new FakeWorld());
    sample(1000);
    expect(of("auspex.memory.external").value).toBe(7 * GIB);
    expect(of("auspex.memory.array_buffers").value).toBe(3 * GIB);
  });

  it("splits the heap by the spaces that hold something, silent while one is empty", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("memory", world);
    world.spaces = { new_space: 8, old_space: 32, read_only_space: 0 };
    sample(1000);
    const value = (name: string, space: string) => of(`v8js.memory.heap.${name}`, space).value;
    expect(value("used", "new_space")).toBe(8);
    expect(value("space.size", "new_space")).toBe(16);
    expect(value("space.available_size", "old_space")).toBe(32);
    expect(value("space.physical_size", "old_space")).toBe(32);
    expect(of("v8js.memory.heap.used", "read_only_space")).toBeUndefined();
    world.spaces = { old_space: 33, code_space: 1 };
    sample(1000);
    expect(value("used", "new_space")).toBeNaN();
    expect(value("used", "old_space")).toBe(33);
    expect(value("used", "code_space")).toBe(1);
  });

  it("measures the heap against V8's own limit", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("memory", world);
    world.heapUsed = GIB;
    sample(1000);
    expect(of("auspex.heap.utilization")).toMatchObject({ value: 0.25, saturation: 0.25 });
  });
});
