import { execFile, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import ts from "typescript";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gpuLine } from "../../../src/integrations/runtime/gpu-line.js";
import { runtimeProbes } from "../../../src/integrations/runtime/index.js";
import type { Reading } from "../../../src/integrations/runtime/probe.js";
import { systemSources } from "../../../src/integrations/runtime/sources.js";

const PATH = process.env.PATH;
const GPU_ONLY = {
  eventLoop: false,
  cpu: false,
  memory: false,
  gc: false,
  process: false,
  host: false,
  disk: false,
  network: false,
  pressure: false,
};
let folder: string;
let stops: (() => void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gpu-"));
  process.env.PATH = `${folder}${delimiter}${PATH}`;
});
afterEach(() => {
  for (const stop of stops) stop();
  stops = [];
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

/** Puts an `nvidia-smi` on the PATH that notes its process id and arguments, then does this. */
function tool(script: string): void {
  const path = join(folder, "nvidia-smi");
  writeFileSync(path, `#!/bin/sh\necho "$$ $*" >>"${folder}/started"\n${script}\n`);
  chmodSync(path, 0o755);
}
const started = () => {
  try {
    return readFileSync(join(folder, "started"), "utf8").trim().split("\n");
  } catch {
    return [];
  }
};
const isAlive = (noted = started().at(-1) as string) => {
  try {
    process.kill(Number.parseInt(noted, 10), 0);
    return true;
  } catch {
    return false;
  }
};

function gpu() {
  const probe = runtimeProbes(systemSources, GPU_ONLY)[0]!;
  stops.push(() => probe?.stop());
  const of = (name: string, id = "0"): Reading | undefined =>
    probe.readings.find((each) => each.name === name && each.attributes?.["hw.id"] === id);
  const faults = () =>
    probe.readings.find(({ name }) => name === "auspex.probe.faults")?.value ?? 0;
  return { probe, sample: (ms: number) => probe.sample(ms), of, faults };
}

async function until(isSo: () => boolean, what = String(isSo)): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`never so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const WAIT = "exec sleep 60";
const SECOND = 'echo "1, 97, 100, 1000, 60, 200.00, 300.00, Fake H200"';
const ONE = 'echo "0, 35, 1024, 4096, 41, 150.00, 600.00, Fake H200"';

describe("the gpu probe", () => {
  it("is none without nvidia-smi on the PATH", () => {
    process.env.PATH = folder;
    expect(runtimeProbes(systemSources, GPU_ONLY)).toEqual([]);
  });

  it("takes no folder or file that cannot be run for it", () => {
    process.env.PATH = folder;
    writeFileSync(join(folder, "nvidia-smi"), "");
    expect(runtimeProbes(systemSources, GPU_ONLY)).toEqual([]);
  });

  it("tells utilization, memory, temperature and power", async () => {
    tool(`${ONE}\n${WAIT}`);
    const { sample, of } = gpu();
    expect(started()).toEqual([]);
    sample(1000);
    await until(() => of("hw.power") !== undefined);
    expect(of("hw.gpu.utilization")).toMatchObject({ value: 0.35, saturation: 0.35, unit: "1" });
    expect(of("hw.gpu.memory.usage")).toMatchObject({ value: 2 ** 30, unit: "By" });
    expect(of("hw.gpu.memory.limit")?.value).toBe(2 ** 32);
    expect(of("hw.gpu.memory.utilization")?.saturation).toBe(0.25);
    expect(of("hw.temperature")).toMatchObject({ value: 41, unit: "Cel" });
    expect(of("hw.power")).toMatchObject({ value: 150, saturation: 0.25, unit: "W" });
    expect(of("hw.gpu.utilization")?.attributes?.["hw.name"]).toBe("Fake H200");
    expect(started()[0]).toContain("--format=csv,noheader,nounits -l 10");
  });

  it("tells two GPUs apart, and what one does not tell it leaves out", async () => {
    tool(`${ONE}\necho "1, [N/A], 10, [Not Supported], 50, [N/A], [N/A], Old, small"\n${WAIT}`);
    const { sample, of, faults } = gpu();
    sample(1000);
    await until(() => of("hw.power", "1") !== undefined);
    expect(of("hw.temperature", "0")?.value).toBe(41);
    expect(of("hw.temperature", "1")?.value).toBe(50);
    expect(of("hw.gpu.utilization", "1")?.value).toBeNaN();
    expect(of("hw.gpu.utilization", "1")?.saturation).toBeUndefined();
    expect(of("hw.gpu.memory.utilization", "1")?.value).toBeNaN();
    expect(of("hw.gpu.memory.usage", "1")?.value).toBe(10 * 2 ** 20);
    expect(of("hw.power", "1")?.attributes?.["hw.name"]).toBe("Old, small");
    sample(1000);
    expect(faults()).toBe(0);
  });

  it("counts garbage and goes on", async () => {
    tool(`echo "No devices were found"\necho "x, y"\necho\n${ONE}\n${WAIT}`);
    const { sample, of, faults } = gpu();
    sample(1000);
    await until(() => of("hw.power") !== undefined);
    sample(1000);
    expect(faults()).toBe(2);
    expect(of("hw.gpu.utilization")?.value).toBe(0.35);
  });

  it("kills one that prints without end, with or without lines", async () => {
    for (const flood of ["yes", "yes | tr -d '\\n'"]) {
      tool(`exec sh -c "${flood}"`);
      const { sample, faults, probe } = gpu();
      sample(1000);
      await until(() => {
        sample(10);
        return faults() > 0 && !isAlive();
      }, flood);
      probe.stop();
    }
  });

  it("kills one that hangs, falls silent, and tries again later and later", async () => {
    // What it will do the next time is settled before this one is heard of.
    tool(`[ -e ${folder}/again ] || { touch ${folder}/again; ${ONE}; }\n${WAIT}`);
    const { sample, of, faults } = gpu();
    const pass = (seconds: number) => {
      for (let second = 0; second < seconds; second++) sample(1000);
    };
    sample(1000);
    await until(() => of("hw.power") !== undefined);
    pass(59);
    expect(isAlive()).toBe(true);
    pass(1);
    await until(() => !isAlive());
    expect(of("hw.power")?.value).toBeNaN();
    expect(of("hw.power")?.saturation).toBeUndefined();
    expect(faults()).toBe(1);
    sample(59_000);
    expect(started()).toHaveLength(1);
    sample(2000);
    await until(() => started().length === 2);
    pass(30);
    expect(faults()).toBe(2);
    sample(119_000);
    sample(2000);
    await until(() => started().length === 3);
  });

  it("silences a GPU that is told of no more, beside one that is", async () => {
    tool(`${SECOND}\nwhile ${ONE}; do sleep 0.01; done`);
    const { sample, of, faults } = gpu();
    sample(1000);
    await until(() => of("hw.power", "1") !== undefined && of("hw.power", "0") !== undefined);
    for (let period = 0; period < 2; period++) {
      const power = of("hw.power", "0") as Reading;
      for (let line = 0; line < 3; line++) {
        power.value = Number.NaN;
        await until(() => power.value === 150, "another line");
        sample(10_000);
      }
      expect(of("hw.power", "1")?.value).toBe(period === 0 ? 200 : Number.NaN);
    }
    expect(of("hw.power", "1")?.saturation).toBeUndefined();
    expect(of("hw.power", "0")?.value).toBe(150);
    expect(faults()).toBe(0);
  });

  it.each([31_000, 60_000])("bears samples %i ms apart", async (elapsed) => {
    tool(`while ${ONE}; do sleep 0.01; done`);
    const { sample, of, faults } = gpu();
    sample(elapsed);
    for (let i = 0; i < 8; i++) {
      const power = of("hw.power");
      if (power !== undefined) power.value = Number.NaN;
      await until(() => of("hw.power")?.value === 150, "a line");
      sample(elapsed);
      expect(of("hw.power")?.value).toBe(150);
    }
    expect(faults()).toBe(0);
    expect(isAlive()).toBe(true);
  });

  it("does not blame it for a stall of this process, whose lines are read after it", async () => {
    tool(`${ONE}\n${WAIT}`);
    const { sample, of, faults } = gpu();
    sample(1000);
    await until(() => of("hw.power") !== undefined);
    for (let second = 0; second < 30; second++) sample(1000);
    for (let second = 0; second < 9; second++) sample(1000);
    sample(3_600_000);
    for (let second = 0; second < 10; second++) sample(1000);
    expect(isAlive()).toBe(true);
    expect(of("hw.power")?.value).toBe(150);
    for (let second = 0; second < 2; second++) sample(1000);
    expect(faults()).toBe(1);
  });

  it("falls silent at once when its child ends", async () => {
    tool(`${ONE}\nuntil [ -e "${folder}/end" ]; do sleep 0.05; done`);
    const { sample, of, faults } = gpu();
    sample(1000);
    await until(() => of("hw.power") !== undefined);
    sample(1000);
    expect(of("hw.power")?.value).toBe(150);
    writeFileSync(join(folder, "end"), "");
    await until(() => {
      sample(10);
      return faults() === 1;
    });
    expect(of("hw.power")?.value).toBeNaN();
  });

  it("kills with a wrapper script what the script started", async () => {
    tool(`${ONE}\nsleep 60 &\necho "$! inner" >>"${folder}/started"\nwait`);
    const { sample, of, probe } = gpu();
    sample(1000);
    await until(() => of("hw.power") !== undefined && started().length === 2);
    expect(isAlive()).toBe(true);
    probe.stop();
    await until(() => !isAlive());
  });

  it("counts one that fails, and tries again after a minute", async () => {
    tool("echo NVIDIA-SMI has failed >&2\nexit 1");
    const { sample, faults } = gpu();
    sample(1000);
    await until(() => started().length === 1);
    await until(() => {
      sample(10);
      return faults() === 1;
    });
    sample(61_000);
    await until(() => started().length === 2);
  });

  it("counts one that cannot be started", async () => {
    tool(ONE);
    const { sample, faults } = gpu();
    rmSync(join(folder, "nvidia-smi"));
    sample(1000);
    await until(() => {
      sample(10);
      return faults() === 1;
    });
  });

  it("kills its child when it is stopped, also before it was started", async () => {
    tool(`${ONE}\n${WAIT}`);
    const before = process.listenerCount("exit");
    const { sample, of, probe } = gpu();
    sample(1000);
    await until(() => of("hw.power") !== undefined);
    probe.stop();
    probe.stop();
    await until(() => !isAlive());
    expect(process.listenerCount("exit")).toBe(before);
    const other = gpu();
    other.sample(1000);
    other.probe.stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(started()).toHaveLength(1);
  });

  /** The child alone, in a process of its own: nothing of the library needs to be built for it. */
  function program(onLine: string): string {
    const source = readFileSync("src/integrations/runtime/line-child.ts", "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    const file = join(folder, "program.mjs");
    writeFileSync(
      file,
      `${outputText}
        const child = new LineChild("nvidia-smi", [], () => { console.log("line"); ${onLine} });
        const kept = setTimeout(() => {}, 60_000);`,
    );
    return file;
  }

  it.each(["clearTimeout(kept);", "process.exit(3);"])(
    "neither keeps its process alive nor outlives it (%s)",
    async (end) => {
      // A wrapper script: what it started must not outlive it either.
      tool(`${ONE}\nsleep 60 &\necho "$! inner" >>"${folder}/started"\nwait`);
      const file = program(end);
      const exit = await new Promise<number>((resolve) => {
        const running = execFile(process.execPath, [file], { timeout: 60_000 }, () => {
          resolve(running.exitCode ?? -1);
        });
      });
      expect(exit).toBe(end.startsWith("process") ? 3 : 0);
      await until(() => !started().some((noted) => isAlive(noted)));
    },
  );

  it.each(["SIGKILL", "SIGINT"] as const)(
    "does not outlive, by more than a line, a process ended by %s",
    async (signal) => {
      tool(`while ${ONE}; do sleep 0.1; done`);
      const running = spawn(process.execPath, [program("")], {
        detached: true,
        stdio: "ignore",
      });
      await until(() => started().length === 1);
      // As a terminal does: to the whole group, of which the child is none.
      process.kill(-(running.pid as number), signal);
      await until(() => !isAlive());
      expect(running.signalCode).toBe(signal);
    },
  );
});

describe("a line of nvidia-smi", () => {
  it.each(["", ",,,,,,,", "0", "-1,1,1,1,1,1,1,x", "GPU 0, 1,1,1,1,1,1,x", "0,1,2,3,4,5,6"])(
    "is not %j",
    (line) => expect(gpuLine(line)).toBeUndefined(),
  );

  it("may hold anything but numbers", () => {
    expect(gpuLine("7,1e9,0x1,Infinity, ,-5,1.5.2,n")).toMatchObject({
      index: "7",
      utilization: Number.NaN,
      memoryUsed: Number.NaN,
      memoryTotal: Number.NaN,
      temperature: Number.NaN,
      power: -5,
      powerLimit: Number.NaN,
    });
  });
});
