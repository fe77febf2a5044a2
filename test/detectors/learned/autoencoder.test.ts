import { describe, expect, it } from "vitest";
import { autoencoder } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("autoencoder", () => {
  const wave = (draw: Draw) => (at: number) => 100 + 20 * Math.sin(at / 4) + draw.normal();

  it("sees a break in a wave, of a value that the wave has elsewhere", () => {
    const draw = new Draw(1);
    const stream = new Stream(autoencoder());
    stream.show(values(4000, wave(draw)));
    expect(alarms(stream.show(values(2000, (at) => wave(draw)(4000 + at)))).length).toBeLessThan(5);
    // sin(6000 ÷ 4) is −1 nearly: 80 is due there, 118 would be at another time.
    const verdict = stream.one(118);
    expect(verdict.anomalous).toBe(true);
    expect(verdict.reason).toMatch(/^118 is above .*, the most to be expected now/);
  });

  it("is still warming up while its errors are those of a beginner", () => {
    const draw = new Draw(2);
    const verdicts = new Stream(autoencoder()).show(values(400, wave(draw)));
    const over = verdicts.findIndex(({ warmingUp }) => !warmingUp);
    expect(over).toBeGreaterThan(200);
    expect(over).toBeLessThan(300);
  });
});
