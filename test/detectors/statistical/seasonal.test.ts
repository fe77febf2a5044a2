import { describe, expect, it } from "vitest";
import { seasonal } from "../../../src/detectors/index.js";
import { alarms, DAY, Draw, MINUTE, Stream, values } from "../series.js";

const STEP = 10 * MINUTE;
const PER_DAY = DAY / STEP;
const wave = (at: number) => 100 + 40 * Math.sin((2 * Math.PI * at) / PER_DAY);
const daily = (draw: Draw) => (at: number) => wave(at) + 3 * draw.normal();

describe("seasonal", () => {
  it("sees a value that is wrong only at this hour, and is quiet on the same at another", () => {
    const draw = new Draw(1);
    const valueAt = daily(draw);
    const stream = new Stream(seasonal(), STEP);
    stream.show(values(14 * PER_DAY, valueAt));
    const quiet = stream.show(values(7 * PER_DAY, valueAt));
    expect(alarms(quiet).length).toBeLessThan(5);
    // Noise has a deviation of 3; the wave, which the trend is without, one of 28.
    const off = quiet.map(({ expected = 0 }, at) => Math.abs(expected - wave(at)));
    expect(off.reduce((sum, each) => sum + each, 0) / off.length).toBeLessThan(5);
    // Six in the morning: 140 is usual, 65 is what 18 o'clock brings.
    stream.show(values(PER_DAY / 4, valueAt));
    expect(stream.one(65).anomalous).toBe(true);
    stream.show(values(PER_DAY / 2 - 1, (at) => valueAt(PER_DAY / 4 + at)));
    expect(stream.one(65).anomalous).toBe(false);
  });

  it("does not expect tomorrow what went wrong today", () => {
    const draw = new Draw(2);
    const valueAt = daily(draw);
    const stream = new Stream(seasonal(), STEP);
    stream.show(values(10 * PER_DAY, valueAt));
    const outage = (at: number) => (at % PER_DAY > 60 && at % PER_DAY < 84 ? 0 : valueAt(at));
    expect(alarms(stream.show(values(PER_DAY, outage))).length).toBeGreaterThan(8);
    const next = stream.show(values(PER_DAY, valueAt));
    expect(alarms(next).length).toBeLessThan(3);
    for (const { expected = 0 } of next.slice(61, 84)) expect(expected).toBeGreaterThan(60);
  });

  it("learns a new shape once most of the last seasons had it", () => {
    const draw = new Draw(3);
    const stream = new Stream(seasonal({ seasonMs: DAY }), STEP);
    stream.show(values(8 * PER_DAY, daily(draw)));
    const shifted = (at: number) => daily(draw)(at + PER_DAY / 4);
    const days = values(8, () => alarms(stream.show(values(PER_DAY, shifted))).length);
    expect(days[7]).toBeLessThan(3);
    const { expected = 0 } = stream.one(140);
    expect(expected).toBeGreaterThan(120);
  });
});
