import type { CallbackTally } from "../../instruments/guarded-read.js";
import { Countdown } from "./countdown.js";
import { Devices } from "./devices.js";
import { GPU_QUERY, type GpuLine, gpuLine } from "./gpu-line.js";
import { LineChild } from "./line-child.js";
import type { Probe, Reading } from "./probe.js";
import { addsUp, gauge, level, ratio, setOf, setShare } from "./reading.js";

const EVERY_S = 10;
/** Three lines that did not come. */
const SILENCE_MS = 30_000;
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 3_600_000;
const MIB = 2 ** 20;

function makeGpu(index: string, name: string) {
  const gpu = { "hw.id": index, "hw.name": name };
  const typed = { ...gpu, "hw.type": "gpu" };
  const readings = {
    utilization: gauge("hw.gpu.utilization", "1", "Share of time in which the GPU ran a kernel.", {
      ...gpu,
      "hw.gpu.task": "general",
    }),
    memory: gauge("hw.gpu.memory.utilization", "1", "Share of the GPU's memory in use.", gpu),
    used: addsUp(level("hw.gpu.memory.usage", "By", "Memory of the GPU in use.", gpu)),
    limit: addsUp(level("hw.gpu.memory.limit", "By", "Memory of the GPU.", gpu)),
    temperature: level("hw.temperature", "Cel", "Temperature of the GPU.", typed),
    power: gauge("hw.power", "W", "Power the GPU draws; saturation is of its limit.", typed),
  };
  return { ...readings, all: Object.values(readings) };
}

/**
 * NVIDIA GPUs, through one `nvidia-smi` that prints a line per GPU every 10 s.
 *
 * One long-lived child rather than one each time: starting it loads the driver, and each start of a
 * child forks this process. It is started at the first sample, and started again, when it ended or had
 * to be killed, after a minute, then two, four, … an hour; each such end and each line that makes no
 * sense is counted.
 *
 * Every 30 s a GPU that no line told of is silent, and a child that told of none is killed.
 */
export class GpuProbe implements Probe {
  readonly name = "gpu";
  readonly readings: Reading[] = [];
  readonly #names = new Map<string, string>();
  readonly #gpus = new Devices(this.readings, (index) => {
    return makeGpu(index, this.#names.get(index) ?? "");
  });
  readonly #path: string;
  readonly #tally: CallbackTally;
  #child: LineChild | undefined;
  #period = new Countdown(SILENCE_MS);
  #untilRetryMs = 0;
  #retryMs = FIRST_RETRY_MS;

  /** @throws where there is no `nvidia-smi` */
  constructor(path: string | undefined, tally: CallbackTally) {
    if (path === undefined) throw new Error("no nvidia-smi on the PATH");
    this.#path = path;
    this.#tally = tally;
  }

  sample(elapsedMs: number): void {
    if (this.#child === undefined) {
      if ((this.#untilRetryMs -= elapsedMs) <= 0) this.#start();
      return;
    }
    this.#child.allow();
    if (this.#child.isRunning && this.#isHeard(elapsedMs)) return;
    this.stop();
    this.#tally.callbackErrors++;
    this.#gpus.lose();
    this.#untilRetryMs = this.#retryMs;
    this.#retryMs = Math.min(LAST_RETRY_MS, 2 * this.#retryMs);
  }

  stop(): void {
    this.#child?.stop();
    this.#child = undefined;
  }

  /**
   * A sample proves at most one line missing: after a long step or a stall of this process the lines
   * that came meanwhile are not read yet.
   */
  #isHeard(elapsedMs: number): boolean {
    const isOver = this.#period.isDue(Math.min(elapsedMs, EVERY_S * 1e3));
    return !isOver || this.#gpus.settle() > 0;
  }

  #start(): void {
    this.#period = new Countdown(SILENCE_MS);
    const args = [`--query-gpu=${GPU_QUERY}`, "--format=csv,noheader,nounits", "-l", `${EVERY_S}`];
    this.#child = new LineChild(this.#path, args, (line) => this.#take(line));
  }

  #take(text: string): void {
    if (text.trim() === "") return;
    const line = gpuLine(text);
    if (line === undefined) {
      this.#tally.callbackErrors++;
      return;
    }
    this.#retryMs = FIRST_RETRY_MS;
    this.#names.set(line.index, line.name);
    this.#update(line);
  }

  #update(line: GpuLine): void {
    const gpu = this.#gpus.see(line.index);
    if (gpu === undefined) return;
    const total = line.memoryTotal * MIB;
    const used = line.memoryUsed * MIB;
    setShare(gpu.utilization, line.utilization / 100);
    setShare(gpu.memory, ratio(used, total));
    gpu.used.value = used;
    gpu.limit.value = total;
    gpu.temperature.value = line.temperature;
    setOf(gpu.power, line.power, line.powerLimit);
  }
}
