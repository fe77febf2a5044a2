import { expect, it } from "vitest";
import { manualMonitor } from "../helpers/monitor.js";

it("names the pull exporter that refuses its source", () => {
  const refusing = {
    name: "page",
    attach: () => {
      throw new Error("no room");
    },
  };
  expect(() => manualMonitor({ exporters: [refusing] })).toThrow(
    'exporter "page": attach threw Error: no room',
  );
});
