import { describe, expect, it } from "vitest";
import { pageHinkley } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("pageHinkley", () => {
  it("tells each change of the mean once, up and down", () => {
    const draw = new Draw(1);
    const stream = new Stream(pageHinkley());
    const levels = [100, 110, 95, 120];
    const verdicts = levels.flatMap((level) =>
      stream.show(values(200, () => level + draw.normal())),
    );
    const found = alarms(verdicts);
    expect(found.length).toBe(3);
    for (const [change, at] of found.entries()) {
      expect(at).toBeGreaterThanOrEqual(200 * (change + 1));
      expect(at).toBeLessThan(200 * (change + 1) + 5);
    }
    expect(verdicts[found[0] as number]?.reason).toMatch(/around 100.*risen from there for good$/);
    expect(verdicts[found[1] as number]?.reason).toMatch(/fallen from there for good$/);
  });

  it("lets a spike pass, and a mean that stays", () => {
    const draw = new Draw(2);
    const stream = new Stream(pageHinkley());
    stream.show(values(500, () => 100 + draw.normal()));
    expect(alarms(stream.show([1e6, ...values(5000, () => 100 + draw.normal())]))).toEqual([]);
  });

  it("sees no second change while it gets to know the mean after the first", () => {
    const draw = new Draw(3);
    for (const [after, changes] of [
      [50, 1],
      [300, 2],
    ] as const) {
      const stream = new Stream(pageHinkley({ atLeast: 100 }));
      stream.show(values(300, () => draw.normal()));
      const before = alarms(stream.show(values(after, () => 20 + draw.normal())));
      const later = alarms(stream.show(values(100, () => 40 + draw.normal())));
      expect(before.length + later.length).toBe(changes);
    }
  });
});
