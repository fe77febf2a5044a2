import type { MetricsPage } from "./include.js";

/** What is needed of prom-client's `Registry`. */
export interface PromClientRegistry {
  metrics(): Promise<string> | string;
}

/**
 * The metrics of a prom-client registry, to be shown on our page while an application moves over.
 *
 * @param register - `promClient.register`, or a registry of one's own
 * @throws TypeError when it has no `metrics()`
 */
export function fromPromClient(register: PromClientRegistry): MetricsPage {
  if (typeof register?.metrics !== "function") {
    throw new TypeError("fromPromClient: give prom-client's register, which has metrics()");
  }
  return { name: "prom-client", read: () => register.metrics() };
}
