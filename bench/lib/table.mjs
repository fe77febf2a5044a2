import { cpus } from "node:os";

/** A number with as many digits as it is worth. */
export function number(value, unit) {
  if (value === undefined || Number.isNaN(value)) return "–";
  // What matters of a ratio to the bare twin stands behind the point.
  if (unit === "×") return value.toFixed(3);
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(size >= 0.995 ? 2 : 3);
}

/** Prints rows of cells under heads, numbers to the right. */
export function table(heads, rows) {
  const widths = heads.map((head, column) => {
    return Math.max(head.length, ...rows.map((row) => row[column].length));
  });
  const line = (cells) => {
    const padded = cells.map((cell, column) => {
      return /^[−\d–-]/.test(cell) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
    });
    return padded.join("  ").trimEnd();
  };
  console.log(line(heads));
  console.log(widths.map((width) => "─".repeat(width)).join("  "));
  for (const row of rows) console.log(line(row));
}

export function machine() {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim() ?? "unknown CPU"}, ${process.platform} ${process.arch}, Node ${process.version}`;
}
