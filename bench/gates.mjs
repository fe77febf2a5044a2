// npm run bench:gates: rows 1–6 as medians over three fresh processes each, beside their targets; exit 1
// when a row is over its gate (its target, unless it says another) in all of them, twice.
import { inUnit, measure } from "./lib/measure.mjs";
import { makeReady } from "./lib/ready.mjs";
import { verdict } from "./lib/statistics.mjs";
import { machine, number, table } from "./lib/table.mjs";
import { gated, scenarios } from "./rows.mjs";

const PROCESSES = 3;

makeReady();
const began = performance.now();

async function judge(rows) {
  const results = [];
  for (const scenario of new Set(rows.map((row) => row.scenario))) {
    const here = rows.filter((row) => row.scenario === scenario);
    const contenders = [...new Set(here.map(({ contender }) => contender))];
    const { flags } = scenarios[scenario];
    const figures = await measure(scenario, contenders, { flags, processes: PROCESSES });
    for (const row of here) {
      const figure = inUnit(row, figures[row.contender][row.variant]);
      const broke = verdict(figure, row.gate ?? row.target) === "over";
      results.push({ row, figure, said: verdict(figure, row.target), broke });
    }
  }
  return results;
}

const first = await judge(gated);
const suspects = first.filter(({ broke }) => broke).map(({ row }) => row);
// A neighbour on the machine can hold all three processes down; it seldom comes back for the same row.
const again = new Map((await judge(suspects)).map((result) => [result.row, result]));
const results = first.map((result) => {
  const second = again.get(result.row);
  return second === undefined || second.broke ? result : { ...second, again: true };
});

console.log(machine());
table(
  ["#", "figure", "median", "of three processes", "target", "gate", "unit", "against the target"],
  results.map(({ row, figure, said, again: twice }) => [
    String(row.number),
    row.name,
    number(figure.value, row.unit),
    `${number(figure.low, row.unit)} … ${number(figure.high, row.unit)}`,
    number(row.target),
    number(row.gate ?? row.target),
    figure.clocks === undefined ? row.unit : `${row.unit} (${number(figure.clocks)} × 2clk)`,
    twice ? `${said}, at the second try` : said,
  ]),
);
const over = results.filter(({ broke }) => broke);
const seconds = ((performance.now() - began) / 1000).toFixed(0);
if (over.length === 0) console.log(`gates held (${seconds} s)`);
else {
  for (const { row } of over) {
    console.error(`over its gate, twice in three processes: ${row.number}, ${row.name}`);
  }
  process.exitCode = 1;
}
