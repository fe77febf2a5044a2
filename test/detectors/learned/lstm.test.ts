import { describe, expect, it } from "vitest";
import { lstm } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("lstm", () => {
  const steps = [100, 100, 140, 140];
  const rhythm = (draw: Draw) => (at: number) => (steps[at % 4] as number) + draw.normal();

  it("sees a beat left out of a rhythm, of values that are all usual", () => {
    const draw = new Draw(1);
    const stream = new Stream(lstm());
    stream.show(values(6000, rhythm(draw)));
    expect(alarms(stream.show(values(2000, rhythm(draw)))).length).toBeLessThan(8);
    const [first, second, third] = stream.show([100, 100, 100]);
    expect([first?.anomalous, second?.anomalous, third?.anomalous]).toEqual([false, false, true]);
    expect(third?.expected).toBeGreaterThan(130);
  });

  it("is no worse off than the last value where there is nothing to learn", () => {
    const draw = new Draw(2);
    let walk = 0;
    const next = () => (walk += draw.normal());
    const stream = new Stream(lstm());
    stream.show(values(3000, next));
    expect(alarms(stream.show(values(5000, next))).length).toBeLessThan(25);
  });
});
