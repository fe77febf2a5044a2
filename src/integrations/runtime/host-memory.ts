import type { Reading } from "./probe.js";
import { addsUp, gauge, level, ratio, setShare, silence } from "./reading.js";
import type { ReadFile } from "./sources.js";
import { amountAfter } from "./text.js";

const usage = (state: string) =>
  addsUp(
    level("system.memory.usage", "By", "Memory of the machine, by state.", {
      "system.memory.state": state,
    }),
  );

/**
 * Available is the kernel's own estimate of what a program could still get, page cache included;
 * used is the rest.
 * @see proc_meminfo(5)
 */
export class HostMemory {
  readonly #utilization = gauge(
    "system.memory.utilization",
    "1",
    "Share of the machine's memory in use.",
    { "system.memory.state": "used" },
  );
  readonly #limit = addsUp(level("system.memory.limit", "By", "Memory of the machine."));
  readonly #used = usage("used");
  readonly #available = usage("available");
  readonly #swap = gauge("system.paging.utilization", "1", "Share of swap space in use.", {
    "system.paging.state": "used",
  });
  readonly readings: readonly Reading[] = [
    this.#utilization,
    this.#limit,
    this.#used,
    this.#available,
    this.#swap,
  ];

  constructor(private readonly readFile: ReadFile) {}

  read(): void {
    const text = this.readFile("/proc/meminfo");
    const total = bytesAfter(text, "MemTotal:");
    const available = bytesAfter(text, "MemAvailable:");
    if (Number.isNaN(total - available)) {
      for (const reading of this.readings) silence(reading);
      return;
    }
    this.#limit.value = total;
    this.#available.value = available;
    this.#used.value = total - available;
    setShare(this.#utilization, ratio(total - available, total));
    const swap = bytesAfter(text, "SwapTotal:");
    setShare(this.#swap, ratio(swap - bytesAfter(text, "SwapFree:"), swap));
  }
}

function bytesAfter(text: string | undefined, label: string): number {
  return (amountAfter(text, label) ?? Number.NaN) * 1024;
}
