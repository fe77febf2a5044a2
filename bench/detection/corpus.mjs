import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const NAME = /^[^.].*\.csv$/;

/** "2014-02-14 14:30:00[.000000]" carries no zone: read as UTC. */
function timeOf(text) {
  return Date.parse(`${text.trim().slice(0, 19).replace(" ", "T")}Z`);
}

/** @returns times in ms and values of one `timestamp,value` file, in order of arrival */
function readSeries(file) {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(1);
  const times = new Float64Array(lines.length);
  const values = new Float64Array(lines.length);
  lines.forEach((line, row) => {
    const comma = line.indexOf(",");
    times[row] = timeOf(line.slice(0, comma));
    values[row] = Number(line.slice(comma + 1));
  });
  return { times, values };
}

function rowOf(times, text, name) {
  const row = times.indexOf(timeOf(text));
  if (row < 0) throw new Error(`${name}: a window ends at ${text}, where there is no row`);
  return row;
}

/**
 * Reads a folder in the shape of the benchmark: `data/<category>/<name>.csv` and
 * `labels/combined_windows.json`.
 *
 * @returns of each series: `name`, `category`, `times`, `values`, and `windows` as [first row, last row]
 */
export function readCorpus(folder) {
  const labels = JSON.parse(readFileSync(join(folder, "labels/combined_windows.json"), "utf8"));
  const series = [];
  for (const category of readdirSync(join(folder, "data")).sort()) {
    const files = readdirSync(join(folder, "data", category)).filter((file) => NAME.test(file));
    for (const file of files.sort()) {
      const name = `${category}/${file}`;
      const { times, values } = readSeries(join(folder, "data", category, file));
      const windows = (labels[name] ?? []).map(([first, last]) => [
        rowOf(times, first, name),
        rowOf(times, last, name),
      ]);
      series.push({ name, category, times, values, windows });
    }
  }
  return series;
}
