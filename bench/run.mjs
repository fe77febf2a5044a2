// npm run bench: all figures beside those of the rivals. --json FILE, --only SCENARIO[,SCENARIO].
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { inUnit, measure } from "./lib/measure.mjs";
import { makeReady } from "./lib/ready.mjs";
import { verdict } from "./lib/statistics.mjs";
import { machine, number, table } from "./lib/table.mjs";
import { rows, scenarios } from "./rows.mjs";

const { values: options } = parseArgs({
  options: {
    json: { type: "string" },
    only: { type: "string" },
    processes: { type: "string", default: "3" },
  },
});
const chosen = options.only?.split(",") ?? Object.keys(scenarios);

makeReady();
const began = performance.now();
const figures = {};
for (const name of chosen) {
  const { flags, ours, rivals, once } = scenarios[name];
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name} …`);
  const processes = once ? 1 : Number(options.processes);
  figures[name] = {
    ...(await measure(name, ours, { flags, processes })),
    ...(await measure(name, rivals, { flags, processes: 1 })),
  };
}
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");

const results = rows
  .filter(({ scenario }) => figures[scenario] !== undefined)
  .map((row) => {
    const { scenario, variant, contender } = row;
    const all = figures[scenario];
    const figure = inUnit(row, all[contender][variant]);
    const rivals = (row.rivals ?? scenarios[scenario].rivals)
      .filter((name) => all[name][variant] !== undefined)
      .map((name) => ({ name, ...inUnit(row, all[name][variant]) }));
    return { ...row, figure, verdict: verdict(figure, row.target), rivals };
  });

console.log(machine());
const clocks = Object.values(figures).flatMap((byContender) => {
  return Object.values(byContender).flatMap((byVariant) => {
    return Object.values(byVariant).flatMap(({ clockNs }) => clockNs ?? []);
  });
});
console.log(
  `${clocks.length === 0 ? "" : `2clk, two performance.now() calls: ${number(Math.min(...clocks))}–${number(Math.max(...clocks))} ns over all processes. `}Medians; spread over processes, or quartiles of one.\n`,
);
table(
  ["#", "figure", "auspex", "spread", "target", "limit", "unit", "verdict", "beside"],
  results.map(({ number: no, name, figure, target, limit, unit, verdict: said, rivals }) => [
    String(no),
    name,
    number(figure.value, unit),
    `${number(figure.low, unit)} … ${number(figure.high, unit)}`,
    target === undefined ? "" : number(target),
    limit === undefined ? "" : number(limit),
    figure.clocks === undefined ? unit : `${unit} (${number(figure.clocks)} × 2clk)`,
    said,
    rivals.map((rival) => `${rival.name} ${number(rival.value, unit)}`).join(" · "),
  ]),
);
const seconds = (performance.now() - began) / 1000;
console.log(`
Row 4: real requests and responses on sockets that lead nowhere; Express's are born with its prototypes.
Row 5: from bytes to bytes through Node's parser. "nothing" is a twin without a monitor, the A/A control.`);
console.log(`took ${seconds.toFixed(0)} s`);
if (options.json !== undefined) {
  const report = { machine: machine(), date: new Date().toISOString(), rows: results };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
