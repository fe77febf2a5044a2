import { describe, expect, it } from "vitest";
import { HOUR, MINUTE, service } from "./service.js";

describe("a least change", () => {
  it("of latency is a share of what is usual", async () => {
    const detectors = { minimumChange: { latency: 1.5 } };
    const { live, begun } = await service({ detectors });
    live(HOUR);
    live(10 * MINUTE, { medianMs: 36 });
    expect(begun()).toEqual([]);
    live(10 * MINUTE, { medianMs: 90 });
    expect(begun()).toMatchObject([{ signal: "latency" }]);
  });

  it("of errors is in points", async () => {
    const { live, begun } = await service({ detectors: { minimumChange: { errors: 0.25 } } });
    live(HOUR);
    live(10 * MINUTE, { errorRatio: 0.1 });
    expect(begun()).toEqual([]);
    live(5 * MINUTE, { errorRatio: 0.6 });
    expect(begun()).toMatchObject([{ signal: "errors" }]);
  });

  it("is weighed against what is there now, when what was too little has lasted", async () => {
    const { live, begun } = await service({ detectors: { minimumChange: { latency: 1.5 } } });
    live(HOUR, { requests: 20 });
    // 1.8 times as slow, for good: nothing to tell, and the new normal after three hours.
    live(6 * HOUR, { medianMs: 36, requests: 20 });
    live(10 * MINUTE, { medianMs: 60, requests: 20 });
    expect(begun()).toEqual([]);
    live(10 * MINUTE, { medianMs: 130, requests: 20 });
    expect(begun()).toHaveLength(1);
  });
});
