import { it } from "vitest";
import { baselinesWatcher } from "/work/main/src/baselines/index.js";
import { World } from "/work/main/test/baselines/world.js";
import { week, normal, random } from "/work/main/test/baselines/series.js";
it("x", () => {}, 10);
it("false insights", async () => {
  let months = 0; const all: string[] = [];
  for (let seed = 1; seed <= 4; seed++) {
    const u = random(seed), g = normal(seed + 50);
    const kinds = Array.from({ length: 8 }, (_, k) => ({ base: 0.05 + 0.15 * u(), load: 0.1 + 0.2 * u(), noise: 0.01 + 0.05 * u(), rho: 0.5 + 0.49 * u(), off: Math.floor(24 * u()) * 3600e3, e: 0, gc: 0 }));
    const world = new World(undefined, Date.UTC(2026, 5, 1 + seed)); const w = baselinesWatcher(); await world.start(w);
    const at = (t: number) => {
      const saturation: any = {}, operations: any = {};
      for (const [k, s] of kinds.entries()) {
        s.e = s.rho * s.e + Math.sqrt(1 - s.rho ** 2) * s.noise * g();
        const l = week(t + s.off);
        saturation["sat" + k] = Math.min(1, Math.max(0, s.base + s.load * l * 0.8 + s.e + (u() < 0.0005 ? 0.3 : 0)));
        s.gc = s.gc > 100 * u() + 30 ? 0 : s.gc + 3 * l * u();
        saturation["memory" + k] = { value: 2e8 + s.gc * 1e6 + 3e7 * l, unit: "By" };
        operations["op" + k] = { p95: 50 * (1 + 0.5 * l) * Math.exp(3 * s.e) * (u() < 0.003 ? 4 : 1), perSecond: 10 * l, errors: Math.max(0, 0.01 * g()) };
      }
      return { saturation, operations };
    };
    world.live(w, 21 * 1440, at);
    months += 21 / 30 * 40;
    for (const i of world.told) all.push(`${seed} d${((i.timeMs - Date.UTC(2026, 5, 1 + seed)) / 86400e3).toFixed(1)} ${i.severity} ${i.kind} ${i.reason}`);
  }
  console.log(all.length, "insights in", months.toFixed(0), "series-months\n" + all.join("\n"));
}, 900000);
